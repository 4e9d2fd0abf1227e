"""Create the inspections of the demonstration: rounds of the coming weeks, and those in `demo/inspections.toml`.

Inspections of the last weeks that passed are imported in bulk. Failed items and missed rounds, and the moves on their
cases, are made by the same actions that users call.
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
from jiedao.demo.live import find_named_holder, find_unit_holder
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

InspectionKey = tuple[int, str]  # a record and a checklist
# The steps of a hazard case: the move, the right that it needs, and the hours since the step before.
CASE_STEPS: list[tuple[str, str, float]] = [
    ("ACCEPT", "cases.case:accept", 0.4),
    ("DISPATCH", "cases.case:dispatch", 0.3),
    ("TAKE", "cases.case:take", 0.6),
    ("HANDLE", "cases.case:handle", 23.5),
    ("CHECK_PASS", "cases.case:check", 3),
    ("CLOSE", "cases.case:close", 1.2),
]
STEPS_UNTIL = {State.FILED: 1, State.HANDLING: 3, State.CLOSED: 6}


def make_inspections(folder: Path, seed: int, *, actor: Actor) -> None:
    """Create the inspections of a town that has none, in one transaction, so that an interrupted run leaves none."""
    if Inspection.objects.exists() or not (folder / "inspections.toml").is_file():
        return
    with transaction.atomic():
        InspectionMaker(folder, seed, actor).make()


@dataclass
class NamedInspection:
    """An entry of the file, with the record that was drawn for it and its inspector."""

    info: RegisterInfo
    checklist: Checklist
    record: Record
    entry: dict[str, Any]
    inspector: Actor


@dataclass
class InspectionMaker:
    """Draws inspections from one seeded source."""

    folder: Path
    seed: int
    actor: Actor
    named: dict[InspectionKey, NamedInspection] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read the file and find the inspectors of each area."""
        self.rng = random.Random(self.seed)  # noqa: S311 (invented data, not a secret)
        self.book: dict[str, Any] = tomllib.loads(
            (self.folder / "inspections.toml").read_text(encoding="utf-8")
        )
        self.today = clock.today()
        self.people, self.by_area = _read_inspectors()
        self.diligent_area_paths = self.people[self.book["diligent"]].area_paths

    def make(self) -> None:
        """Import past rounds, plan the next ones, make the inspections of the file, and mark what was missed."""
        for entry in self.book["visit"]:
            planned = self._draw_record(entry)
            self.named[planned.record.pk, planned.checklist.key] = planned
        for info in active_registers():
            if past_rounds := self._draw_past_rounds(info):
                import_past_rounds(actor=self.actor, info=info, rounds=past_rounds)
                plan_rounds(info, self.today - timedelta(days=self.book["back"]))
        for planned in self.named.values():
            if "made" in planned.entry:
                self._make_inspection(planned)
        mark_missed_inspections()

    # -- the past ------------------------------------------------------------------------------------------------

    def _draw_record(self, entry: dict[str, Any]) -> NamedInspection:
        """Draw a record for an entry of the file."""
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
        used_record_ids = {planned.record.pk for planned in self.named.values()}
        paths = self.people[entry["who"]].area_paths if "who" in entry else ()
        free = [
            row
            for row in rows
            if row.pk not in used_record_ids
            and row.first_date <= self._compute_last_day(info, row, entry)
            and (row.area_path.startswith(paths) if paths else not self._is_diligent(row))
        ]
        if not free:
            raise UserError(f"inspections.toml 的一项检查没有可用的记录：{entry}", hint="请改正文件。")
        record = self.rng.choice(free)
        return NamedInspection(info, checklist, record, entry, self._find_inspector(record.area_path))

    def _compute_last_day(self, info: RegisterInfo, row: Record, entry: dict[str, Any]) -> date:
        """Return the day of the round before the one of an entry; on that day the register had the record already."""
        ago = self._find_interval(info, row) - entry["due"]
        return self.today - timedelta(days=ago)

    def _is_diligent(self, record: Record) -> bool:
        return record.area_path.startswith(self.diligent_area_paths)

    def _find_inspector(self, area_path: str) -> Actor:
        community = community_of(area_path)
        return self.by_area.get(
            community.path if community is not None else "", self.people[self.book["diligent"]]
        )

    def _draw_past_rounds(self, info: RegisterInfo) -> list[PastRound]:
        """Draw when each record was last inspected, so that the due days of the next rounds are spread."""
        records = Record.objects.only("area_path", "grade", "first_date")
        rows = list(records.filter(register_id=info.id, active=True).order_by("code"))
        keys = [
            (row, checklist.key)
            for row in rows
            for checklist in info.definition.checklists
            if checklist.items and self._find_interval(info, row)
        ]
        missed_rounds = self._draw_missed_rounds(info, keys)
        rounds = []
        for row, key in keys:
            day = self._draw_last_day(
                row, key, self._find_interval(info, row), (row.pk, key) in missed_rounds
            )
            if day >= row.first_date:
                rounds.append(
                    PastRound(row.pk, key, self._draw_morning(day), self._find_inspector(row.area_path))
                )
        return rounds

    def _draw_missed_rounds(self, info: RegisterInfo, keys: list[tuple[Record, str]]) -> set[InspectionKey]:
        """Draw the rounds of a register that were missed recently, among records that are old enough for one."""
        free = [
            (row.pk, key)
            for row, key in keys
            if (row.pk, key) not in self.named
            and not self._is_diligent(row)
            and row.first_date
            <= self.today - timedelta(days=self._find_interval(info, row) + self.book["back"])
        ]
        return set(self.rng.sample(free, min(len(free), self.book["missed"].get(info.key, 0))))

    def _find_interval(self, info: RegisterInfo, row: Record) -> int:
        return info.definition.inspection_interval(row.grade)

    def _draw_last_day(self, row: Record, key: str, every: int, missed: bool) -> date:
        planned = self.named.get((row.pk, key))
        if planned is not None:
            ago = every - planned.entry["due"]
        elif missed:
            ago = every + self.rng.randint(1, self.book["back"])
        elif self._is_diligent(row):  # not yet in the last third, in which a round may be made
            ago = self.rng.randint(1, every - every // 3 - 1)
        else:
            ago = self.rng.randint(1, every)
        return self.today - timedelta(days=ago)

    def _draw_morning(self, day: date) -> datetime:
        """Draw a moment of a morning, so that the moves on a case have the rest of the day and the next day."""
        at = time(self.rng.choice([9, 10, 11]), self.rng.randrange(60))
        return datetime.combine(day, at, tzinfo=clock.TOWN_TZ)

    # -- what the file names -------------------------------------------------------------------------------------

    def _make_inspection(self, planned: NamedInspection) -> None:
        """Make an inspection, and move the case of a failed item to the state that the file names."""
        ago = planned.entry["made"]
        at = (
            self._draw_morning(self.today - timedelta(days=ago))
            if ago
            else clock.now() - timedelta(minutes=50)
        )
        with clock.at(at):
            inspection = Inspection.objects.get(
                record=planned.record, checklist=planned.checklist.key, state=InspectionState.DUE
            )
            answers = {item.key: Answer(AnswerValue.OK.value) for item in planned.checklist.items}
            if "item" in planned.entry:
                photo = self._upload_photo(planned.inspector, Kind.PHOTO_BEFORE)
                answers[planned.entry["item"]] = Answer(
                    AnswerValue.FAIL.value, planned.entry["found"], [photo]
                )
            make_inspection(
                actor=planned.inspector,
                data=InspectionInput(inspection.pk, answers=answers, note=planned.entry.get("note", "")),
            )
        for finding in Finding.objects.filter(inspection=inspection).select_related("case"):
            self._move_case(finding.case, planned, at)

    def _upload_photo(self, actor: Actor, kind: Kind) -> int:
        upload = ContentFile(
            draw_scene(self.rng, bright=kind is not Kind.PHOTO_BEFORE), name=self.book["photo"]
        )
        return store_file(actor, upload, kind=kind.value).pk

    def _move_case(self, case: Case, planned: NamedInspection, at: datetime) -> None:
        for move, right, hours in CASE_STEPS[: STEPS_UNTIL[State(planned.entry["case"])]]:
            at += timedelta(hours=hours)
            with clock.at(min(at, clock.now())):
                actor, data = self._prepare_move(case, move, right, planned)
                case = perform(actor, case.pk, move, data=data)

    def _prepare_move(
        self, case: Case, move: str, right: str, planned: NamedInspection
    ) -> tuple[Actor, dict[str, Any]]:
        """Return the actor and the data of a move on a case."""
        if move in {"TAKE", "HANDLE"}:
            actor = find_unit_holder(case.lead_unit_id, right)
        else:  # those who inspect do not also check
            actor = find_named_holder(right, without="registers.visit:make")
        if actor is None:
            raise UserError(f"没有人可以办理 {move}。", hint="请检查 people.toml 和岗位。")
        data: dict[str, Any] = {"note": self.book["notes"].get(move, "")}
        if move == "ACCEPT":
            data["category"] = case.category_id
        if move == "DISPATCH":
            duty = catalogue.find_duty(case.category_id, planned.record.area_path)
            data["unit"] = duty.lead_unit_id if duty is not None else 0
        if move == "CHECK_PASS":
            data["photos"] = [self._upload_photo(actor, Kind.PHOTO_CHECK)]
        if move == "HANDLE":
            data |= {
                "result": planned.entry["fixed"],
                "photos": [self._upload_photo(actor, Kind.PHOTO_AFTER)],
            }
        return actor, data


def _read_inspectors() -> tuple[dict[str, Actor], dict[str, Actor]]:
    """Return the users who may inspect areas, by username and by the path of each area."""
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
