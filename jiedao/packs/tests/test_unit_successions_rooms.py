"""Rows of every room follow when a unit is renamed: what people added, as the pack states the others itself."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.apps import apps

from jiedao.accounts.models import User
from jiedao.audit.models import Entry as AuditEntry
from jiedao.delivery.models import Address
from jiedao.indicators.models import Entry, Measure, Target, Theme
from jiedao.kernel import clock
from jiedao.packs.check import check_pack
from jiedao.packs.planning import make_plan
from jiedao.packs.tests.test_apply import apply
from jiedao.packs.tests.test_unit_successions import hold, lines, rename, split, unit
from jiedao.packs.tests.tiny import TinyPack
from jiedao.projects.models.promises import Pledge, PledgeMove
from jiedao.registers.models import Inspection, Record, RecordVersion, Register
from jiedao.reports.forms.models import Form, FormBinding
from jiedao.tasks.models import Task

pytestmark = pytest.mark.django_db


def make_record(code: str) -> Record:
    register = Register.objects.create(
        key="shops", name="商铺", definition={"key": "shops", "name": "商铺"}, active=False
    )
    return Record.objects.create(
        register=register,
        code="1",
        name="店",
        unit=unit(code),
        since_date=clock.today(),
        first_date=clock.today(),
    )


def make_pledge(code: str) -> Pledge:
    return Pledge.objects.create(
        kind="ITEM", code=f"P-{code}", text="t", source="s", unit=unit(code), due_date=clock.today()
    )


def test_records_and_planned_inspections_follow_and_keep_their_history(tiny: TinyPack) -> None:
    apply(tiny)
    record = make_record("CG")
    today = clock.today()
    due = {"planned_date": today, "due_date": today, "counted_date": today}
    waiting = Inspection.objects.create(
        register=record.register, record=record, checklist="c", unit=unit("CG"), **due
    )
    missed = Inspection.objects.create(
        register=record.register, record=record, checklist="d", unit=unit("CG"), state="MISSED", **due
    )
    rename(tiny)
    assert lines(tiny)["records"] == ({"ZZ": 1}, 0)
    apply(tiny)
    for row in (record, waiting, missed):
        row.refresh_from_db()
    assert (record.unit, waiting.unit, missed.unit) == (unit("ZZ"), unit("ZZ"), unit("CG"))
    assert RecordVersion.objects.get(record=record).unit == unit("CG")
    assert AuditEntry.objects.filter(action="registers.record:change", object_id=record.pk).count() == 1


def test_responsibility_items_follow_with_an_entry_in_their_history(tiny: TinyPack) -> None:
    apply(tiny)
    pledge, helped, done = make_pledge("CG"), make_pledge("SQ1"), make_pledge("JDB")
    helped.helpers.add(unit("CG"))
    Pledge.objects.filter(pk=done.pk).update(state="WITHDRAWN", ended_at=clock.now(), unit=unit("CG"))
    rename(tiny)
    apply(tiny)
    for row in (pledge, done):
        row.refresh_from_db()
    assert (pledge.unit, done.unit) == (unit("ZZ"), unit("CG"))
    assert list(helped.helpers.all()) == [unit("ZZ")]
    assert PledgeMove.objects.filter(pledge=pledge, move="SUCCEEDED").count() == 1


def test_forms_their_cells_robots_and_saved_views_follow(tiny: TinyPack) -> None:
    apply(tiny)
    form = Form.objects.create(
        key="f", name="n", sender="s", cycle="month", due_days=5, unit=unit("CG"), created_by="x"
    )
    cell = FormBinding.objects.create(
        form=form, cell="A!B1", kind="FIGURE", spec={"measure": "m", "unit": "CG"}, bound_by="x"
    )
    robot = Address.objects.create(channel="WEBHOOK", unit=unit("CG"), name="n", target="x")
    user = User.objects.create_user("wang", "x" * 12, "wang")
    view = apps.get_model("desk", "SavedView").objects.create(
        user=user, name="v", query=f"group=open&unit={unit('CG').pk}"
    )
    rename(tiny)
    apply(tiny)
    for row in (form, cell, robot, view):
        row.refresh_from_db()
    assert (form.unit, robot.unit) == (unit("ZZ"), unit("ZZ"))
    assert cell.spec == {"measure": "m", "unit": "ZZ"}
    assert view.query == f"group=open&unit={unit('ZZ').pk}"


def test_a_task_in_the_background_continues_in_the_new_post(tiny: TinyPack) -> None:
    apply(tiny)
    holding = hold("wang", "CG.HANDLER")
    task = Task.objects.create(
        user=holding.user, post_id=holding.post_id, kind="k", title="t", language="zh-hans"
    )
    rename(tiny)
    apply(tiny)
    task.refresh_from_db()
    holding.refresh_from_db()
    assert task.post_id == holding.post_id


def test_figures_to_come_follow_and_past_ones_and_their_targets_stay(tiny: TinyPack) -> None:
    apply(tiny)
    measure = Measure.objects.create(
        key="m", name="m", theme=Theme.objects.create(key="t", name="t"), unit_label="个", kind="entered"
    )
    today = clock.today()
    past, future = today - timedelta(days=40), today + timedelta(days=40)
    about = {"measure": measure, "unit": unit("CG"), "place_key": "unit:CG"}
    entries = [
        Entry.objects.create(
            first_date=day, last_date=day, value=1, source="s", entered_at=clock.now(), **about
        )
        for day in (past, future)
    ]
    Target.objects.create(first_date=past, last_date=past, value=Decimal(1), **about)
    rename(tiny)
    apply(tiny)
    for row in entries:
        row.refresh_from_db()
    assert [row.place_key for row in entries] == ["unit:CG", "unit:ZZ"]
    assert entries[1].unit == unit("ZZ")
    assert Target.objects.filter(place_key="unit:CG").exists()


def test_a_unit_that_records_name_is_not_retired_without_a_successor(tiny: TinyPack) -> None:
    apply(tiny)
    make_record("CG")
    make_pledge("CG")
    split(tiny)
    text = (tiny.folder / "units.toml").read_text(encoding="utf-8")
    tiny.write("units.toml", text.replace('was = ["CG"]\n', ""))
    plan = make_plan(check_pack(tiny.folder)[0])
    (item,) = plan.blocked
    assert (item.kind, item.key) == ("unit", "CG")
    assert "档案记录 1 个" in item.blocked
    assert "责任事项 1 个" in item.blocked
