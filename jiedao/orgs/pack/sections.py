"""The sections of the office: units, posts, days that differ from the national calendar, and office hours."""

from collections import Counter
from datetime import time
from typing import Any

from django.utils.translation import ngettext

from jiedao.kernel import clock
from jiedao.kernel.calendar import set_hours
from jiedao.kernel.models import CalendarDay, OfficeHours
from jiedao.kernel.packs.comparing import CHANGE, Comparison, Item
from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.packs.rows import Row, Values
from jiedao.kernel.packs.section import Audit, Retire, RowIds, Section, TableSection
from jiedao.orgs.models import Holding, Post, Unit
from jiedao.orgs.pack.posts import expand_posts
from jiedao.orgs.pack.tables import CALENDAR, DAY, UNIT, UNITS

HOURS = "hours"


class UnitSection(TableSection):
    """Departments, workstations, bureaux and contractors."""

    kind, model = "unit", Unit
    file, table = UNITS, UNIT
    links = {"parent": "unit", "area": "area"}


class PostSection(TableSection):
    """A role in a unit."""

    kind, model = "post", Post
    columns = ("code", "title", "title_en", "permissions", "scope")
    links = {"unit": "unit", "superior": "post"}

    def read(self, pack: Pack) -> dict[str, Values]:
        """Return a post for each unit that has the role."""
        return {
            line.code: {
                "code": line.code,
                "unit": line.unit,
                "title": line.title,
                "title_en": line.title_en,
                "permissions": list(line.permissions),
                "scope": line.scope,
                "superior": line.superior,
            }
            for line in expand_posts(pack)
        }

    def find_notes(self, comparison: Comparison) -> dict[str, str]:
        """Return how many people hold the posts that are retired."""
        retired = {values["pk"]: key for key, values in self.find_retired(comparison).items()}
        holders = Counter[int]()
        if retired:
            holdings = Holding.objects.on(clock.today()).filter(post_id__in=list(retired))
            holders.update(holdings.values_list("post_id", flat=True))
        return {
            retired[pk]: ngettext(
                "%(n)d 人担任这个岗位，会失去它的权限。", "%(n)d 人担任这个岗位，会失去它的权限。", count
            )
            % {"n": count}
            for pk, count in holders.items()
        }


class DaySection(TableSection):
    """Days on which the town differs from the national calendar. Days that the office has added itself stay."""

    kind, model = "day", CalendarDay
    file, table = CALENDAR, DAY
    key_columns = ("date",)
    columns = ("date", "is_workday", "name")
    retire = Retire.KEEP

    def read_row(self, row: Row, position: int) -> Values:
        """Return the values of a day."""
        return {"date": row.values["date"], "is_workday": row.values["working"], "name": row.get("name")}


class HoursSection(Section):
    """The office hours: one item, whatever the number of rows. A pack without office hours leaves them unchanged."""

    kind = HOURS
    audit = Audit.PACK

    def compare(self, pack: Pack, ids: RowIds) -> Comparison:
        """Compare the hours as texts such as "09:00-12:00"."""
        wanted = list(pack.single(CALENDAR, "office").get("hours", []))
        stored = OfficeHours.objects.order_by("opens").values_list("opens", "closes")
        current = [f"{opens:%H:%M}-{closes:%H:%M}" for opens, closes in stored]
        comparison = Comparison(HOURS, {HOURS: {"hours": wanted}}, {HOURS: {"hours": current}})
        if wanted and wanted != current:
            comparison.items = [Item(CHANGE, HOURS, HOURS, "办公时间", {"hours": [current, wanted]})]
        return comparison

    def write(self, comparison: Comparison, ids: RowIds, actor: Any) -> None:
        """Replace the office hours."""
        for values in comparison.wanted_rows(CHANGE).values():
            parts = [text.split("-") for text in values["hours"]]
            set_hours([(time.fromisoformat(opens), time.fromisoformat(closes)) for opens, closes in parts])
