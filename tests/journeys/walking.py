"""The people of the second town at their browsers, and the cases that they work on."""

import io
import re
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from openpyxl import load_workbook
from PIL import Image

from tests.journeys.browsing import Browser
from tests.journeys.offices import Office
from tests.journeys.second_town import TOWN, PackFiles

ZONE = ZoneInfo("Asia/Shanghai")
SPRING = datetime(2020, 5, 18, 9, 30, tzinfo=ZONE)
AUTUMN = datetime(2020, 11, 16, 9, 30, tzinfo=ZONE)
NEW_PASSWORD = "柳河街道 spring 2020"
PEOPLE = {
    "wangge": ("王小东", "SQ001.GRID"),
    "dongmen": ("董民", "SQ001.HANDLER"),
    "paiqian": ("钱敏", "ZHIHUI.DISPATCHER"),
    "chuzhi": ("李强", "CHENGGUAN.HANDLER"),
    "anjian": ("孙安", "ANJIAN.HANDLER"),
    "jianshe": ("何建", "JIANSHE.HANDLER"),
    "guihua": ("吕规", "JIANSHE.LEAD"),
    "fuzeren": ("傅仁", "CHENGGUAN.LEAD"),
    "wenhua": ("文静", "WENHUA.HANDLER"),
    "shichang": ("施昌", "SHICHANG.HANDLER"),
    "ducha": ("周岩", "DUCHA.SUPERVISOR"),
    "zhiban": ("吴芳", "ZHIHUI.SHIFT"),
    "huifang": ("赵月", "ZHIHUI.VISITOR"),
    "lingdao": ("林远", "JDB.LEADER"),
}
ADMINISTRATORS = {
    "xitong": ("郑安", "ZHIHUI.SYSADMIN"),
    "anquan": ("冯平", "DANGZHENG.SECADMIN"),
    "shenji": ("陈实", "DUCHA.AUDITADMIN"),
}


def make_photo() -> tuple[str, bytes]:
    """Return the name and the content of a small photo."""
    file = io.BytesIO()
    Image.new("RGB", (60, 40), "gray").save(file, "JPEG")
    return "现场.jpg", file.getvalue()


def fill_sheet(template: bytes, rows: list[dict[str, str]]) -> bytes:
    """Write rows under the headers of a template, which names the columns."""
    book = load_workbook(io.BytesIO(template))
    sheet = book.worksheets[0]
    columns = {str(cell.value).rstrip("*").partition("（")[0]: cell.column for cell in sheet[2] if cell.value}
    for number, row in enumerate(rows, start=sheet.max_row + 1):
        for title, value in row.items():
            sheet.cell(number, columns[title], value)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@dataclass
class Journey:
    """The state of the town between the tests.

    Attributes:
        passwords: those of its people, by the name of the account.
        cases: the numbers of cases, by what happens to them.
        notes: what was read at one moment, to be compared later.
    """

    office: Office
    passwords: dict[str, str] = field(default_factory=dict)
    cases: dict[str, str] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)
    address: str = ""
    _browsers: dict[str, Browser] = field(default_factory=dict)
    _running: ExitStack | None = None

    @property
    def pack(self) -> PackFiles:
        """The files of the town's pack."""
        return PackFiles(self.office.folder / "liuhe")

    def open_office(self) -> None:
        """Run server and worker, unless they run already; everybody has to sign in."""
        if self._running is None:
            self._running = ExitStack()
            self.address = self._running.enter_context(self.office.open())
            self._browsers.clear()

    def close_office(self) -> None:
        """Stop server and worker."""
        if self._running is not None:
            self._running.close()
            self._running = None

    def __getitem__(self, username: str) -> Browser:
        """Return the browser of a user, signed in; the password that another user knows is changed first."""
        if username not in self._browsers:
            browser = Browser(self.address)
            browser.sign_in(username, self.passwords[username])
            if "password" in browser.url:
                names = [node.attributes["name"] for node in browser.page.find_all("input", attribute="name")]
                old, *new = [name for name in names if "password" in name]
                values = {old: self.passwords[username], **dict.fromkeys(new, NEW_PASSWORD)}
                browser.send("保存", **values)
                self.passwords[username] = NEW_PASSWORD
            browser.open("/desk/")
            self._browsers[username] = browser
        return self._browsers[username]

    # -- the administrators ------------------------------------------------------------------------------------

    def add_person(self, username: str, name: str) -> None:
        """Create an account on the page of the system administrator."""
        browser = self["xitong"]
        browser.open("/desk/admin/people/new/")
        browser.send("建立账号", username=username, full_name=name)
        secret = next(node for node in browser.page.find_all("code") if node.attributes.get("id") == "secret")
        self.passwords[username] = secret.text

    def give_post(self, username: str, post: str) -> None:
        """Give a post to a user on the page of the system administrator."""
        browser = self["xitong"]
        user_id = self.find_id("accounts_user", f"username = '{username}'")
        browser.open(f"/desk/admin/people/{user_id}/")
        browser.send("安排", post=find_choice(browser, "post", f"（{post}）"))
        assert browser.status == 200, browser.text

    def end_post(self, username: str, unit: str) -> None:
        """End the post of a user in a unit on the page of the system administrator."""
        browser = self["xitong"]
        user_id = self.find_id("accounts_user", f"username = '{username}'")
        browser.open(f"/desk/admin/people/{user_id}/")
        row = next(node for node in browser.page.find_all("tr") if unit in node.text)
        holding = next(node for node in row.find_all("input") if node.attributes.get("name") == "holding")
        browser.send("/take/", holding=holding.attributes["value"])

    # -- cases -------------------------------------------------------------------------------------------------

    def find_id(self, table: str, condition: str) -> int:
        """Return the number of a row, which the options of a form have as their values."""
        ((pk,),) = self.office.query(f"SELECT id FROM {table} WHERE {condition}")
        return int(pk)

    def find_area(self, code: str) -> int:
        """Return the number of an area of the town by the end of its code."""
        return self.find_id("places_area", f"code = '{TOWN}{code}'")

    def report(self, name: str, detail: str, *, by: str = "paiqian", area: str = "", **fields: object) -> str:
        """File a case by the form of intake; return its number."""
        browser = self[by]
        browser.open("/desk/cases/new/")
        if area:
            fields["area"] = self.find_area(area)
        browser.send("intake", detail=detail, sure="1", **fields)
        number = re.search(r"/desk/cases/(2\d{3}-\d+)/", browser.url)
        assert number, f"{browser.url}\n{browser.text[:1500]}"
        self.cases[name] = number[1]
        return number[1]

    def move(self, by: str, name: str, code: str, **fields: object) -> str:
        """Make a move on a case by its form; return the text of the page that follows."""
        browser, number = self[by], self.cases[name]
        browser.open(f"/desk/cases/{number}/?move={code}")
        files = {"photos": make_photo()} if code in {"HANDLE", "SELF_HANDLE"} else {}
        browser.send(f"/moves/{code}/", files=files, **fields)
        assert f"done={code}" in browser.url, f"{code} of {name}: {browser.url}\n{browser.text[:1500]}"
        return browser.text

    def dispatch(self, name: str, category: str) -> None:
        """Accept a case in a category and dispatch it by the duty list."""
        row = self.find_id("cases_category", f"kind = 'MATTER' AND code = '{category}'")
        self.move("paiqian", name, "ACCEPT", category=row)
        self.move("paiqian", name, "DISPATCH")

    def finish(self, name: str, handler: str, helper: str = "") -> None:
        """Take a dispatched case until it is closed."""
        self.move(handler, name, "TAKE")
        if helper:
            self.move(helper, name, "HELPED", result="已协助。")
        self.move(handler, name, "HANDLE", result="已处理。")
        self.move("ducha", name, "CHECK_PASS", note="已看过现场。")
        self.move("zhiban", name, "CLOSE", reply="已办结，谢谢您的反映。")


def find_choice(browser: Browser, name: str, words: str) -> str:
    """Return the value of the option with these words in a field of the open page."""
    for select in browser.page.find_all("select"):
        if select.attributes.get("name") == name:
            values = [o.attributes["value"] for o in select.find_all("option") if words in o.text]
            assert values, f"{name} offers no {words!r}: {select.text[:800]}"
            return values[0]
    raise AssertionError(f"{browser.url} has no field {name}")


def list_lifts(day: Journey) -> list[dict[str, str]]:
    """Return lifts in the grids that will change; some have a point, the others a grid only."""
    codes = {"L1": "001001", "L2": "001003", "L3": "001003", "L4": "002001", "L5": "002002", "L6": "003001"}
    rows = [
        {"注册代码": key, "名称": f"{key} 号电梯", "社区、网格": f"{TOWN}{code}"}
        for key, code in codes.items()
    ]
    lon, lat = day.pack.find_point(f"{TOWN}003001")
    rows.append({**rows[-1], "注册代码": "L7", "名称": "L7 号电梯", "经度": f"{lon}", "纬度": f"{lat}"})
    return [{**row, "安装年份": "2005", "上次检验日期": "2020-03-01"} for row in rows]
