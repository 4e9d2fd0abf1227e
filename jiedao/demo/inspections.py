"""Inspections of the demonstration: rounds spread over the coming weeks, and those that `demo/inspections.toml` names.

What was inspected in the last weeks is taken over in bulk; what failed, was missed or set right is made by real moves.
"""

import random
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction

from jiedao.cases import catalogue
from jiedao.cases.flow import State
from jiedao.cases.models import Case
from jiedao.cases.moves.perform import perform
from jiedao.demo.live import of_unit, with_right
from jiedao.demo.pictures import draw_scene
from jiedao.files.actions import store_file
from jiedao.files.models import Kind
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor, make_actor
from jiedao.orgs.models import Holding
from jiedao.places.selectors import community_of
from jiedao.registers.actions.inspections import Answer, InspectionInput, make_inspection
from jiedao.registers.actions.past import PastRound, import_past_rounds
from jiedao.registers.actions.planning import plan_rounds
from jiedao.registers.catalogue import RegisterInfo, active_registers, register_info
from jiedao.registers.definition import Checklist
from jiedao.registers.jobs import mark_missed_inspections
from jiedao.registers.models import AnswerValue, Finding, Inspection, InspectionState, Record

Key = tuple[int, str]  # a record and a checklist
# The steps of a hazard case: its move, who makes it, and hours after the step before.
STEPS: list[tuple[str, str, float]] = [
    ("ACCEPT", "cases.case:accept", 0.4),
    ("DISPATCH", "cases.case:dispatch", 0.3),
    ("TAKE", "cases.case:take", 0.6),
    ("HANDLE", "cases.case:handle", 23.5),
    ("CHECK_PASS", "cases.case:check", 3),
    ("CLOSE", "cases.case:close", 1.2),
]
UNTIL = {State.FILED: 1, State.HANDLING: 3, State.CLOSED: 6}


def make_inspections(folder: Path, seed: int, *, actor: Actor) -> None:
    """Make the inspections of a town that has none yet, in one transaction: an interrupted run leaves none."""
    if Inspection.objects.exists() or not (folder / "inspections.toml").is_file():
        return
    with transaction.atomic():
        Rounds(folder, seed, actor).make()


@dataclass
class Named:
    """An inspection that the file names, with the record that was drawn for it."""

    info: RegisterInfo
    checklist: Checklist
    record: Record
    entry: dict[str, Any]
    by: Actor


@dataclass
class Rounds:
    """Draws inspections from one seeded source."""

    folder: Path
    seed: int
    actor: Actor
    named: dict[Key, Named] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read the file and who inspects where."""
        self.rng = random.Random(self.seed)  # noqa: S311 (made-up data, not a secret)
        self.book: dict[str, Any] = tomllib.loads(
            (self.folder / "inspections.toml").read_text(encoding="utf-8")
        )
        self.today = clock.today()
        self.people, self.by_area = _read_inspectors()
        self.diligent = self.people[self.book["diligent"]].area_paths

    def make(self) -> None:
        """Take over the past, plan from it, miss what was missed, and make what the file names."""
        for entry in self.book["visit"]:
            planned = self._draw(entry)
            self.named[planned.record.pk, planned.checklist.key] = planned
        for info in active_registers():
            if made := self._past(info):
                import_past_rounds(actor=self.actor, info=info, rounds=made)
                plan_rounds(info, self.today - timedelta(days=self.book["back"]))
        for planned in self.named.values():
            if "made" in planned.entry:
                self._inspect(planned)
        mark_missed_inspections()

    # -- the past ------------------------------------------------------------------------------------------------

    def _draw(self, entry: dict[str, Any]) -> Named:
        """Draw a record for an inspection of the file."""
        info = register_info(entry["register"])
        checklist = info.definition.checklist(entry["checklist"]) if info is not None else None
        if info is None or checklist is None:
            raise UserError(
                f"inspections.toml 里的 {entry['register']}/{entry['checklist']} 不存在。",
                hint="请改正文件。",
            )
        rows = Record.objects.filter(register_id=info.id, active=True).order_by("code")
        if "grade" in entry:
            rows = rows.filter(grade=entry["grade"])
        taken = {planned.record.pk for planned in self.named.values()}
        paths = self.people[entry["who"]].area_paths if "who" in entry else ()
        free = [
            row
            for row in rows
            if row.pk not in taken and (row.area_path.startswith(paths) if paths else not self._diligent(row))
        ]
        if not free:
            raise UserError(f"inspections.toml 的一项检查没有可用的记录：{entry}", hint="请改正文件。")
        record = self.rng.choice(free)
        return Named(info, checklist, record, entry, self._inspector(record.area_path))

    def _diligent(self, record: Record) -> bool:
        return record.area_path.startswith(self.diligent)

    def _inspector(self, area_path: str) -> Actor:
        community = community_of(area_path)
        return self.by_area.get(
            community.path if community is not None else "", self.people[self.book["diligent"]]
        )

    def _past(self, info: RegisterInfo) -> list[PastRound]:
        """Draw when each record was last inspected, so that the next rounds come due day by day."""
        slim = Record.objects.only("area_path", "grade", "first_date")
        rows = list(slim.filter(register_id=info.id, active=True).order_by("code"))
        keys = [
            (row, checklist.key)
            for row in rows
            for checklist in info.definition.checklists
            if checklist.items and info.definition.inspection_interval(row.grade)
        ]
        late = self._late(info, keys)
        rounds = []
        for row, key in keys:
            day = self._last(row, key, info.definition.inspection_interval(row.grade), (row.pk, key) in late)
            if day >= row.first_date:
                rounds.append(PastRound(row.pk, key, self._hour(day), self._inspector(row.area_path)))
        return rounds

    def _late(self, info: RegisterInfo, keys: list[tuple[Record, str]]) -> set[Key]:
        """Draw the rounds of a register that were missed lately."""
        free = [
            (row.pk, key) for row, key in keys if (row.pk, key) not in self.named and not self._diligent(row)
        ]
        return set(self.rng.sample(free, min(len(free), self.book["missed"].get(info.key, 0))))

    def _last(self, row: Record, key: str, every: int, late: bool) -> date:
        known = self.named.get((row.pk, key))
        if known is not None:
            ago = every - known.entry["due"]
        elif late:
            ago = every + self.rng.randint(1, self.book["back"])
        elif self._diligent(row):  # not yet in the last third, in which a round may be made
            ago = self.rng.randint(1, every - every // 3 - 1)
        else:
            ago = self.rng.randint(1, every)
        return self.today - timedelta(days=ago)

    def _hour(self, day: date) -> datetime:
        """Return a moment of a morning; what is done about it takes the rest of the day and the next."""
        at = time(self.rng.choice([9, 10, 11]), self.rng.randrange(60))
        return datetime.combine(day, at, tzinfo=clock.TOWN_TZ)

    # -- what the file names -------------------------------------------------------------------------------------

    def _inspect(self, planned: Named) -> None:
        """Make an inspection, and walk the case of what failed as far as the file says."""
        ago = planned.entry["made"]
        at = self._hour(self.today - timedelta(days=ago)) if ago else clock.now() - timedelta(minutes=50)
        with clock.at(at):
            inspection = Inspection.objects.get(
                record=planned.record, checklist=planned.checklist.key, state=InspectionState.DUE
            )
            answers = {item.key: Answer(AnswerValue.OK.value) for item in planned.checklist.items}
            if "item" in planned.entry:
                photo = self._photo(planned.by, Kind.PHOTO_BEFORE)
                answers[planned.entry["item"]] = Answer(
                    AnswerValue.FAIL.value, planned.entry["found"], [photo]
                )
            make_inspection(
                actor=planned.by,
                data=InspectionInput(inspection.pk, answers=answers, note=planned.entry.get("note", "")),
            )
        for finding in Finding.objects.filter(inspection=inspection).select_related("case"):
            self._walk(finding.case, planned, at)

    def _photo(self, actor: Actor, kind: Kind) -> int:
        upload = ContentFile(draw_scene(self.rng, bright=kind is Kind.PHOTO_AFTER), name=self.book["photo"])
        return store_file(actor, upload, kind=kind.value).pk

    def _walk(self, case: Case, planned: Named, at: datetime) -> None:
        for move, right, hours in STEPS[: UNTIL[State(planned.entry["case"])]]:
            at += timedelta(hours=hours)
            with clock.at(min(at, clock.now())):
                actor, data = self._step(case, move, right, planned)
                case = perform(actor, case.pk, move, data=data)

    def _step(self, case: Case, move: str, right: str, planned: Named) -> tuple[Actor, dict[str, Any]]:
        """Return who makes a move of a case, and with what."""
        if move in {"TAKE", "HANDLE"}:
            actor = of_unit(case.lead_unit_id, right)
        else:  # those who inspect do not also check
            actor = with_right(right, without="registers.visit:make")
        if actor is None:
            raise UserError(f"没有人可以办理 {move}。", hint="请检查 people.toml 和岗位。")
        data: dict[str, Any] = {"note": self.book["notes"].get(move, "")}
        if move == "ACCEPT":
            data["category"] = case.category_id
        if move == "DISPATCH":
            duty = catalogue.find_duty(case.category_id, planned.record.area_path)
            data["unit"] = duty.lead_unit_id if duty is not None else 0
        if move == "HANDLE":
            data |= {"result": planned.entry["fixed"], "photos": [self._photo(actor, Kind.PHOTO_AFTER)]}
        return actor, data


def _read_inspectors() -> tuple[dict[str, Actor], dict[str, Actor]]:
    """Return who may inspect areas: by name, and by the path of each area."""
    by_name: dict[str, Actor] = {}
    by_area: dict[str, Actor] = {}
    for row, actor in _read_holders():
        if "registers.visit:make" in actor.permissions and actor.scope == "AREA":
            by_name[row.user.username] = actor
            for path in actor.area_paths:
                by_area.setdefault(path, actor)
    return by_name, by_area


def _read_holders() -> Iterator[tuple[Holding, Actor]]:
    rows = Holding.objects.select_related("user", "post__unit__area").order_by("id")
    return ((row, make_actor(row)) for row in rows)
