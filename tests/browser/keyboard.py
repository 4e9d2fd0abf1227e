"""A user who has no mouse: Tab until the focus is there, then Enter, Space or letters."""

from playwright.sync_api import Locator, Page

MOST_TABS = 120
# The fault of the element with the focus, "" where a user sees which element it is.
FOCUS_FAULT = """() => {
  const element = document.activeElement;
  if (!element || element === document.body) return "";
  const name = element.outerHTML.slice(0, 120);
  const shown = [element, element.closest("label")].filter(Boolean);
  const ring = (one) => {
    const style = getComputedStyle(one);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  };
  if (!shown.some(ring)) return `no visible focus: ${name}`;
  const box = (shown.find((one) => one.getBoundingClientRect().width > 2) ?? element).getBoundingClientRect();
  const [x, y] = [box.left + box.width / 2, box.top + Math.min(box.height / 2, 20)];
  const top = document.elementFromPoint(x, y);
  if (!top) return `focus outside of the window: ${name}`;
  if (!shown.some((one) => one.contains(top) || top.contains(one)))
    return `focus hidden behind ${top.outerHTML.slice(0, 60)}: ${name}`;
  return "";
}"""


def tab_to(target: Locator) -> None:
    """Press Tab until the target has the focus; fail where the focus is invisible on the way, or never arrives."""
    page: Page = target.page
    target.wait_for(state="attached")
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        fault = page.evaluate(FOCUS_FAULT)
        assert not fault, fault
        if target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"{MOST_TABS} presses of Tab do not reach {target}")


def type_into(target: Locator, text: str) -> None:
    """Go to a field by Tab and type a text."""
    tab_to(target)
    target.page.keyboard.type(text)


def press(target: Locator, key: str = "Enter") -> None:
    """Go to a control by Tab and press a key."""
    tab_to(target)
    target.page.keyboard.press(key)
