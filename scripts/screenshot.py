"""Makes docs/screenshot.png for the README: `.venv/bin/python scripts/screenshot.py`.

A site of its own in a temporary folder, the scripted model, a handful of conversations, and Chromium.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.chat import Chat
from tests.browser.chromium import FLAGS, MISSING
from tests.browser.chromium import program as chromium_program
from tests.scripted_model import Script, ScriptedModel
from tests.site import Site

PICTURE = ROOT / "docs" / "screenshot.png"
# Question, title: the older threads of the sidebar, oldest first.
OLDER = [
    ("Which trees keep their leaves?", "Evergreen trees for a small garden"),
    ("How do I descale a kettle?", "Descaling a kettle"),
    ("Translate our menu into Portuguese", "Menu in Portuguese"),
    ("What changed in PostgreSQL 18?", "What is new in PostgreSQL 18"),
    ("Plan four days in Lisbon", "A long weekend in Lisbon"),
    ("Why is bread dough sticky?", "Sticky bread dough"),
]
QUESTION = "How long does a copy take if I only move what changed? It is about 40 GB, and 3 % changes each day."
ANSWER = """\
Far less than a full copy: only **1.2 GB** travels each day. At the speed of your line that is

| What is copied | Size | At 100 Mbit/s | At 1 Gbit/s |
|:---------------|-----:|--------------:|------------:|
| Everything | 40 GB | 53 min 20 s | 5 min 20 s |
| What changed | 1.2 GB | 1 min 36 s | 10 s |

A file counts as changed when its size or its time differs, so nothing is read twice:

```python
def changed(source: Path, target: Path) -> Iterator[Path]:
    \"\"\"Files below `source` that `target` lacks or has in another version.\"\"\"
    for path in source.rglob("*"):
        twin = target / path.relative_to(source)
        if path.is_file() and (not twin.exists() or differs(path, twin)):
            yield path
```
"""


def converse(page: Page, model: ScriptedModel) -> None:
    """Fill the sidebar, then the conversation that is shown."""
    chat = Chat(page)
    for question, title in [*OLDER, (QUESTION, "Copying only what changed")]:
        model.reset()
        model.rule(QUESTION, Script(ANSWER))
        model.rule("\n\nAssistant: ", Script(title))
        page.goto("/")
        chat.ask(question)
        expect(chat.threads.first).to_have_text(title)


def main() -> None:
    """Write the picture."""
    program = chromium_program()
    if program is None:
        sys.exit(MISSING)
    provider = {"OPENAI_API_KEY": "scripted-key", "OPENAI_MODEL": "llama3.2"}
    with (
        tempfile.TemporaryDirectory() as folder,
        ScriptedModel() as model,
        Site(Path(folder) / "data", OPENAI_BASE_URL=model.url, **provider) as site,
        sync_playwright() as playwright,
    ):
        client = site.sign_up("alice@example.org")
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        context = browser.new_context(
            base_url=site.url, viewport={"width": 1440, "height": 900}, color_scheme="light", reduced_motion="reduce"
        )
        context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"], "url": site.url}])
        page = context.new_page()
        converse(page, model)
        page.evaluate("document.fonts.ready")
        page.mouse.move(1430, 10)
        page.screenshot(path=PICTURE)
        browser.close()
    print(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
