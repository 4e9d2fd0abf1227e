"""Take the pictures of docs/images from the demonstration data, in Debian's Chromium.

python tools/screenshots.py [FOLDER]

The town is created in a temporary folder (JIEDAO_SCREENSHOT_DATA names a folder to use again), served at a free port,
and photographed as its users see it. Pictures have at most 128 colours, so that the files are small.
"""

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

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "jiedao-demo"  # noqa: S105 (printed by `jiedao demo`)
ARGUMENTS = ["--no-sandbox", "--disable-gpu"]
DESK, PHONE = (1280, 800), (390, 844)


@dataclass(frozen=True)
class Picture:
    """A picture: its file, user, page, the text that the page must contain, the window size, and what to open first."""

    name: str
    who: str
    path: str
    wait: str = "main"
    size: tuple[int, int] = DESK
    click: str = ""
    fill: tuple[tuple[str, str], ...] = ()  # fields of a form that is sent first: name and value


PICTURES = [
    Picture("home", "zhiban", "/desk/", "#waiting .j-queue__item"),
    Picture("dispatcher", "paiqian", "/desk/dispatcher/?state=REPORTED", ".j-pick button"),
    Picture("list", "zhiban", "/desk/cases/?q=消防通道", "tr[data-row]"),
    Picture("map", "zhiban", "/desk/map/", "jd-map.is-live"),
    Picture("board", "lingdao", "/desk/board/?from=2020-04-01&to=2020-06-30", "jd-chart canvas"),
    Picture("phone", "wangge", "/desk/", "#waiting .j-queue__item", size=PHONE),
    # a case that waits for the return visit, because it has a long timeline
    Picture("case", "huifang", "/desk/", ".j-case", click="section:has(#todo-VISIT) a.j-queue__item"),
    Picture("register", "lingdao", "/desk/registers/rental_buildings/", "tr[data-row]"),
    Picture("inspection", "wangge", "/desk/inspections/", "main form", size=PHONE, click="tr[data-row] a"),
    Picture("project", "lingdao", "/desk/projects/XIANGGE/", ".prj-gantt"),
    Picture(
        "report",
        "zhiban",
        "/desk/reports/new/",
        ".rep-paper",
        fill=(("template", "half-year"), ("period", "2020H1")),
    ),
    Picture("campaign", "lingdao", "/desk/promises/campaigns/stock/?on=2020-06-30", "main .j-panel"),
]


def free_port() -> int:
    """Return a port that no process uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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


def sign_in(page: Page, address: str, who: str) -> None:
    """Sign in as a user of the demonstration."""
    page.goto("about:blank")
    page.context.clear_cookies()
    page.goto(f"{address}/accounts/sign-in/")
    page.fill("#id_username", who)
    page.fill("#id_password", PASSWORD)
    page.press("#id_password", "Enter")
    page.wait_for_url("**/desk/**")


def take_picture(page: Page, address: str, picture: Picture, folder: Path) -> None:
    """Take a picture and save it."""
    width, height = picture.size
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    sign_in(page, address, picture.who)
    page.goto(address + picture.path)
    for name, value in picture.fill:
        field = page.locator(f"main [name={name}]")
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    if picture.fill:
        page.locator("main button.btn-primary").click()
    if picture.click:
        page.locator(picture.click).first.click()
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


def main(folder: Path) -> None:
    """Take all pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    with tempfile.TemporaryDirectory() as temporary_folder:
        server = run_demo(os.environ.get("JIEDAO_SCREENSHOT_DATA", temporary_folder), port)
        try:
            with sync_playwright() as playwright:
                program = os.environ.get("CHROMIUM", "/usr/bin/chromium")
                browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
                page = browser.new_page(locale="zh-CN", timezone_id="Asia/Shanghai", device_scale_factor=1)
                for picture in PICTURES:
                    take_picture(page, f"http://127.0.0.1:{port}", picture, folder)
                browser.close()
        finally:
            server.terminate()
            server.wait(20)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "docs" / "images").resolve())
