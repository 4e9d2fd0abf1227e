"""The site as a browser of 2020 shows it: what Chromium 83 cannot read is taken out of the pages before they are drawn.

Browsers of that age are on Windows 7 and on the older domestic systems. As the standards prescribe, they skip a rule
with an unknown selector, a declaration with an unknown property or value, and a script with unknown syntax. Here all
scripts are left out, although an old browser may run some of them.
"""

import re

from playwright.sync_api import BrowserContext, Route

from tools.css_tools import split_blocks, split_top

SELECTOR = re.compile(r":(has|is|where|focus-visible|modal|popover-open)\b")
PROPERTY = re.compile(
    r"^\s*(inset|aspect-ratio|accent-color|(margin|padding)-(inline|block)|translate|scale|rotate)\s*:"
)
VALUE = re.compile(r"color-mix\(|light-dark\(|oklch\(|\d[ds]v[hw]\b|overflow\s*:\s*clip")
CONDITION = re.compile(r"@container|@layer|@media[^{]*[<>]")
FLEX, GAP = re.compile(r"display\s*:\s*(inline-)?flex"), re.compile(r"^\s*(row-|column-)?gap\s*:")
SCRIPT = re.compile(r"<script\b[^>]*\bsrc=[^>]*>\s*</script>")


def age_css(css: str) -> str:
    """Return what a browser of 2020 keeps of a style sheet."""
    blocks = split_blocks(re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL))
    return "".join(_age_block(prelude, body) for prelude, body in blocks)


def _age_block(prelude: str, body: str) -> str:
    if prelude.startswith("@supports"):
        is_met = ("not" in prelude.split()) == bool(SELECTOR.search(prelude) or VALUE.search(prelude))
        return age_css(body) if is_met else ""
    if CONDITION.match(prelude) or SELECTOR.search(prelude):
        return ""
    if prelude.startswith("@media"):
        return f"{prelude}{{{age_css(body)}}}"
    if prelude.startswith("@"):
        return f"{prelude}{{{body}}}"
    is_flex = bool(FLEX.search(body))
    lines = [line for line in split_top(body, ";") if not (PROPERTY.match(line) or VALUE.search(line))]
    return f"{prelude}{{{';'.join(line for line in lines if not (is_flex and GAP.match(line)))}}}"


def make_old(context: BrowserContext) -> None:
    """Let the pages of a context look as in a browser of 2020."""

    def age(route: Route) -> None:
        kind = route.request.resource_type
        if kind == "script":
            route.abort()
            return
        answer = route.fetch(max_redirects=0)
        if kind == "stylesheet":
            route.fulfill(response=answer, body=age_css(answer.text()))
        elif kind == "document" and answer.headers.get("content-type", "").startswith("text/html"):
            route.fulfill(response=answer, body=SCRIPT.sub("", answer.text()))
        else:
            route.fulfill(response=answer)

    context.route("**/*", age)
