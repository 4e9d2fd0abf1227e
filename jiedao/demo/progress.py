"""Report the progress of projects and promises in the pack's `demo/progress.toml` by the actions that users call."""

import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from django.db import transaction
from tqdm import tqdm

from jiedao.cases.models import Category
from jiedao.kernel import clock
from jiedao.orgs.actor import Actor, make_actor
from jiedao.orgs.models import Holding
from jiedao.places.models import Area
from jiedao.projects.actions.campaigns import add_entry
from jiedao.projects.actions.obstacles import raise_obstacle
from jiedao.projects.actions.pledges import (
    confirm_pledge,
    extend_pledge,
    report_pledge_done,
    send_pledge_back,
    withdraw_pledge,
)
from jiedao.projects.actions.reporting import report_permit, report_progress, set_money
from jiedao.projects.models import Permit, Progress, Project, Task
from jiedao.projects.models.promises import Campaign, Pledge

REPORT_TIME = time(16, tzinfo=clock.TOWN_TZ)
Row = dict[str, Any]


@transaction.atomic
def load_progress(path: Path) -> None:
    """Make every report of the file on its day, as a user of the responsible unit, in one transaction.

    Reports of a day that has not come yet are left out. If there is progress already, nothing is reported.

    Raises:
        KeyError: the file refers to something that the pack does not contain.
        UserError: an action refuses a report.
    """
    if not path.is_file() or Progress.objects.exists() or not Project.objects.exists():
        return
    now = clock.now()
    rows = _list_reports(tomllib.loads(path.read_text(encoding="utf-8")))
    reports = sorted((row for row in rows if row[0] <= now), key=lambda report: report[0])
    for at, make_report in tqdm(reports, desc="projects", unit="report", file=sys.stderr):
        with clock.at(at):
            make_report()


def _list_reports(book: Row) -> Iterator[tuple[datetime, Callable[[], object]]]:
    """Yield the time of each report and the function that makes it."""
    reporter = _Reporter(book["confirm"])
    for table in ("progress", "money", "permit", "entry", "move"):
        for row in book.get(table, []):
            yield datetime.combine(row["on"], REPORT_TIME), partial(getattr(reporter, table), row)
    for row in book.get("obstacle", []):
        yield clock.now() - timedelta(hours=row["hours_ago"]), partial(reporter.obstacle, row)


@dataclass(frozen=True)
class _Objects:
    """The objects that the rows of the file refer to, by code."""

    projects: dict[str, Project]
    tasks: dict[tuple[str, str], int]
    permits: dict[tuple[str, str], int]
    campaigns: dict[str, Campaign]
    pledges: dict[str, Pledge]
    categories: dict[str, int]
    areas: dict[str, Area]


class _Reporter:
    """Makes the reports; it has one method for each table of the file, under the table's name."""

    def __init__(self, confirming_post: str) -> None:
        self.confirming_actor = find_holder(post__code=confirming_post)
        self.people: dict[tuple[int, str], Actor] = {}
        projects = {row.key: row for row in Project.objects.all()}
        self.objects_by_code = _Objects(
            projects=projects,
            tasks={
                (key, code): pk for key, code, pk in Task.objects.values_list("project__key", "code", "pk")
            },
            permits={
                (key, code): pk for key, code, pk in Permit.objects.values_list("project__key", "code", "pk")
            },
            campaigns={row.key: row for row in Campaign.objects.all()},
            pledges={row.code: row for row in Pledge.objects.all()},
            categories={f"{row.kind} {row.code}": row.pk for row in Category.objects.all()},
            areas={row.code: row for row in Area.objects.filter(kind="COMMUNITY")},
        )

    def progress(self, row: Row) -> None:
        report_progress(
            actor=self._get_project_holder(row),
            task_id=self.objects_by_code.tasks[row["project"], row["task"]],
            percent=row["percent"],
            started=row.get("started"),
            finished=row.get("finished"),
            note=row.get("note", ""),
        )

    def money(self, row: Row) -> None:
        set_money(
            actor=self._get_project_holder(row),
            project_id=self.objects_by_code.projects[row["project"]].pk,
            month=row["month"],
            kind=row.get("kind", "WORKS"),
            paid=Decimal(row["paid"]),
        )

    def permit(self, row: Row) -> None:
        report_permit(
            actor=self._get_project_holder(row),
            permit_id=self.objects_by_code.permits[row["project"], row["permit"]],
            submitted=row["submitted"],
            granted=row.get("granted"),
            document=row.get("document", ""),
        )

    def obstacle(self, row: Row) -> None:
        raise_obstacle(
            actor=self._get_project_holder(row),
            project_id=self.objects_by_code.projects[row["project"]].pk,
            text=row["text"],
            task_id=self.objects_by_code.tasks[row["project"], row["task"]],
            category_id=self.objects_by_code.categories[row["category"]],
        )

    def entry(self, row: Row) -> None:
        campaign = self.objects_by_code.campaigns[row["campaign"]]
        area = self.objects_by_code.areas[row["area"]] if "area" in row else None
        add_entry(
            actor=self._get_unit_holder(campaign.unit_id, "projects.promise:edit"),
            key=campaign.key,
            day=row["on"],
            amount=Decimal(row["amount"]),
            document=row["document"],
            area=area,
        )

    def move(self, row: Row) -> None:
        pledge, text = self.objects_by_code.pledges[row["pledge"]], row["text"]
        confirming_actor, until = self.confirming_actor, row.get("until", date.max)
        moves: dict[str, Callable[[], object]] = {
            "REPORT": lambda: report_pledge_done(
                actor=self._get_unit_holder(pledge.unit_id, "projects.promise:edit"),
                pledge_id=pledge.pk,
                evidence=text,
            ),
            "CONFIRM": lambda: confirm_pledge(actor=confirming_actor, pledge_id=pledge.pk, note=text),
            "BACK": lambda: send_pledge_back(actor=confirming_actor, pledge_id=pledge.pk, why=text),
            "EXTEND": lambda: extend_pledge(
                actor=confirming_actor, pledge_id=pledge.pk, until=until, why=text
            ),
            "WITHDRAW": lambda: withdraw_pledge(actor=confirming_actor, pledge_id=pledge.pk, why=text),
        }
        moves[row["move"]]()

    def _get_project_holder(self, row: Row) -> Actor:
        return self._get_unit_holder(
            self.objects_by_code.projects[row["project"]].unit_id, "projects.project:edit"
        )

    def _get_unit_holder(self, unit_id: int, right: str) -> Actor:
        if (unit_id, right) not in self.people:
            self.people[unit_id, right] = find_holder(post__unit_id=unit_id, right=right)
        return self.people[unit_id, right]


def find_holder(*, right: str = "", **where: Any) -> Actor:
    """Return the first holder of a post that meets the conditions; raise KeyError if there is none."""
    rows = Holding.objects.filter(**where).select_related("user", "post__unit__area").order_by("id")
    for row in rows:
        if not right or right in row.post.permissions:
            return make_actor(row)
    raise KeyError(f"nobody holds {right} {where}")
