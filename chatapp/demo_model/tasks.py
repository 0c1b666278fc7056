"""Small tasks of the demo model: each takes what the person wrote and answers it, or returns None."""

from __future__ import annotations

import ast
import operator
import random
import re
import zlib
from collections.abc import Callable
from typing import Final

from chatapp.demo_model import texts

_STOP: Final = frozenset(
    re.findall(
        r"[\w']+",
        """a an the is are was were be been do does did can could would should will may might please me my
        mine you your i we us our it its this that these those of to in on at for from with about and or but
        so as by into what who which when where why how tell show give write make explain describe hello hi
        hey there some any if not have has had am i'm let lets let's know remember said""",
    )
)
_OPERATORS: Final[dict[type[ast.operator], Callable[[float, float], float]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_NOT_SO: Final = re.compile(r"(?i)\b(?:not|no longer|used to be|was)\s+(?:an?\s+|really\s+)?(?:vegan|vegetarian)\b")
_LISTS: Final = r"(?:ideas?|suggestions?|tips|examples|list|names|ways)"
_MAX_WORDS: Final = 20_000


def topic(text: str) -> str:
    """What `text` is about: up to five of its words, in their order."""
    words = [word for word in re.findall(r"[\w'’-]+", text[:2000]) if word.lower() not in _STOP]
    return " ".join(words[:5]) or shorten(text, 40) or "this"


def title(text: str) -> str:
    """A title of three to six words: the first sentence if it is that short, else what it is about."""
    first = re.split(r"(?<=[.!?])\s|\n", text[:2000].strip(), maxsplit=1)[0]
    words = re.findall(r"[\w'’+#-]+", first)
    if len(words) < 3:
        words = re.findall(r"[\w'’+#-]+", text[:2000])
    while len(words) > 6 and words[0].lower() in _STOP:
        words.pop(0)
    words = words[:6] or ["New", "conversation"]
    while len(words) > 3 and words[-1].lower() in _STOP:
        words.pop()
    found = " ".join(words)[:80]
    return found[0].upper() + found[1:]


def shorten(text: str, length: int = 100) -> str:
    """The beginning of `text` on one line."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[:length].rsplit(" ", 1)[0] + " …"


def stems(text: str) -> set[str]:
    """The meaningful words of `text`, cut to their first four letters."""
    return {word[:4] for word in re.findall(r"\w+", text.lower()) if word not in _STOP}


def known_about(facts: list[str], name: str | None) -> str:
    """A list of what is known about the person."""
    if not facts:
        return "I do not know anything about you yet. Tell me something, and I will remember it here."
    start = f"This is what I know about you, {name}:" if name else "This is what I know about you:"
    return start + "\n\n" + "\n".join(f"- {fact}" for fact in facts)


def repeat(text: str) -> str | None:
    """“Repeat after me: …”, “Say …”, “Echo …”."""
    found = re.match(r"(?is)\W*(?:please )?(?:repeat(?: after me)?|echo|say)\b\s*[:,]?\s*(.+)", text)
    if found and not re.match(r"(?i)(that|it|my name|again|something)\b", found.group(1)):
        return found.group(1).strip().strip("\"“”'")
    return None


def calculate(text: str) -> str | None:
    """Arithmetic with + - * / % and brackets."""
    plain = re.sub(r"(?i)\btimes\b|×|·", "*", text)
    plain = re.sub(r"(?i)\bplus\b", "+", plain)
    plain = re.sub(r"(?i)\bminus\b|−", "-", plain)
    plain = re.sub(r"(?i)\bdivided by\b|÷", "/", plain)
    found = re.search(r"[(\d][\d\s.+*/%()-]*[+*/%-][\d\s.+*/%()-]*[\d)]", plain)
    if not found or len(found.group()) > 200:
        return None
    wanted = re.search(r"(?i)\b(what|what's|calculate|compute|how much|solve|result)\b|=", text)
    if not wanted and found.group().strip() != plain.strip(" ?.=\n"):
        return None
    try:
        value = _value(ast.parse(found.group().strip(), mode="eval").body)
    except (SyntaxError, ValueError, ZeroDivisionError, OverflowError, RecursionError):
        return "I cannot calculate that."
    shown = str(int(value)) if value == int(value) else f"{value:.10g}"
    return f"{' '.join(found.group().split())} = **{shown}**"


def _value(node: ast.expr) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand)
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_value(node.left), _value(node.right))
    raise ValueError("not arithmetic")


def dinner(text: str, known: str) -> str:
    """An idea for a meal that suits what is `known` about the person."""
    known = _NOT_SO.sub("", known)
    needs = [
        need
        for need, pattern in (
            ("vegan", r"\bvegan\b"),
            ("vegetarian", r"\bvegetarian\b|no meat"),
            ("gluten", r"gluten|coeliac|celiac"),
            ("nut", r"\bnuts?\b|peanut"),
        )
        if re.search(pattern, f"{known} {text}", re.IGNORECASE)
    ]
    fitting = [dish for dish in texts.DISHES if all(need in dish[2].split() for need in needs)]
    dish, why, _ = fitting[zlib.crc32(text.encode(errors="replace")) % len(fitting)]
    words = {"gluten": "without gluten", "nut": "without nuts"}
    because = f" Since you eat {' and '.join(words.get(n, n) for n in needs)}, this fits." if needs else ""
    return f"How about **{dish}**? It is {why}.{because}"


def code(text: str) -> str | None:
    """A function in the language asked for."""
    if not re.search(r"(?i)\b(code|function|script|program|snippet|class|query|html page)\b", text):
        return None
    lowered = text.lower()
    name = "_".join(re.findall(r"[a-z]+", topic(re.sub(r"(?i)function|code|script|program", "", text)).lower())[:3])
    for language, body in texts.OTHER_LANGUAGES.items():
        if re.search(rf"\b{language}\b", lowered):
            return f"Here it is:\n\n```{language}\n{body.format(name=name or 'example')}```\n"
    known = next((body for key, body in texts.FUNCTIONS.items() if key in lowered), None)
    if known is None:
        if "function" not in lowered and "python" not in lowered:
            return None
        known = (
            f"def {name or 'example'}(items: list[str]) -> list[str]:\n"
            f'    """Return the items that are not empty, trimmed."""\n'
            f"    return [item.strip() for item in items if item.strip()]\n"
        )
    return f"Here is a Python function:\n\n```python\n{known}```\n\nIt needs nothing but the standard library."


def mathematics(text: str) -> str | None:
    """A formula in TeX."""
    if not re.search(r"(?i)\b(math|maths|formula|equation|theorem|integral|identity|sum of)\b", text):
        return None
    lowered = text.lower()
    return next((body for key, body in texts.FORMULAS.items() if key in lowered), texts.FORMULAS["quadratic"])


def table(text: str) -> str | None:
    """A Markdown table."""
    if not re.search(r"(?i)\b(table|compare|comparison)\b", text):
        return None
    lowered = text.lower()
    found = next((body for key, body in texts.TABLES.items() if key in lowered), None)
    if found is None:
        words = [word for word in topic(text).split() if word.lower() not in ("table", "compare")] or ["item"]
        rows = "\n".join(f"| {word} | {len(word)} | {'yes' if len(word) % 2 else 'no'} |" for word in words)
        found = f"| Word | Letters | Odd |\n|---|---:|---|\n{rows}"
    return f"Here is a table:\n\n{found}"


def long_text(text: str) -> str | None:
    """A text of the length asked for: “500 words about …”, “a long story”."""
    counted = re.search(r"(?i)\b(\d[\d,.]*)[ -]words?\b", text)
    wanted = re.search(r"(?i)\b(story|essay|article|poem|blog post|long (answer|text))\b", text)
    if not counted and not wanted:
        return None
    long = re.search(r"(?i)\b(very )?long\b", text)
    count = 900 if long and long.group(1) else 600 if long else 180
    if counted:
        count = min(int(re.sub(r"\D", "", counted.group(1)) or 0) or count, _MAX_WORDS)
    about = re.search(r"(?i)\babout (.+?)(?: (?:in|with) \d.*)?[.!?]*$", text.strip())
    return _tale(
        shorten(about.group(1), 60) if about else "the thread",
        count,
        zlib.crc32(text.encode(errors="replace")),
    )


def _tale(about: str, count: int, seed: int) -> str:
    # The same question gets the same story.
    chance = random.Random(seed)  # noqa: S311 -- nothing secret
    words = 0
    paragraphs: list[str] = []
    while words < count:
        paragraph: list[str] = []
        for _ in range(5):
            action = chance.choice(texts.ACTIONS).format(topic=about)
            start, subject = chance.choice(texts.STARTS), chance.choice(texts.SUBJECTS)
            sentence = f"{start}, {subject} {action}, {chance.choice(texts.ENDINGS)}."
            paragraph += sentence.split()[: max(0, count - words - len(paragraph))]
        words += len(paragraph)
        heading = f"## Part {len(paragraphs) // 3 + 1}\n\n" if len(paragraphs) % 3 == 0 and count > 300 else ""
        paragraphs.append(heading + " ".join(paragraph))
    return "\n\n".join(paragraphs)


def ideas(text: str) -> str | None:
    """A list, as long as asked for."""
    found = re.search(
        r"(?i)\b(?:(\d{1,2}|three|five|ten) )?(?:\w+ )?(ideas?|suggestions?|tips|examples|list|names|ways)\b",
        text,
    )
    if not found:
        return None
    number = {"three": 3, "five": 5, "ten": 10}.get((found.group(1) or "").lower()) or int(found.group(1) or 5)
    about = topic(re.sub(r"(?i)\b(ideas?|suggestions?|tips|examples|list|names|ways|three|five|ten|\d+)\b", "", text))
    lines = [f"{n}. {texts.WAYS[(n - 1) % len(texts.WAYS)]} {about}" for n in range(1, min(number, 30) + 1)]
    return "Here are some ideas:\n\n" + "\n".join(lines)
