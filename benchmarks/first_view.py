"""The first view of the phone's pages in Chromium, on a processor slowed four times, against an empty page.

Each page is opened in a new browser context, so that nothing is cached and no service worker answers. Beside the first
contentful paint, the start of the app is measured until it shows the work of the day.
"""

import statistics
from dataclasses import dataclass

from playwright.sync_api import Browser, sync_playwright

from benchmarks.report import Line
from benchmarks.servers import Office, Server, prepare_office, run_server

CASES = 500  # the bundle of a day holds at most some hundred
SLOWER = 4
ROUNDS = 5
MOST_MS = 1000
EMPTY = "empty page"
PHONE = {"viewport": {"width": 360, "height": 780}, "is_mobile": True, "has_touch": True, "locale": "zh-CN"}
FIRST_PAINT = """() => new Promise((done) => new PerformanceObserver((list) => {
  const paint = list.getEntriesByName("first-contentful-paint")[0];
  if (paint) done(paint.startTime);
}).observe({ type: "paint", buffered: true }))"""
SHOWS_DAY = "() => document.querySelector('main h1 small') ? performance.now() : false"


@dataclass(frozen=True)
class View:
    """A page, and the script that returns when its content is complete, "" where the first paint is all of it."""

    path: str
    complete: str = ""


VIEWS = {
    EMPTY: View("/static/empty.html"),
    "public's site, start": View("/"),
    "phone app, start": View("/field/", SHOWS_DAY),
}


def measure(vendor: str) -> list[Line]:
    """Return the median of the first paint of each page, as a multiple of the empty page's."""
    with prepare_office(vendor) as office:
        office.run("benchmarks.fill", str(CASES))
        static = office.folder / "static"
        static.mkdir(exist_ok=True)
        (static / "empty.html").write_text(
            "<!doctype html><title>empty</title><p>empty</p>", encoding="utf-8"
        )
        with run_server(office) as server, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium")
            _open(browser, office, server, VIEWS["phone app, start"])  # fills what the server caches
            times = {
                name: [_open(browser, office, server, view) for _round in range(ROUNDS)]
                for name, view in VIEWS.items()
            }
            browser.close()
    empty = statistics.median(paint for paint, _complete in times[EMPTY])
    return [_describe(vendor, name, rounds, empty) for name, rounds in times.items()]


def _open(browser: Browser, office: Office, server: Server, view: View) -> tuple[float, float]:
    """Return the milliseconds until the first contentful paint, and until the content is complete."""
    address = f"http://127.0.0.1:{server.port}"
    context = browser.new_context(**PHONE)  # type: ignore[arg-type]
    context.add_cookies([{"name": "sessionid", "value": office.session, "url": address}])
    try:
        page = context.new_page()
        context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        page.goto(address + view.path)
        paint = float(page.evaluate(FIRST_PAINT))
        complete = page.wait_for_function(view.complete).json_value() if view.complete else paint
        return paint, float(complete)
    finally:
        context.close()


def _describe(vendor: str, name: str, rounds: list[tuple[float, float]], empty: float) -> Line:
    paint = statistics.median(row[0] for row in rounds)
    complete = statistics.median(row[1] for row in rounds)
    result = f"first paint {paint:.0f} ms"
    if complete > paint:
        result += f", work of the day {complete:.0f} ms"
    return Line(
        f"{vendor}, first view at a {SLOWER}th of the speed: {name}",
        result,
        f"{paint / empty:.1f} times the empty page",
        f"< {MOST_MS} ms" if name != EMPTY else "",
        paint < MOST_MS if name != EMPTY else None,
    )
