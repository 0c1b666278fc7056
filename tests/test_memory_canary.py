"""Marked text goes through every page of memory and preferences, and is found nowhere: in no table, log or address."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from uuid import uuid4

from chatapp.models import User
from memory import exchange, memories, store
from memory.entries import KINDS
from tests.database_dump import activity, dump, found_in
from tests.sockets import Visitor
from tests.test_canary import Logs, logged
from tests.test_threads import TOKEN, post

__all__ = ["logged"]

MARKED = (
    *("added", "edited", "edited_again", "searched", "thrown", "name", "about", "instructions", "language"),
    *("previewed", "imported", "left_out", "too_long", "file", "undone"),
)


def test_marked_text_of_the_pages_is_nowhere(visit: Callable[[User], Visitor], alice: User, logged: Logs) -> None:
    marks = {name: f"canary{uuid4().hex[:14]}" for name in MARKED}
    visitor = visit(alice)
    answers: list[str] = []

    def send(path: str, **form: str) -> str:
        answer = post(visitor, path, form=form)
        assert answer.status_code in (200, 302), (path, answer.status_code)
        answers.append(answer.text)
        return str(answer.headers.get("location", ""))

    for name in ("added", "thrown", "undone"):
        send("/memory/add/", text=f"My {marks[name]}")
    send("/memory/add/", text=marks["too_long"] * 60)
    undone, thrown, added = memories.page(alice.pk)[0]
    for name in ("edited", "edited_again"):
        send(f"/memory/{added.id}/", text=f"My {marks[name]}")
    effect = {"kind": "saved", "memory": str(undone.id), "version": 1}
    assert post(visitor, "/memory/undo", effect).status_code == 204
    send("/memory/choose/", trash=str(thrown.id))
    send("/memory/", q=marks["searched"])
    send("/memory/choose/", pin=str(added.id), q=marks["searched"])
    assert visitor.http.get(f"/memory/items?ids={added.id}").status_code == 200
    own = {name: marks[name] for name in ("name", "about", "instructions", "language")}
    send("/preferences/", theme="dark", memory="on", **own)
    send("/preferences/", theme="dark", about=marks["previewed"], preview="1")

    headers = {"cookie": f"{visitor.cookie}; csrftoken={TOKEN}", "x-csrftoken": TOKEN}
    rows = [marks["imported"], marks["left_out"] * 60]
    for data in (json.dumps(rows).encode(), f"[{marks['file']}".encode()):
        answer = visitor.http.post("/memory/import/", files={"file": (f"{marks['file']}.json", data)}, headers=headers)
        answers.append(
            visitor.http.get(answer.headers["location"]).text if answer.has_redirect_location else answer.text
        )
    staged = exchange.stage(alice.pk, json.dumps([marks["imported"]]).encode())
    midway = [*dump(), *(("activity", query) for query in activity())]
    send(f"/memory/import/{staged}/")
    seen = ("/memory/", "/memory/trash/", f"/memory/{added.id}/", "/preferences/")
    answers += [visitor.http.get(path).text for path in seen]

    # The words were really there.
    shown = " ".join(answers)
    unseen = {"left_out", "file"}  # refused
    assert {name for name, mark in marks.items() if mark not in shown} <= unseen
    shelf = store.of(alice.pk)
    kept = json.dumps([[kind, [item.value for item in shelf.all(kind).values()]] for kind in (*KINDS, "preferences")])
    passing = {"searched", "previewed", "left_out", "file", "too_long"}
    assert {name for name, mark in marks.items() if mark not in kept} == passing

    places = dict.fromkeys(place for place, _ in dump())
    assert {"store.value", "store.key", "store.prefix", "django_session.session_data"} <= set(places)
    assert found_in(midway, marks.values()) == set()
    assert found_in(dump(), marks.values()) == set()
    assert found_in((("activity", query) for query in activity()), marks.values()) == set()
    assert len(logged.lines) > 20
    assert found_in(logged.lines, marks.values()) == set()
    # Nothing that a person wrote stands in an address, where proxies and histories would keep it.
    addresses = " ".join(re.findall(r'(?:href|action|formaction)="([^"]*)"', shown))
    assert not [name for name, mark in marks.items() if mark in addresses]
