"""The audit log in words: who did what to what, from what to what and why; filters, pages, and audited files."""

import re
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jiedao.audit.actions import EntryData, record_entries, record_entry
from jiedao.audit.models import Entry
from jiedao.cases.actions.reporter import reveal_reporter
from jiedao.desk.tests.conftest import SignedIn
from jiedao.orgs.actor import make_system_actor
from jiedao.tasks.models import Task
from jiedao.testing.cast import Town, walk

AUDIT = "/desk/admin/audit/"


@pytest.fixture
def auditor(town: Town) -> str:
    post = town.posts["visitor"]
    post.permissions, post.scope = ["audit.entry:view"], "OWN"
    post.save()
    return "visitor"


def read_lines(page: Any) -> list[str]:
    """Return the text of each row of the table, without markup and blanks at its ends."""
    rows = re.findall(r"<tr>(.*?)</tr>", page.content.decode(), flags=re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in rows]


def add_entries(count: int, action: str = "cases.case:comment") -> None:
    data: EntryData = {
        "actor": make_system_actor(),
        "action": action,
        "obj_type": "cases.case",
        "obj_id": None,
    }
    record_entries([data] * count)


def test_entry_reads_as_a_sentence_with_names_instead_of_codes(
    town: Town, signed_in: SignedIn, auditor: str
) -> None:
    case = walk(town, to="DISPATCHED")
    page = signed_in(auditor).get(f"{AUDIT}?action=cases.case:dispatch")
    line = read_lines(page)[1]
    assert case.lead_unit is not None
    assert f"派遣了案件 案件 {case.number}" in line
    assert f"主办单位 {case.lead_unit.label}" in line
    assert "状态 待派遣 → 待接单" in line
    texts = re.sub(r"<form.*?</form>|<[^>]+>", " ", page.content.decode(), flags=re.DOTALL)
    assert not re.search(r"cases\.case|lead_unit|DISPATCHED|handle_due", texts)


def test_changed_post_names_the_rights_that_were_added(town: Town, signed_in: SignedIn, auditor: str) -> None:
    before = {"permissions": ["cases.case:view", "cases.case:report"], "scope": "OWN", "superior": None}
    rights = [*before["permissions"], "cases.case:void", "cases.case:export"]  # type: ignore[misc]
    after = {"permissions": rights, "scope": "AREA", "superior": town.posts["leader"].pk}
    post = town.posts["grid1"]
    record_entry(
        actor=make_system_actor(),
        action="orgs.post:manage",
        obj_type="orgs.post",
        obj_id=post.pk,
        before=before,
        after=after,
    )
    line = read_lines(signed_in(auditor).get(f"{AUDIT}?type=orgs.post"))[1]
    assert f"更改了岗位 岗位 {post.label}" in line
    assert "权限 加上 作废、导出" in line
    assert f"上级岗位 {town.posts['leader'].label}" in line


def test_own_limit_is_shown_in_words_with_its_reason(town: Town, signed_in: SignedIn, auditor: str) -> None:
    key = f"/desk/admin/values/duty/{town.categories['RUBBISH'].kind} {town.categories['RUBBISH'].code} town/"
    page = signed_in("admin").get(key)
    form = {name: page.context["form"][name].value() for name in ("lead_unit", "helpers")}
    for name, field in page.context["form"].fields.items():
        if name.startswith("limits.") and field.initial:
            form[name] = field.initial
    form |= {"limits.HANDLE": "6", "limits.HANDLE_unit": "wd", "reason": "区里 3 月发文调整"}
    assert signed_in("admin").post(key, form).status_code == 302
    line = read_lines(signed_in(auditor).get(f"{AUDIT}?action=group:rules"))[1]
    assert "更改了 权责清单" in line
    assert re.search(r"处置时限 .*→ 6 工作日", line)
    assert "区里 3 月发文调整" in line


def test_quick_filters_find_failed_sign_ins_and_revealed_identities(
    town: Town, signed_in: SignedIn, auditor: str, client: Any
) -> None:
    case = walk(town, to="FILED")
    reveal_reporter(town.actor("shift"), case.pk, reason="回电核实地点")
    client.post("/accounts/sign-in/", {"username": "handler", "password": "falsch"})
    officer = signed_in(auditor)
    failed = read_lines(officer.get(f"{AUDIT}?action=group:failed"))[1:]
    assert len(failed) == 1
    assert "试图登录没有成功 账号" in failed[0]
    revealed = read_lines(officer.get(f"{AUDIT}?action=group:reveal"))[1:]
    assert len(revealed) == 1
    assert f"查看了反映人身份 案件 {case.number}" in revealed[0]
    assert "回电核实地点" in revealed[0]


def test_audit_is_filtered_by_person_object_and_time(town: Town, signed_in: SignedIn, auditor: str) -> None:
    case = walk(town, to="FILED")
    client = signed_in(auditor)
    page = client.get(f"{AUDIT}?who=钱敏&type=cases.case").content.decode()
    assert case.number in page
    assert "受理立案" in page
    by_number = read_lines(client.get(f"{AUDIT}?number={case.number}"))
    assert len(by_number) == Entry.objects.filter(object_type="cases.case", object_id=case.pk).count() + 1
    for odd in (
        "who=%00",
        "action=%00",
        "action=group:nothing",
        "type=%00",
        "number=1",
        "to=9999-12-31",
        "from=0001-01-01",
        "id=99999999999999999999",
        "cursor=x",
    ):
        assert client.get(f"{AUDIT}?{odd}").status_code == 200
    assert "没有符合的日志" in client.get(f"{AUDIT}?who=没有此人").content.decode()
    assert client.get(f"{AUDIT}?from=2020-99-01").status_code == 200


def test_pages_go_forward_and_back_by_key(town: Town, signed_in: SignedIn, auditor: str) -> None:
    add_entries(120)
    client = signed_in(auditor)
    query = "action=cases.case%3Acomment"
    first = client.get(f"{AUDIT}?{query}")
    second = client.get(f"{AUDIT}?{first.context['pager']['next']}")
    third = client.get(f"{AUDIT}?{second.context['pager']['next']}")
    ids = [[row.id for row in page.context["rows"]] for page in (first, second, third)]
    assert [len(page) for page in ids] == [50, 50, 20]
    in_order = [pk for page in ids for pk in page]
    assert in_order == sorted(in_order, reverse=True)
    assert third.context["pager"]["next"] == ""
    back = client.get(f"{AUDIT}?{third.context['pager']['previous']}")
    assert [row.id for row in back.context["rows"]] == ids[1]


def test_page_costs_the_same_for_3_entries_and_for_50(town: Town, signed_in: SignedIn, auditor: str) -> None:
    client = signed_in(auditor)
    walk(town, to="DISPATCHED")
    counts = []
    for _ in range(2):
        client.get(f"{AUDIT}?type=cases.case")
        with CaptureQueriesContext(connection) as queries:
            client.get(f"{AUDIT}?type=cases.case")
        counts.append(len(queries))
        for _more in range(3):
            walk(town, to="DISPATCHED")
    assert counts[0] == counts[1]


@pytest.mark.parametrize("format_", ["xlsx", "csv"])
def test_file_has_every_entry_in_words_and_is_audited(
    town: Town, signed_in: SignedIn, auditor: str, format_: str
) -> None:
    add_entries(60)
    response: Any = signed_in(auditor).get(f"{AUDIT}export/?action=cases.case:comment&format={format_}")
    content = b"".join(response.streaming_content)
    if format_ == "xlsx":
        sheet: Any = openpyxl.load_workbook(BytesIO(content)).active
        rows = list(sheet.iter_rows(values_only=True))
        assert rows[0][0].startswith("共 60 条")
        assert len(rows) == 62
        assert rows[2][3] == "写了备注"
    else:
        lines = content.decode("utf-8-sig").splitlines()
        assert len(lines) == 61
        assert "写了备注" in lines[1]
    entry = Entry.objects.get(action="audit.entry:export")
    assert entry.after == {"entries": 60, "format": format_, "filters": "action=cases.case%3Acomment"}


def test_long_file_is_made_by_a_task(town: Town, signed_in: SignedIn, auditor: str) -> None:
    add_entries(2001)
    response: Any = signed_in(auditor).get(f"{AUDIT}export/?action=cases.case:comment&format=csv")
    task = Task.objects.get()
    assert response["Location"].endswith(f"/tasks/{task.pk}/")
    assert task.total == 2001


def test_unknown_format_of_a_file_is_refused(town: Town, signed_in: SignedIn, auditor: str) -> None:
    page = signed_in(auditor).get(f"{AUDIT}export/?format=pdf", follow=True)
    assert "不能导出为“pdf”" in page.content.decode()
    assert not Entry.objects.filter(action="audit.entry:export").exists()


def test_audit_chain_is_verified_from_the_page(town: Town, signed_in: SignedIn, auditor: str) -> None:
    walk(town, to="FILED")
    page = signed_in(auditor).post(f"{AUDIT}verify/", follow=True)
    assert "完好" in page.content.decode()


def test_an_own_row_is_shown_in_words(town: Town, signed_in: SignedIn, auditor: str) -> None:
    category, area = town.categories["RUBBISH"], town.areas["G2"]
    admin = signed_in("admin")
    key = f"{category.kind} {category.code}"
    unit = town.units["URBAN"]
    form = {"category": key, "area": area.code, "lead_unit": unit.code, "reason": "这个网格另有约定"}
    admin.post("/desk/admin/values/duty/new/", {**form, "limits.HANDLE": "3", "limits.HANDLE_unit": "wd"})
    admin.post(f"/desk/admin/values/duty/{key} town/off/", {"reason": "按网格分别约定"})
    _head, off, added = read_lines(signed_in(auditor).get(f"{AUDIT}?action=group:rules"))[:3]
    assert "增加了本街道的 权责清单" in added
    assert f"{category.label} · {area.label}" in added
    assert f"主办单位 {unit.label}" in added
    assert "处置时限 3 工作日" in added
    assert "这个网格另有约定" in added
    assert "停用了 权责清单" in off
    assert "按网格分别约定" in off
