"""Sheets of a register: template, import in two steps, export."""

import io
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import openpyxl
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from jiedao.audit.models import Entry
from jiedao.desk import exporting
from jiedao.desk.tests.conftest import SignedIn
from jiedao.kernel.worker import run_pending
from jiedao.registers.actions.records import add_record, end_record
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.models import Record, RegisterImport
from jiedao.registers.rows import RecordInput
from jiedao.registers.tests.inspecting import grant_rights
from jiedao.registers.tests.parts import declare
from jiedao.tasks.models import Task
from jiedao.testing.cast import Town

HERE = "/desk/registers/houses"
SHEET = "编码,名称,网格,用途,层数\nH1,一号楼,990001001001001,居住,8\nH2,二号楼,990001001001001,居住,{}\n"


@pytest.fixture
def houses(town: Town) -> RegisterInfo:
    grant_rights(town)
    return declare()


def sheet(storeys: str) -> dict[str, SimpleUploadedFile]:
    return {"file": SimpleUploadedFile("楼栋.csv", SHEET.format(storeys).encode(), content_type="text/csv")}


def test_sheet_is_checked_before_it_is_imported(
    town: Town, houses: RegisterInfo, signed_in: SignedIn
) -> None:
    client = signed_in("grid1")
    bad = client.post(f"{HERE}/import/", sheet("3万"))
    shown = bad.content.decode()
    assert bad.status_code == 422
    assert "1 处错误，什么都没有写入" in shown
    assert re.search(r'<td class="j-num">\s*E3\s*</td>', shown)
    assert 'name="token"' not in shown
    checked = client.post(f"{HERE}/import/", sheet("5")).content.decode()
    assert "新增 2 条，更改 0 条" in checked
    assert not Record.objects.exists()
    token = re.search(r'name="token" value="([^"]+)"', checked)
    assert token
    stolen = signed_in("handler").post(f"{HERE}/import/", {"token": token[1], "name": "楼栋.csv"})
    assert (stolen.status_code, Record.objects.count()) == (422, 0)
    done = client.post(f"{HERE}/import/", {"token": token[1], "name": "楼栋.csv"}, follow=True)
    assert "已导入：新增 2 条" in done.content.decode()
    assert sorted(Record.objects.values_list("code", flat=True)) == ["H1", "H2"]
    again = client.post(f"{HERE}/import/", {"token": token[1], "name": "楼栋.csv"})
    assert "这份表格已经不在了" in again.content.decode()
    assert "台账里已经是这样" in client.post(f"{HERE}/import/", sheet("5")).content.decode()


def test_template_and_export_are_workbooks(town: Town, houses: RegisterInfo, signed_in: SignedIn) -> None:
    client = signed_in("leader")
    for name in ("template", "export"):
        answer = client.get(f"{HERE}/{name}/")
        assert (answer.status_code, b"".join(answer)[:2]) == (200, b"PK")  # type: ignore[call-overload]
    assert client.get(f"{HERE}/import/").status_code == 403


def test_sheets_of_a_file_are_imported_one_after_the_other(
    town: Town, houses: RegisterInfo, signed_in: SignedIn, tmp_path: Path
) -> None:
    book = openpyxl.Workbook()
    for number, title in enumerate(("1月", "2月", "3月"), 1):
        page = book.create_sheet(title)
        page.append(["编码", "名称", "网格", "用途"])
        page.append([f"H{number}", "楼", "990001001001001", "居住"])
    book.remove(book.worksheets[0])
    book.save(tmp_path / "a.xlsx")
    client = signed_in("grid1")

    upload = SimpleUploadedFile("全年.xlsx", (tmp_path / "a.xlsx").read_bytes())
    answer = client.post(f"{HERE}/import/", {"file": upload})
    for _sheet in range(3):
        fields = re.findall(
            r'<input type="hidden" name="(token|sheet|done)" value="([^"]*)"', answer.content.decode()
        )
        data: dict[str, list[str]] = {}
        for name, value in fields:
            data.setdefault(name, []).append(value)
        answer = client.post(f"{HERE}/import/", data, follow=True)

    assert answer.redirect_chain == [(f"{HERE}/", 302)]  # type: ignore[attr-defined]
    assert sorted(Record.objects.values_list("code", flat=True)) == ["H1", "H2", "H3"]
    folder = Path(settings.JIEDAO_DATA) / "sheets"
    assert not [path for path in folder.iterdir() if data["token"][0] in path.name]


def test_refused_rows_belong_to_the_user_who_uploaded_them(
    town: Town, houses: RegisterInfo, signed_in: SignedIn
) -> None:
    shown = signed_in("grid1").post(f"{HERE}/import/", sheet("3万")).content.decode()
    link = re.search(r'href="([^"]*/import/refused/[^"]*)"', shown)
    assert link
    address = link[1].replace("&amp;", "&")

    assert signed_in("grid1").get(address).headers["Content-Disposition"].startswith("attachment")
    assert signed_in("handler").get(address).status_code == 422
    assert signed_in("leader").get(address).status_code == 403


def fill(houses: RegisterInfo, town: Town, many: int) -> None:
    for n in range(1, many + 1):
        data = RecordInput(
            code=f"H{n}", name=f"{n}号楼", area="990001001001001", values={"use": "HOME", "storeys": str(n)}
        )
        add_record(actor=town.actor("handler"), info=houses, data=data)


@pytest.fixture
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.JIEDAO_DATA = tmp_path


@pytest.mark.usefixtures("_own_folder")
def test_a_long_export_is_a_task_that_states_its_rows(
    town: Town, houses: RegisterInfo, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(houses, town, 5)
    monkeypatch.setattr(exporting, "MAX_ROWS_AT_ONCE", 3)
    client = signed_in("leader")
    short = client.get(f"{HERE}/export/?q=3号楼&format=csv")
    content = b"".join(short)  # type: ignore[call-overload]
    assert len(content.decode("utf-8-sig").splitlines()) == 2
    assert quote("1条.csv") in short["Content-Disposition"]
    answer = client.get(f"{HERE}/export/?f.storeys.from=2&order=-code")
    task = Task.objects.get()
    assert (answer["Location"], task.total) == (f"/desk/tasks/{task.pk}/", 4)
    assert "导出 出租屋 4 条（xlsx）" in client.get(answer["Location"]).content.decode()
    run_pending()
    assert "共 4 条" in client.get(answer["Location"]).content.decode()
    file = b"".join(client.get(f"/desk/tasks/{task.pk}/file/"))  # type: ignore[call-overload]
    rows = list(openpyxl.load_workbook(io.BytesIO(file)).worksheets[0].iter_rows(values_only=True))
    assert "共 4 条" in str(rows[0][0])
    assert [row[0] for row in rows[2:]] == ["H5", "H4", "H3", "H2"]
    entries = Entry.objects.filter(action="registers.record:export").order_by("id")
    assert [(entry.after["records"], entry.after["format"]) for entry in entries] == [(1, "csv"), (4, "xlsx")]


@pytest.mark.parametrize("query", ["nonsense=1", "grade=C&grade=B", "format=pdf", "order=f.owner", "unit=x"])
def test_an_export_with_a_filter_that_cannot_be_read_is_refused(
    town: Town, houses: RegisterInfo, signed_in: SignedIn, query: str
) -> None:
    assert signed_in("leader").get(f"{HERE}/export/?{query}").status_code == 422


def import_sheet_on_page(client: Client, upload: SimpleUploadedFile) -> Any:
    checked = client.post(f"{HERE}/import/", {"file": upload}).content.decode()
    token = re.search(r'name="token" value="([^"]+)"', checked)
    assert token, checked
    return client.post(f"{HERE}/import/", {"token": token[1]}, follow=True)


def read_records() -> list[dict[str, Any]]:
    """Return the records without what a change of any kind writes."""
    written = {"version", "changed_at", "changed_by", "why"}
    rows = Record.objects.order_by("code").values()
    return [{name: value for name, value in row.items() if name not in written} for row in rows]


def test_a_filled_template_is_imported_and_undone_on_the_page(
    town: Town, houses: RegisterInfo, signed_in: SignedIn, tmp_path: Path
) -> None:
    client = signed_in("grid1")
    import_sheet_on_page(client, sheet("5")["file"])
    before = read_records()
    template = client.get(f"{HERE}/template/")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(template)))  # type: ignore[arg-type]
    page = book.worksheets[0]
    columns = {str(cell.value).split("*")[0].split("（")[0]: cell.column for cell in page[2]}
    for row, values in enumerate(({"编码": "H2", "层数": 9}, {"编码": "H3", "名称": "三号楼"}), 4):
        for name, value in {"社区、网格": "990001001001001", "用途": "居住", **values}.items():
            page.cell(row, columns[name], value)
    book.save(tmp_path / "filled.xlsx")
    upload = SimpleUploadedFile("复核.xlsx", (tmp_path / "filled.xlsx").read_bytes())
    assert "新增 1 条，更改 1 条" in import_sheet_on_page(client, upload).content.decode()
    assert read_records() != before
    batch = RegisterImport.objects.latest("id")
    undo = f"{HERE}/import/{batch.pk}/undo/"
    assert f'href="{undo}"' in client.get(f"{HERE}/import/").content.decode()
    assert signed_in("handler").post(undo).status_code == 403

    plan = client.get(undo).content.decode()
    result = client.post(undo, follow=True).content.decode()

    assert "还原更改过的 1 条" in plan
    assert "删除了 1 条，还原了 1 条" in result
    assert read_records() == before
    listed = client.get(f"{HERE}/import/").content.decode()
    assert "已撤销：删除 1 条，还原 1 条" in listed
    assert f'href="{undo}"' not in listed


def test_a_record_that_was_changed_since_is_listed_with_a_link(
    town: Town, houses: RegisterInfo, signed_in: SignedIn
) -> None:
    client = signed_in("grid1")
    import_sheet_on_page(client, sheet("5")["file"])
    record = Record.objects.get(code="H2")
    end_record(actor=town.actor("handler"), record_id=record.pk, on=None, why="拆了")
    undo = f"{HERE}/import/{RegisterImport.objects.get().pk}/undo/"

    refused = client.post(undo)

    assert refused.status_code == 409
    assert f'href="{HERE}/{record.pk}/"' in refused.content.decode()
    assert Record.objects.count() == 2
    assert "删除了 1 条" in client.post(undo, {"untouched": "yes"}, follow=True).content.decode()
    assert [row.code for row in Record.objects.all()] == ["H2"]
