"""Going about a page by Tab, with a look at whether one can see where one is."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

# Whether something around the focus shows where it is: its own edge, or that of the surface it is part of.
FOCUS_IS_SEEN = """() => {
  const edged = (element) => {
    const style = getComputedStyle(element);
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1.5) || style.boxShadow !== "none";
  };
  const focused = document.activeElement;
  return focused !== document.body && (edged(focused) || edged(focused.parentElement));
}"""


def tab_to(page: Page, wanted: Locator, key: str = "Tab") -> None:
    """Press Tab until the focus is there; the focus must be seen at every stop."""
    expect(wanted.first).to_be_attached()
    for _ in range(60):
        page.keyboard.press(key)
        here = page.evaluate("document.activeElement.outerHTML.slice(0, 120)")
        assert page.evaluate(FOCUS_IS_SEEN), f"the focus is not seen on {here}"
        if wanted.first.evaluate("(element) => element === document.activeElement"):
            return
    raise AssertionError("Tab does not lead there.")
