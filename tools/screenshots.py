"""Take the pictures of docs/images from the demonstration data, in Debian's Chromium.

python tools/screenshots.py [--only NAME] [FOLDER]

The town is created in a temporary folder (JIEDAO_SCREENSHOT_DATA names one to use again), served at a free port,
and photographed as its users see it. Pictures have at most 128 colours, so that the files are small.
"""

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from jiedao.testing.ports import find_free_port

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "jiedao-demo"  # noqa: S105 (printed by `jiedao demo`)
# The language of date fields is that of the browser, which needs Debian's chromium-l10n for another than English.
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--lang=zh-CN"]
DESK, PHONE = (1280, 800), (390, 844)


@dataclass(frozen=True)
class Picture:
    """A picture.

    Attributes:
        name: the name of its file without the suffix.
        username: the user who sees the page; "" for a visitor of the public's site.
        path: the address of the first page.
        wait: the selector of what the last page must contain before the picture is taken.
        size: the size of the window.
        clicks: the selectors of the links that lead from the first page to the last.
    """

    name: str
    username: str
    path: str
    wait: str = "main"
    size: tuple[int, int] = DESK
    clicks: tuple[str, ...] = ()
    fill: tuple[tuple[str, str], ...] = ()  # fields of a form that is sent first: name and value


VISIT_ITEM = "section:has(#todo-VISIT) a.j-queue__item"
PICTURES = [
    Picture("home", "zhiban", "/desk/", "#waiting .j-queue__item"),
    # the fifth case: the first ones are obstacles of projects, which have a category and hence no suggestions
    Picture(
        "dispatcher",
        "paiqian",
        "/desk/dispatcher/?state=REPORTED",
        ".j-pick button .j-sure",
        clicks=(".j-desk__list a.j-queue__item >> nth=4",),
    ),
    Picture("list", "zhiban", "/desk/cases/?due=soon", "tr[data-row]"),
    Picture("search", "zhiban", "/desk/search/?q=翔鸽路", ".s-hit"),
    Picture("map", "zhiban", "/desk/map/", "jd-map.is-live"),
    Picture("board", "lingdao", "/desk/board/?from=2020-04-01&to=2020-06-30", "jd-chart canvas"),
    Picture("overview", "lingdao", "/desk/overview/", ".ov-tile", size=(1366, 900)),
    Picture("figure", "lingdao", "/desk/figures/cases.on_time_rate/?period=2020-06", "jd-chart canvas"),
    Picture("phone", "wangge", "/desk/", "#waiting .j-queue__item", size=PHONE),
    Picture("visit", "huifang", "/desk/", "#call, .desk-reason", clicks=(VISIT_ITEM,)),
    Picture(
        "case", "zhiban", "/desk/", ".j-case", clicks=("section:has(#todo-CHECK) a.j-queue__item >> nth=1",)
    ),
    Picture("register", "lingdao", "/desk/registers/rental_buildings/", "tr[data-row]"),
    Picture(
        "inspection", "wangge", "/desk/inspections/", "main form", size=PHONE, clicks=("tr[data-row] a",)
    ),
    Picture("project", "lingdao", "/desk/projects/XIANGGE/", ".prj-gantt"),
    Picture(
        "report",
        "zhiban",
        "/desk/reports/new/",
        ".desk-paper",
        fill=(("template", "half-year"), ("period", "2020H1")),
    ),
    Picture("portal", "", "/", ".p-tile", size=PHONE),
    Picture("field", "wangge", "/field/", "main li a", size=PHONE),
    Picture("campaign", "lingdao", "/desk/promises/campaigns/stock/?on=2020-06-30", "main .j-panel"),
]


def run_demo(data: str, port: int) -> subprocess.Popen[bytes]:
    """Create the town in the folder and serve it; return the server once it answers."""
    environment = {**os.environ, "JIEDAO_DATA": data}
    jiedao = [sys.executable, "-m", "jiedao"]
    subprocess.run(
        [*jiedao, "demo", "--no-serve"], env=environment, cwd=ROOT, check=True, stdout=subprocess.DEVNULL
    )
    server = subprocess.Popen([*jiedao, "serve", "--port", str(port)], env=environment, cwd=ROOT)
    for _attempt in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return server
    server.terminate()
    sys.exit("the server did not start")


def sign_in(page: Page, address: str, username: str) -> None:
    """Sign in as a user of the demonstration."""
    page.goto("about:blank")
    page.context.clear_cookies()
    page.goto(f"{address}/accounts/sign-in/")
    page.fill("#id_username", username)
    page.fill("#id_password", PASSWORD)
    page.press("#id_password", "Enter")
    page.wait_for_url("**/desk/**")


def take_picture(page: Page, address: str, picture: Picture, folder: Path) -> None:
    """Take a picture and save it."""
    width, height = picture.size
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    if picture.username:
        sign_in(page, address, picture.username)
    else:
        page.context.clear_cookies()
    page.goto(address + picture.path)
    for name, value in picture.fill:
        field = page.locator(f"main [name={name}]")
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    if picture.fill:
        page.locator("main button.btn-primary").click()
    for selector in picture.clicks:
        page.locator(selector).first.click()
    page.locator(picture.wait).first.wait_for(timeout=30_000)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(800)  # until the live map and the charts have drawn their last frame
    path = folder / f"{picture.name}.png"
    page.screenshot(path=path, animations="disabled")
    with Image.open(path) as image:
        small = image.convert("RGB").quantize(128, dither=Image.Dither.NONE)
    small.save(path, optimize=True)
    sys.stderr.write(
        f"{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}: {path.stat().st_size // 1000} kB\n"
    )


def main(folder: Path, names: list[str]) -> None:
    """Take the pictures with these names, all without names."""
    folder.mkdir(parents=True, exist_ok=True)
    port = find_free_port()
    with tempfile.TemporaryDirectory() as temporary_folder:
        server = run_demo(os.environ.get("JIEDAO_SCREENSHOT_DATA", temporary_folder), port)
        try:
            with sync_playwright() as playwright:
                program = os.environ.get("CHROMIUM", "/usr/bin/chromium")
                browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
                page = browser.new_page(locale="zh-CN", timezone_id="Asia/Shanghai", device_scale_factor=1)
                for picture in PICTURES:
                    if names and picture.name not in names:
                        continue
                    take_picture(page, f"http://127.0.0.1:{port}", picture, folder)
                browser.close()
        finally:
            server.terminate()
            server.wait(20)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "docs" / "images")
    parser.add_argument("--only", action="append", default=[], choices=[picture.name for picture in PICTURES])
    options = parser.parse_args()
    main(options.folder.resolve(), options.only)
