"""Inspections in the small town: a checklist for the buildings to let, and helpers for the steps of a test."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from jiedao.cases.models import Case
from jiedao.cases.moves.perform import perform
from jiedao.files.actions import store_file
from jiedao.files.models import Kind
from jiedao.files.tests.pictures import make_picture
from jiedao.registers.actions.inspections import Answer, InspectionInput, make_inspection
from jiedao.registers.actions.records import add_record
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.definition import Checklist, Grade, Item
from jiedao.registers.models import Inspection, Record
from jiedao.registers.rows import RecordInput
from jiedao.registers.tests.parts import HOUSES
from jiedao.testing.cast import Town

JULY = datetime(2020, 7, 10, 2, 0, tzinfo=UTC)
TODAY = date(2020, 7, 10)
G1 = "990001001001001"
FIRE = Checklist(
    "fire",
    "消防检查",
    "Fire check",
    (
        Item("exit", "疏散通道畅通", "Exits are clear", category="MATTER 01001", urgent=True, photo=True),
        Item("wiring", "没有私拉电线", "No loose wiring", category="MATTER 01002"),
        Item("alarm", "报警器有效", "Alarms work"),
    ),
)
# grade C is inspected every 30 days, grade B every 90, grade A about once a year
INSPECTED = replace(
    HOUSES,
    checklists=(FIRE,),
    every_days=360,
    grades=(
        Grade("C", "严管类", "Strict", "bad", every_days=30),
        Grade("B", "关注类", "Watch", "warn", every_days=90),
        Grade("A", "放心类", "Sound", "good"),
    ),
)


def grant_rights(town: Town) -> None:
    """Let grid1, grid3 and handler write records and inspect, leader read records, and shift reveal and plan."""
    edits, makes = ["record:view", "record:edit"], ["visit:make"]
    rights = {
        "grid1": [*edits, *makes],
        "grid3": [*edits, *makes],
        "handler": [*edits, *makes],
        "leader": ["record:view"],
        "shift": [*edits, "record:reveal", "visit:plan"],
    }
    for username, verbs in rights.items():
        post = town.posts[username]
        post.permissions = [*post.permissions, *(f"registers.{verb}" for verb in verbs)]
        post.save()


def add_house(town: Town, info: RegisterInfo, code: str = "H1", *, on: date = TODAY, **values: Any) -> Record:
    """Add a building to the register. Its default values give it the grade C (strict)."""
    strict = {"use": "HOME", "storeys": 8, "second_exit": False}
    area = values.pop("area", G1)
    data = RecordInput(code=code, name=f"{code}号楼", area=area, on=on, values={**strict, **values})
    return add_record(actor=town.actor("handler"), info=info, data=data)


def upload_photo(town: Town, who: str = "grid1") -> int:
    """Upload a photo that no object uses yet, and return its id."""
    upload = SimpleUploadedFile("通道.jpg", make_picture(), content_type="image/jpeg")
    return store_file(town.actor(who), upload, kind=Kind.PHOTO_BEFORE.value).pk


def answer_all(**values: Answer | str) -> dict[str, Answer]:
    """Return OK for every item of the checklist, except for the answers given here."""
    rows = {"exit": "OK", "wiring": "OK", "alarm": "OK", **values}
    return {key: value if isinstance(value, Answer) else Answer(value) for key, value in rows.items()}


def answer_inspection(
    town: Town, inspection: Inspection | None = None, *, who: str = "grid1", **input_fields: Any
) -> Inspection:
    """Make an inspection; every answer is OK unless `answer_all` is given."""
    values = {
        "inspection_id": inspection.pk if inspection is not None else None,
        "answers": answer_all(),
        **input_fields,
    }
    return make_inspection(actor=town.actor(who), data=InspectionInput(**values))


def close_case(town: Town, case: Case) -> Case:
    """Take a hazard case through every move from acceptance to closing."""
    steps: list[tuple[str, str, dict[str, Any]]] = [
        ("ACCEPT", "registrar", {"category": town.categories["RUBBISH"].pk}),
        ("DISPATCH", "dispatcher", {"unit": town.units["URBAN"].pk}),
        ("HANDLE", "handler", {"result": "已清理通道。"}),
        ("CHECK_PASS", "supervisor", {"note": "已看过现场"}),
        ("CLOSE", "shift", {}),
    ]
    for code, who, data in steps:
        case = perform(town.actor(who), case.pk, code, data=data)
    return case
