"""Every sheet of every register comes back in through the page by which a person imports it."""

import csv
import io
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from jiedao.accounts.models import User
from jiedao.demo.commands import PACK
from jiedao.kernel.memo import forget_all
from jiedao.orgs.actor import make_system_actor
from jiedao.orgs.models import Holding, Post, Scope
from jiedao.packs.actions import apply_pack
from jiedao.packs.check import check_pack
from jiedao.places.models import Area
from jiedao.registers.catalogue import RegisterInfo, active_registers, register_info
from jiedao.registers.models import Record

pytestmark = pytest.mark.django_db
KEYS = sorted(path.stem for path in (PACK / "registers").glob("*.toml"))
ROWS = 12
Cells = list[Any]


@pytest.fixture(scope="module", autouse=True)
def _pack(module_database: Callable[[], AbstractContextManager[None]]) -> None:
    with module_database():
        forget_all()
        apply_pack(pack=check_pack(PACK)[0], actor=make_system_actor())
        forget_all()


def sign_in_writer(info: RegisterInfo) -> Client:
    """Return the client of a user who writes the register and sees the whole town."""
    codes = info.definition.write
    post = next(
        post
        for post in Post.objects.select_related("unit")
        if "registers.record:edit" in post.permissions and {post.unit.code, post.unit.kind} & set(codes)
    )
    post.scope = Scope.AREA
    post.save()
    user = User.objects.create(username=f"writer-{info.key}", full_name="登记员")
    Holding.objects.create(user=user, post=post).areas.set(Area.objects.filter(depth=1))
    forget_all()
    client = Client(headers={"accept-language": "zh-hans"})
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def upload(client: Client, key: str, name: str, content: bytes) -> str:
    """Check a file on the page of the import and, if it changes anything, import it; return what the page shows."""
    address = f"/desk/registers/{key}/import/"
    checked = client.post(address, {"file": SimpleUploadedFile(name, content)})
    shown = checked.content.decode()
    assert checked.status_code == 200, re.sub(r"<[^>]*>|\s+", " ", shown)
    token = re.search(r'name="token" value="([^"]+)"', shown)
    if token is None:
        return shown
    sheet = re.search(r'name="sheet" value="([^"]*)"', shown)
    assert sheet
    return client.post(address, {"token": token[1], "sheet": sheet[1]}, follow=True).content.decode()


def download(client: Client, key: str, name: str) -> bytes:
    answer = client.get(f"/desk/registers/{key}/{name}")
    assert answer.status_code == 200
    return b"".join(answer)  # type: ignore[call-overload, no-any-return]


def read_demo_rows(key: str) -> tuple[list[str], list[list[str]]]:
    with (PACK / "demo/registers" / f"{key}.csv").open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    return header, rows[:ROWS]


def import_parents(info: RegisterInfo) -> None:
    """Import the register that this one's records belong to."""
    parent = register_info(info.definition.parent)
    if parent is not None:
        content = (PACK / "demo/registers" / f"{parent.key}.csv").read_bytes()
        upload(sign_in_writer(parent), parent.key, "上级.csv", content)


def fill_template(info: RegisterInfo, content: bytes, header: list[str], row: list[str]) -> bytes:
    """Write one row under the example row of a template, each value under its header."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    page = book.worksheets[0]
    titles = {re.sub(r"（[^）]*）|\*", "", str(cell.value)): cell.column for cell in page[2]}
    parent = register_info(info.definition.parent)
    names = {"网格": "社区、网格", "自": "生效日期", "所属": parent.label if parent else ""}
    for title, value in zip(header, row, strict=True):
        plain = re.sub(r"（[^）]*）|\*", "", names.get(title, title))
        # The first column holds the register's own name of the code.
        page.cell(4, 1 if title in ("编码", "编号") else titles[plain], value or None)
    output = io.BytesIO()
    book.save(output)
    return output.getvalue()


def save_as_text(content: bytes, encoding: str) -> bytes:
    """Return a workbook as a spreadsheet program saves it in CSV: dates as they are shown, CRLF line ends."""
    output = io.StringIO()
    writer = csv.writer(output)
    for row in openpyxl.load_workbook(io.BytesIO(content)).worksheets[0].iter_rows(values_only=True):
        writer.writerow([_show(cell) for cell in row])
    return output.getvalue().encode(encoding)


def _show(cell: Any) -> Any:
    return f"{cell:%Y/%m/%d}" if isinstance(cell, date | datetime) else cell


def test_the_pack_has_registers() -> None:
    assert {info.key for info in active_registers()} == set(KEYS)
    assert len(KEYS) > 20


@pytest.mark.parametrize("key", KEYS)
def test_template_and_export_return_through_the_page(key: str) -> None:
    info = register_info(key)
    assert info is not None
    import_parents(info)
    client = sign_in_writer(info)
    header, rows = read_demo_rows(key)

    filled = fill_template(info, download(client, key, "template/"), header, rows[0])
    assert "新增 1 条" in upload(client, key, "模板.xlsx", filled)

    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    assert f"新增 {len(rows) - 1} 条" in upload(client, key, "台账.csv", text.getvalue().encode("gb18030"))

    export = download(client, key, "export/")
    assert "台账里已经是这样" in upload(client, key, "导出.xlsx", export)
    assert "台账里已经是这样" in upload(client, key, "导出.csv", save_as_text(export, "utf-8-sig"))


@pytest.mark.parametrize("key", ["accidents", "blocks", "leader_rounds", "sorting_points"])
def test_refused_rows_return_through_the_page(key: str) -> None:
    info = register_info(key)
    assert info is not None
    import_parents(info)
    client = sign_in_writer(info)
    upload(client, key, "台账.csv", (PACK / "demo/registers" / f"{key}.csv").read_bytes())
    export = download(client, key, "export/")

    check_refused_rows(client, info, export)


def check_refused_rows(client: Client, info: RegisterInfo, export: bytes) -> None:
    """Delete the name of a record from an export of new codes, and send the sheet again after mending it."""
    book = openpyxl.load_workbook(io.BytesIO(export))
    page = book.worksheets[0]
    count = page.max_row - 2
    for number in range(3, page.max_row + 1):
        page.cell(number, 1, f"新{number}")
    name = page.cell(3, 2).value
    page.cell(3, 2).value = None
    broken = io.BytesIO()
    book.save(broken)
    before = Record.objects.filter(register_id=info.id).count()
    refused = client.post(
        f"/desk/registers/{info.key}/import/", {"file": SimpleUploadedFile("错.xlsx", broken.getvalue())}
    )
    assert (refused.status_code, Record.objects.filter(register_id=info.id).count()) == (422, before)
    link = re.search(r'href="([^"]*refused/\?token=[^"]*)"', refused.content.decode())
    assert link
    answer = client.get(link[1].replace("&amp;", "&"))
    returned = openpyxl.load_workbook(io.BytesIO(b"".join(answer)))  # type: ignore[call-overload]
    page = returned.worksheets[0]
    assert page.cell(2, page.max_column).value == "未导入原因"
    assert "名称" in str(page.cell(3, page.max_column).value)
    page.cell(3, 2).value = name
    mended = io.BytesIO()
    returned.save(mended)
    assert f"新增 {count} 条" in upload(client, info.key, "改好.xlsx", mended.getvalue())
