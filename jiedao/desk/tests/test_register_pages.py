"""The pages of registers: list, map, record and form, and who may use them."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from jiedao.desk.models import SavedView
from jiedao.desk.registers.forms import RecordForm
from jiedao.desk.tests.conftest import SignedIn
from jiedao.kernel import clock, ordering
from jiedao.kernel.memo import forget_all
from jiedao.registers.actions.records import add_record, change_record
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.definition import Anchor, Definition, Field, FieldKind
from jiedao.registers.models import Record
from jiedao.registers.rows import RecordInput
from jiedao.registers.tests.parts import HOUSES, declare
from jiedao.testing.cast import Town

JULY = datetime(2020, 7, 10, 2, 0, tzinfo=UTC)
G1 = "990001001001001"
SHOWN = {"storeys", "area_m2", "use"}
LIST, NEW = "/desk/registers/houses/", "/desk/registers/houses/new/"
ROOMS = Definition(
    key="rooms",
    name="出租房间",
    on=Anchor.REGISTER,
    parent="houses",
    fields=(Field("people", "居住人数", FieldKind.NUMBER, unit="人", column=True),),
)
STATEMENTS = 10  # session, user, post, areas, units, registers, page, count with sums, views, notices


@pytest.fixture
def houses(town: Town) -> RegisterInfo:
    """A register with columns and one whose records belong to it; grid1 and handler write, shift also reveals."""
    for username in ("grid1", "grid3", "handler", "shift"):
        post = town.posts[username]
        verbs = ["view", "edit", "reveal", "grade"] if username == "shift" else ["view", "edit"]
        post.permissions = [*post.permissions, *(f"registers.record:{verb}" for verb in verbs)]
        post.save()
    forget_all()
    info = declare(
        replace(
            HOUSES,
            group="房屋",
            note="分三类管理",
            fields=tuple(
                replace(field, column=field.key in SHOWN, summed=field.key != "storeys")
                for field in HOUSES.fields
            ),
        )
    )
    declare(ROOMS)
    return info


@pytest.fixture(autouse=True)
def _july() -> Any:
    with clock.at(JULY):
        yield


def house(town: Town, info: RegisterInfo, code: str = "H1", **values: Any) -> Record:
    given = RecordInput(
        code=code,
        name=f"{code}号楼",
        area=G1,
        lon=114.105,
        lat=22.605,
        on=date(2020, 1, 1),
        values={"use": "HOME", **values},
    )
    return add_record(actor=town.actor("handler"), info=info, data=given)


def words(answer: Any) -> str:
    """Return the text of a page without tags, with single blanks."""
    return " ".join(strip_tags(answer.content.decode().replace("<", " <")).split())


def typed(answer: Any, **more: str) -> dict[str, str]:
    """Return what the form of a page would send, with what a person types over it."""
    form = answer.context["form"]
    sent = {name: form[name].value() for name in form.fields}
    return {name: str(value) for name, value in sent.items() if value not in (None, False)} | more


def test_record_is_added_changed_and_has_a_history(
    town: Town, houses: RegisterInfo, signed_in: SignedIn
) -> None:
    client = signed_in("grid1")
    assert "出租屋" in words(client.get("/desk/registers/"))
    assert NEW in client.get(LIST).content.decode()
    sent = typed(
        client.get(NEW),
        name="滨江路1号",
        area=str(town.areas["G1"].pk),
        lon="114.1051234567",
        lat="22.605",
        on="2020-01-01",
        why="2020 年普查",
        v_storeys="8",
        v_second_exit="0",
        v_use="HOME",
        personal_owner="王五 13800000000",
    )
    made = client.post(NEW, sent)
    assert client.post(NEW, sent)["Location"] == made["Location"]  # sent twice, added once
    record = Record.objects.get()
    page = words(client.get(made["Location"]))
    assert "严管类：七层以上，无第二出口" in page
    assert "8 层" in page
    assert "王五" not in page
    assert "没有填写，定级时没有算进去：消防检测日期" in page

    form = client.get(f"{made['Location']}edit/")
    same = client.post(f"{made['Location']}edit/", typed(form, why="复核"), follow=True)
    assert "内容没有不同" in words(same)
    changed = typed(form, v_second_exit="1", name="滨江路1号楼", on="2020-05-01", why="加装第二出口")
    page = words(client.post(f"{made['Location']}edit/", changed, follow=True))
    record.refresh_from_db()
    assert (record.version, record.grade, record.lon) == (2, "A", 114.1051234567)
    assert "加装第二出口" in page
    assert "有第二出口 否 是" in page
    assert "滨江路1号 滨江路1号楼" in page
    assert "赵青" in page
    past = words(client.get(f"{made['Location']}?on=2020-04-30"))
    assert "这是 2020-04-30 当天的情况" in past
    assert "严管类：七层以上，无第二出口" in past
    before = words(client.get(f"{made['Location']}?on=2019-12-31"))
    assert "2019-12-31 当天它还不在台账里" in before


def test_record_is_ended_and_restored_with_a_reason(
    town: Town, houses: RegisterInfo, signed_in: SignedIn
) -> None:
    record, client = house(town, houses), signed_in("handler")
    here = f"{LIST}{record.pk}/"
    bare = {"to": "ended", "version": "1", "on": "2020-07-10"}
    refused = client.post(f"{here}standing/", bare)
    assert refused.status_code == 422
    assert "没有写明原因" in words(refused)
    assert client.post(f"{here}standing/", {**bare, "on": "昨天", "why": "拆除"}).status_code == 422
    assert "已移出台账" in words(client.post(f"{here}standing/", {**bare, "why": "已拆除"}, follow=True))
    assert "共 0 条" in words(client.get(LIST))
    assert "共 1 条" in words(client.get(f"{LIST}?state=ended"))
    assert "共 1 条" in words(client.get(f"{LIST}?on=2020-07-09"))
    again = client.post(f"{here}standing/", {"to": "active", "version": "2", "why": "误登"}, follow=True)
    assert "恢复在册" in words(again)
    assert Record.objects.get().active


def test_form_shows_every_fault_and_keeps_what_was_typed(
    town: Town, houses: RegisterInfo, signed_in: SignedIn
) -> None:
    house(town, houses, licence="L1")
    client = signed_in("grid1")
    answer = client.post(
        NEW,
        typed(
            client.get(NEW),
            name="",
            area=str(town.areas["G1"].pk),
            v_storeys="70",
            v_tested="去年",
            on="2021-01-01",
        ),
    )
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"name", "v_storeys", "v_use", "v_tested", "on"}
    assert 'value="70"' in answer.content.decode()
    taken = typed(
        client.get(NEW), name="二号楼", area=str(town.areas["G1"].pk), v_use="HOME", v_licence="L1", code="H1"
    )
    answer = client.post(NEW, taken)
    assert set(answer.context["form"].errors) == {"v_licence", "code"}
    assert Record.objects.count() == 1


def test_form_gives_references_by_id_without_queries(
    town: Town, houses: RegisterInfo, django_assert_num_queries: Callable[[int], AbstractContextManager[Any]]
) -> None:
    area, unit = town.areas["G1"], town.units["CLEAN"]
    sent = {"name": "一号楼", "area": str(area.pk), "unit": str(unit.pk), "v_use": "HOME"}
    form = RecordForm(town.actor("handler"), houses, sent)
    assert form.is_valid(), form.errors
    with django_assert_num_queries(0):
        given = form.build_input()
    assert (given.area_id, given.unit_id, given.premise_id) == (area.pk, unit.pk, None)
    assert (given.area, given.unit) == ("", "")


def test_conflicting_change_shows_both_changes(town: Town, houses: RegisterInfo, signed_in: SignedIn) -> None:
    record, client = house(town, houses, storeys=3), signed_in("grid1")
    edit = f"{LIST}{record.pk}/edit/"
    form = client.get(edit)
    change_record(
        actor=town.actor("handler"),
        record_id=record.pk,
        why="补录",
        data=RecordInput(name="H1号楼", area=G1, lon=114.105, lat=22.605, values={"storeys": 5}),
    )
    answer = client.post(edit, typed(form, v_area_m2="120", why="测绘"))
    assert answer.status_code == 409
    assert "李强 · 处置人员 刚刚改动了这条记录" in words(answer)
    assert "层数 3 层 5 层" in words(answer)
    client.post(edit, typed(answer))
    record.refresh_from_db()
    assert (record.values["storeys"], record.values["area_m2"]) == (5, 120)


@pytest.mark.parametrize("many", [3, 300])
def test_number_of_queries_does_not_grow_with_the_records(
    town: Town, houses: RegisterInfo, signed_in: SignedIn, many: int
) -> None:
    first = house(town, houses, storeys=8, second_exit=False, area_m2=10)
    copies = []
    for n in range(2, many + 1):
        copy = Record.objects.get(pk=first.pk)
        copy.pk, copy.code = None, f"H{n}"
        copies.append(copy)
    Record.objects.bulk_create(copies)
    client = signed_in("shift")
    client.get(LIST)
    with CaptureQueriesContext(connection) as spent:
        answer = client.get(f"{LIST}?grade=C&f.storeys.from=7&f.use=HOME")
    assert f"共 {many} 条" in words(answer)
    assert f"面积合计 {many * 10:,} 平方米" in words(answer)
    assert "层数合计" not in words(answer)
    assert len(spent) <= STATEMENTS
    with CaptureQueriesContext(connection) as spent:
        past = client.get(f"{LIST}?on=2020-06-30")
    assert f"共 {many} 条" in words(past)
    assert len(spent) <= STATEMENTS + 2
    if many > 50:
        second = client.get(f"{LIST}?{answer.context['pager']['next']}")
        assert [second.context["lines"][0]["row"].id, second.context["page"].shown] == [
            answer.context["lines"][-1]["row"].id - 1,
            50,
        ]
        back = client.get(f"{LIST}?{second.context['pager']['previous']}")
        assert back.context["lines"][0]["row"].id == answer.context["lines"][0]["row"].id


def test_user_of_another_community_sees_no_records(
    town: Town, houses: RegisterInfo, signed_in: SignedIn
) -> None:
    record = house(town, houses)
    here, client = f"{LIST}{record.pk}/", signed_in("grid3")
    assert "共 0 条" in words(client.get(LIST))
    assert client.get(f"{LIST}map/data/").json()["found"] == 0
    for address in (here, f"{here}edit/"):
        assert client.get(address).status_code == 404
    assert client.post(f"{here}standing/", {"to": "ended", "why": "试"}).status_code == 404
    assert client.get(f"/desk/registers/rooms/{record.pk}/").status_code == 404
    assert signed_in("dispatcher").get(LIST).status_code == 403
    assert signed_in("grid1").get("/desk/registers/none/").status_code == 404
    assert "/desk/registers/" not in signed_in("dispatcher").get("/desk/").content.decode()


def test_personal_values_are_shown_once_for_a_reason(
    town: Town, houses: RegisterInfo, signed_in: SignedIn
) -> None:
    record = house(town, houses, owner="王五 13800000000")
    here, client = f"{LIST}{record.pk}/", signed_in("shift")
    assert "王五" in words(client.post(f"{here}personal/", {"why": "联系业主整改"}))
    assert "王五" not in words(client.get(here))
    assert signed_in("grid1").post(f"{here}personal/", {"why": "联系业主整改"}).status_code == 403
    form = client.get(f"{here}edit/")
    assert "王五" not in form.content.decode()
    client.post(f"{here}edit/", typed(form, clear_owner="on", why="业主要求删除"))
    record.refresh_from_db()
    assert "owner" not in record.values


def test_grade_set_by_hand_is_explained(town: Town, houses: RegisterInfo, signed_in: SignedIn) -> None:
    record, client = house(town, houses, storeys=8, second_exit=False), signed_in("shift")
    here = f"{LIST}{record.pk}/"
    sent = {"grade": "B", "until": "2020-12-31", "why": "已约定九月整改", "version": "1"}
    page = words(client.post(f"{here}grade/", sent, follow=True))
    assert "关注类：已约定九月整改" in page
    assert "王磊 · 值班长 人工定级，至 2020-12-31" in page
    assert "按规则：严管类：七层以上，无第二出口" in page
    assert "已约定九月整改" in client.get(LIST).content.decode()
    assert signed_in("grid1").post(f"{here}grade/", sent).status_code == 403
    page = words(client.post(f"{here}grade/", {"grade": "", "why": "整改提前完成核对"}, follow=True))
    assert "人工定级，至" not in page


def test_record_shows_its_parts_files_and_map(town: Town, houses: RegisterInfo, signed_in: SignedIn) -> None:
    record, client = house(town, houses, storeys=8, second_exit=False), signed_in("handler")
    here = f"{LIST}{record.pk}/"
    new = client.get("/desk/registers/rooms/new/?parent=H1")
    client.post("/desk/registers/rooms/new/", typed(new, name="101室", v_people="3"))
    file = SimpleUploadedFile("平面图.pdf", b"%PDF-1.7\n%%EOF\n", "application/pdf")
    client.post(f"{here}files/", {"files": file})
    page = words(client.get(here))
    assert "101室" in page
    assert "居住人数 3 人" in page
    assert "平面图.pdf" in page
    room = Record.objects.get(parent=record)
    assert "H1号楼" in words(client.get(f"/desk/registers/rooms/{room.pk}/"))
    assert "共 1 条" in words(client.get(f"/desk/registers/rooms/?parent={record.pk}"))
    data = client.get(f"{LIST}map/data/?grade=C").json()
    points = [row["properties"] for row in data["features"] if row["geometry"]["type"] == "Point"]
    assert [(row["label"], row["tone"], row["href"]) for row in points] == [("H1号楼 · 严管类", "bad", here)]
    assert here in client.get(f"{LIST}map/").content.decode()
    assert here in client.get("/desk/map/?layer=houses").content.decode()


def test_view_belongs_to_one_register(town: Town, houses: RegisterInfo, signed_in: SignedIn) -> None:
    client = signed_in("handler")
    sent = {"name": "七层以上", "query": "f.storeys.from=7", "register": "houses", "shared": "1"}
    assert client.post("/desk/cases/views/", sent)["Location"] == f"{LIST}?f.storeys.from=7"
    assert "七层以上" in words(client.get(LIST))
    assert "七层以上" in words(signed_in("shift").get(LIST))
    assert "七层以上" not in words(client.get("/desk/registers/rooms/"))
    assert "七层以上" not in words(client.get("/desk/cases/"))
    view = SavedView.objects.get()
    assert client.post(f"/desk/cases/views/{view.pk}/delete/")["Location"] == LIST
    assert client.post("/desk/cases/views/", {**sent, "register": "none"}).status_code == 404


def test_unreadable_filter_of_a_register_is_reported_and_ignored(
    town: Town, houses: RegisterInfo, signed_in: SignedIn
) -> None:
    house(town, houses)
    page = words(signed_in("shift").get(f"{LIST}?f.storeys=abc&grade=Z&on=2030-01-01&area=x&parent=9&q=H1"))
    assert "“abc”不是数" in page
    assert "grade=Z" in page
    assert "2030-01-01" in page
    assert "共 1 条" in page


def test_regrading_writes_exactly_the_changes_shown(
    town: Town, houses: RegisterInfo, signed_in: SignedIn
) -> None:
    house(town, houses, storeys=8, second_exit=False)
    client, here = signed_in("shift"), f"{LIST}grades/"
    assert "没有要改的" in client.get(here).content.decode()
    # As an older rule left it.
    Record.objects.update(grade="A", grade_note={"why": [], "why_en": [], "missing": []})
    page = client.get(here).content.decode()
    assert ("1 条等级会变" in page, "七层以上，无第二出口" in page) == (True, True)
    stamp = page.split('name="stamp" value="')[1].split('"')[0]
    late = client.post(here, {"stamp": "x" * len(stamp)})
    assert (late.status_code, Record.objects.get().grade) == (409, "A")
    done = client.post(here, {"stamp": stamp, "why": "规则修订"}, follow=True).content.decode()
    assert "已重新定级：1 条等级有变" in done
    assert (Record.objects.get().grade, Record.objects.get().why) == ("C", "规则修订")
    assert signed_in("grid1").get(here).status_code == 403


def test_a_list_is_ordered_by_the_links_in_its_headers(
    town: Town, houses: RegisterInfo, signed_in: SignedIn
) -> None:
    for code, storeys in (("H1", 9), ("H2", 10), ("H3", 2)):
        house(town, houses, code, storeys=str(storeys))
    client = signed_in("handler")

    def read_codes(query: str) -> list[str]:
        return [row.code for row in client.get(f"{LIST}?{query}").context["page"].rows]

    heads = {head["label"]: head for head in client.get(f"{LIST}?f.use=HOME").context["heads"]}
    assert heads["层数"]["sort"]["url"] == "?f.use=HOME&order=-f.storeys"
    assert heads["名称"]["second"]["url"] == "?f.use=HOME&order=code"
    assert read_codes("order=-f.storeys") == ["H2", "H1", "H3"]
    assert read_codes("order=f.storeys") == ["H3", "H1", "H2"]
    page = client.get(f"{LIST}?order=-f.storeys").content.decode()
    assert page.count('aria-sort="descending"') == 1
    assert 'href="?order=f.storeys"' in page
    assert 'option value="-f.storeys" selected' in page
    assert "?order=-f.storeys&amp;format=csv" in page
    assert "没有符合条件的记录" not in page


def test_a_list_that_is_too_long_for_an_order_says_so_and_comes_in_the_usual_one(
    town: Town, houses: RegisterInfo, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ordering, "MAX_SORTED", 2)
    for code in ("H1", "H3", "H2"):
        house(town, houses, code)
    answer = signed_in("handler").get(f"{LIST}?order=code")
    assert "超过 2 条，不能这样排序" in words(answer)
    assert [row.code for row in answer.context["page"].rows] == ["H2", "H3", "H1"]


def test_unknown_repeated_and_wrong_filters_are_named(
    town: Town, houses: RegisterInfo, signed_in: SignedIn
) -> None:
    house(town, houses)
    client = signed_in("handler")
    for query, notice in {
        "nonsense=1": "没有名为“nonsense”的筛选条件，已略去",
        "f.owner=x": "没有名为“f.owner”的筛选条件，已略去",
        "f.use.from=HOME": "没有名为“f.use.from”的筛选条件，已略去",
        "grade=A&grade=B": "筛选条件“grade”只能有一个值，已略去",
        "f.storeys=3&f.storeys.from=4": "筛选条件“f.storeys”只能有一个值",
        "order=f.owner": "筛选条件“order=f.owner”看不懂，已略去",
    }.items():
        assert notice in words(client.get(f"{LIST}?{query}")), query
        assert notice in words(client.get(f"{LIST}map/?{query}")), query
    for query in ("", "q=H1号楼&cursor=n9", "f.use=HOME&f.storeys.from=&grade=", "count=all&grade=A&grade=A"):
        assert "已略去" not in words(client.get(f"{LIST}?{query}")), query
