"""axe-core, the program that checks a page against the rules of WCAG 2.2 A and AA."""

import pytest
from playwright.sync_api import Page

try:
    from axe_playwright_python.base import AXE_SCRIPT
except ImportError:
    pytest.skip("axe is not installed: make setup", allow_module_level=True)

WCAG = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
OPTIONS = {"runOnly": WCAG, "resultTypes": ["violations"], "preload": False}
RUN = """async (options) => (await axe.run(document, options)).violations
  .flatMap((rule) => rule.nodes.map((node) => [rule.id, node.target.flat().join(" "), node.html.slice(0, 140),
    [...node.any, ...node.all, ...node.none][0]?.message ?? ""].join(" | ")))"""


def find_violations(page: Page) -> list[str]:
    """Return a line for each element that violates a rule: the rule, the element, its HTML and the reason."""
    page.evaluate(f"{AXE_SCRIPT};0")  # by the debugger, which the CSP of the page does not bind
    lines: list[str] = page.evaluate(RUN, OPTIONS)
    return lines
