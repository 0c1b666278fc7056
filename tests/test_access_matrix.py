"""Who may do what: every address, every socket command and every task stands here, or a test fails.

Nobody but the owner gets anything from an address of a thread, an administrator neither; and what is not theirs looks
exactly like what does not exist.
"""

from __future__ import annotations

import ast
import functools
import inspect
import json
import re
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, cast
from uuid import UUID, uuid4

import httpx
import pytest
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from procrastinate.contrib.django import app as queue

from chatapp import keys, threads
from chatapp.models import Message, Run, Thread, User
from chatapp.streaming import commands, protocol
from chatapp.streaming.consumer import ThreadConsumer
from chatapp.web import ops
from memory import exchange, memories
from memory.memories import Memory
from tests.planted_memories import keep
from tests.planted_threads import Planted, plant, plant_asking, plant_queued, plant_run
from tests.sockets import ALL, Json, Visitor
from tests.test_threads import soon

Visit = Callable[[User | None], Visitor]
TO_LOGIN: Final = 302
TOKEN = "a" * 32
CLOCK = re.compile(r"\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT")


@dataclass(frozen=True)
class Expected:
    """The status for the owner, for another user, for nobody signed in, and for an administrator."""

    owner: int
    other: int
    nobody: int
    administrator: int


OWN_PAGE = Expected(200, 200, TO_LOGIN, 200)  # shows only what belongs to whoever asks
PAGE = Expected(200, 404, TO_LOGIN, 404)
PAGE_FORM = Expected(302, 404, TO_LOGIN, 404)
OWN_FORM = Expected(302, 302, TO_LOGIN, 302)  # changes only what belongs to whoever asks
JSON = Expected(200, 404, 401, 404)
JSON_VERB = Expected(204, 404, 401, 404)
MOVED = Expected(301, 301, 301, 301)
REDIRECT = Expected(302, 302, 302, 302)
NO_GET = Expected(405, 405, 405, 405)
NO_GET_PAGE = Expected(405, 405, TO_LOGIN, 405)
NO_POST = Expected(405, 405, 405, 405)
NO_POST_PAGE = Expected(405, 405, TO_LOGIN, 405)

# Name of the address → by GET, by POST. Those with a thread id are asked with the owner's.
ADDRESSES: dict[str, tuple[Expected, Expected]] = {
    "new_chat": (OWN_PAGE, NO_POST_PAGE),
    "thread": (PAGE, NO_POST_PAGE),
    "thread_state": (JSON, NO_POST),
    "thread_messages": (JSON, NO_POST),
    "thread_branches": (JSON, NO_POST),
    "thread_show": (NO_GET, JSON),
    "thread_label": (NO_GET, JSON_VERB),
    "thread_fork": (NO_GET, JSON),
    "thread_rename": (NO_GET, JSON),
    "thread_trash": (NO_GET, JSON_VERB),
    "thread_restore": (NO_GET, JSON),
    "thread_delete": (NO_GET, JSON_VERB),
    "thread_seen": (NO_GET, JSON_VERB),
    "thread_access": (PAGE, NO_POST_PAGE),
    "threads": (Expected(200, 200, 401, 200), NO_POST),
    "trash": (OWN_PAGE, NO_POST_PAGE),
    "trash_restore": (NO_GET_PAGE, PAGE_FORM),
    "trash_delete": (NO_GET_PAGE, PAGE_FORM),
    "settings": (OWN_PAGE, REDIRECT),
    "theme": (NO_GET, REDIRECT),
    "session_end": (NO_GET_PAGE, PAGE_FORM),
    "account_delete": (OWN_PAGE, Expected(200, 200, TO_LOGIN, 200)),  # without the password: the form again
    "memory": (OWN_PAGE, OWN_PAGE),  # a POST searches
    "memory_add": (NO_GET_PAGE, Expected(200, 200, TO_LOGIN, 200)),  # without a text: the form again
    "memory_choose": (NO_GET_PAGE, OWN_FORM),
    "memory_items": (Expected(200, 200, 401, 200), NO_POST),
    "memory_undo": (NO_GET, JSON_VERB),
    "memory_trash": (OWN_PAGE, NO_POST_PAGE),
    "memory_trash_choose": (NO_GET_PAGE, OWN_FORM),
    "memory_export": (OWN_PAGE, NO_POST_PAGE),
    "memory_import": (OWN_PAGE, Expected(200, 200, TO_LOGIN, 200)),  # without a file: the form again
    "memory_staged": (Expected(200, 302, TO_LOGIN, 302), PAGE_FORM),
    "memory_discard": (NO_GET_PAGE, OWN_FORM),
    "memory_delete": (OWN_PAGE, OWN_FORM),
    "memory_one": (PAGE, PAGE_FORM),
    "memory_version": (NO_GET_PAGE, PAGE_FORM),
    "preferences": (OWN_PAGE, OWN_FORM),
    "favicon": (MOVED, MOVED),
}
# For the operator's programs, answered before Django and whoever asks; /metrics to this machine itself, as here, or for
# its token (tests/test_operations.py).
PROBES = {"/healthz": 200, "/readyz": 200, "/metrics": 200}
# Everything of allauth acts on whoever is signed in, except these two, which are opened by a secret from a mail.
ALLAUTH, ADMIN = "accounts/", "admin/"
# Tells the threads' ids, and nothing of what is in them.
THREADS = "admin:chatapp_thread_changelist"
SECRET_ADDRESSES = {"account_confirm_email", "account_reset_password_from_key"}
# What the administration may show. Content is not among it, and neither are keys.
ADMINISTERED = {"chatapp.user", "auth.group", "account.emailaddress", "mfa.authenticator", "usersessions.usersession"}
# Threads by their ids, and who looked into them (tests/test_inspector_access.py).
ADMINISTERED |= {"chatapp.thread", "chatapp.auditentry"}
ADMINISTERED |= {"procrastinate.procrastinatejob", "procrastinate.procrastinateevent"}
ADMINISTERED |= {"procrastinate.procrastinateperiodicdefer", "procrastinate.procrastinateworker"}

# Command → its parameters, from what the owner has.
COMMANDS: dict[str, Callable[[Planted, Run], Json]] = {
    "subscription.subscribe": lambda *_: {"channels": ALL, "since": 0},
    "subscription.reconnect": lambda *_: {"channels": ALL, "since": 0, "subscription_id": "s1"},
    "subscription.unsubscribe": lambda *_: {"subscription_id": "s1"},
    "run.start": lambda thread, _: {
        "assistant_id": "chat",
        "input": None,
        "metadata": {"retry": str(thread.messages[0])},
    },
    "run.stop": lambda _, run: {"run_id": str(run.id)},
    "queue.edit": lambda thread, _: {"message_id": str(plant_queued(thread)), "content": "Mine"},
    "queue.remove": lambda thread, _: {"message_id": str(plant_queued(thread))},
    "queue.send_now": lambda thread, _: {"message_id": str(plant_queued(thread))},
    "input.respond": lambda thread, _: {"interrupt_id": plant_asking(thread), "response": {"decision": "decline"}},
}

# Task → its arguments. All of them name one row by its id; none is for anybody to call.
TASKS = {
    "chatapp.claim": ["run_id"],
    "chatapp.title": ["message_id"],
    "chatapp.summary": ["message_id"],
    "chatapp.purge_events": ["timestamp"],
    "chatapp.expire_temporary": ["timestamp"],
    "chatapp.sweep": ["timestamp"],
    "chatapp.retry_stalled": ["context", "timestamp"],
    "memory.embed": ["user_id"],
    "memory.sweep": ["timestamp"],
    "procrastinate.builtin_tasks.remove_old_jobs": None,
    "builtin:procrastinate.builtin_tasks.remove_old_jobs": None,
}


def addresses(resolver: URLResolver | None = None, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every address that the application answers, with its pattern."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from addresses(entry, before + str(entry.pattern))
        else:
            yield before + str(entry.pattern), entry


def own_addresses() -> dict[str, URLPattern]:
    """Those that are neither allauth's nor the administration's."""
    found = {}
    for path, entry in addresses():
        if not path.startswith((ALLAUTH, ADMIN)):
            assert entry.name, f"{path} has no name"
            found[entry.name] = entry
    return found


@dataclass(frozen=True)
class Owned:
    """What the owner has: one of everything that an address can name."""

    thread: Planted
    session_id: int
    memory: Memory
    import_id: UUID


# What a form or script sends, where that matters.
FORMS: dict[str, Callable[[Owned], dict[str, str]]] = {
    "memory": lambda _: {"q": "memory"},
    "memory_choose": lambda owned: {"trash": str(owned.memory.id)},
    "memory_trash_choose": lambda owned: {"delete": str(owned.memory.id)},
    "memory_one": lambda _: {"text": "Mine"},
    "memory_version": lambda _: {"version": "1"},
    "preferences": lambda _: {"theme": "dark"},
}
SCRIPTS: dict[str, Callable[[Owned], Json]] = {
    "thread_rename": lambda _: {"title": "Mine"},
    "thread_show": lambda owned: {"message_id": str(owned.thread.messages[0]), "end": False},
    "thread_label": lambda owned: {"message_id": str(owned.thread.messages[0]), "label": "Mine"},
    "thread_fork": lambda owned: {"message_id": str(owned.thread.messages[-1])},
    "memory_undo": lambda owned: {"kind": "updated", "memory": str(owned.memory.id), "version": 1},
}
QUERIES: dict[str, Callable[[Owned], dict[str, str]]] = {
    "thread_messages": lambda owned: {"before": str(owned.thread.messages[-1])},
    "memory_items": lambda owned: {"ids": str(owned.memory.id)},
}


def ask(client: Client, name: str, method: str, owned: Owned) -> HttpResponse:
    """Ask for an address as its form or script would."""
    values = {
        "thread_id": owned.thread.id,
        "session_id": owned.session_id,
        "memory_id": owned.memory.id,
        "import_id": owned.import_id,
    }
    path = reverse(name, kwargs={key: values[key] for key in own_addresses()[name].pattern.converters})
    if method == "GET":
        answer = client.get(path, QUERIES[name](owned) if name in QUERIES else {})
    elif name in SCRIPTS:
        answer = client.post(path, json.dumps(SCRIPTS[name](owned)), content_type="application/json")
    else:
        answer = client.post(path, FORMS[name](owned) if name in FORMS else {"name": "x"})
    return cast("HttpResponse", answer)


def test_every_address_stands_in_the_matrix() -> None:
    assert set(own_addresses()) == set(ADDRESSES)
    with_arguments = {
        entry.name for path, entry in addresses() if path.startswith(ALLAUTH) and re.search(r"[<(]", path)
    }
    assert with_arguments == SECRET_ADDRESSES
    administered = {model._meta.label_lower for model in admin.site._registry}
    assert administered <= ADMINISTERED


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_address_answers_as_the_matrix_says(alice: User, charlie: User, administrator: User, method: str) -> None:
    actors = {"owner": alice, "other": charlie, "nobody": None, "administrator": administrator}
    clients = {}
    for actor, user in actors.items():
        clients[actor] = Client()
        if user is not None:
            clients[actor].force_login(user)
    for name, both in ADDRESSES.items():
        expected = both[method == "POST"]
        for actor in ("nobody", "other", "administrator", "owner"):
            thread = plant(alice, title="Alice's title", text="Alice's words")
            if name.startswith("trash_"):
                threads.trash(alice.pk, thread.id)
            session = UserSession.objects.create(user=alice, ip="127.0.0.1", session_key=uuid4().hex, user_agent="x")
            staged = exchange.stage(alice.pk, b'["Alice keeps this"]')
            owned = Owned(thread, session.pk, keep(alice, "Alice's memory"), staged)
            answer = ask(clients[actor], name, method, owned)
            assert answer.status_code == getattr(expected, actor), (name, actor, answer.status_code)
            if expected.nobody == TO_LOGIN and actor == "nobody":
                assert answer.headers["Location"].startswith(reverse("account_login")), name
            if actor != "owner":
                assert "Alice" not in answer.content.decode(), (name, actor)
                assert (threads.item(alice.pk, thread.id) or {"title": ""})["title"] in ("Alice's title", "")
                assert Thread.objects.filter(id=thread.id, seen_at=None).exists(), (name, actor)
                assert UserSession.objects.filter(pk=session.pk).exists(), (name, actor)
                assert memories.get(alice.pk, [owned.memory.id]) == [owned.memory], (name, actor)
                assert exchange.preview(alice.pk, staged).total == 1, (name, actor)


def answers(http: httpx.Client, path: str, status: int) -> bool:
    """Whether an address answers so: a server that has just started is not ready yet."""
    return http.get(path).status_code == status


def test_probes_answer_everyone_alike_and_only_to_be_read(
    visit: Visit, alice: User, charlie: User, administrator: User
) -> None:
    assert set(PROBES) == set(ops.PATHS)
    plant(alice, title="Alice's title", text="Alice's words")
    for user in (alice, charlie, None, administrator):
        http = visit(user).http
        for path, status in PROBES.items():
            soon(functools.partial(answers, http, path, status))
            answer = http.get(path)
            assert not {"set-cookie", "location"} & set(answer.headers), path
            assert "alice" not in answer.text.lower(), path
            for method in ("POST", "PUT", "DELETE"):
                assert http.request(method, path).status_code == 405, (path, method)


@pytest.mark.django_db(transaction=True)
def test_administration_is_closed_to_everyone_else_and_shows_no_content(
    alice: User, charlie: User, administrator: User
) -> None:
    thread = plant(alice, title="Alice's title", text="Alice's words")
    pages = [path for path, entry in addresses() if path.startswith(ADMIN) and not re.search(r"[<(]", path)]
    pages = [f"/{path}" for path in pages if not path.endswith(("login/", "logout/", "jsi18n/", "autocomplete/"))]
    assert len(pages) > 10
    client, root = Client(), Client()
    client.force_login(charlie)
    root.force_login(administrator)
    for path in pages:
        assert client.get(path).status_code == TO_LOGIN, path
        assert Client().get(path).status_code == TO_LOGIN, path
        shown = root.get(path)
        assert shown.status_code in (200, 302, 403), path
        secret = ["Alice's title", "Alice's words"] + [str(thread.id)] * (path != reverse(THREADS))
        assert not [text for text in secret if text in shown.content.decode()], path


@pytest.mark.django_db
def test_every_post_needs_its_token(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    thread, kept = plant(alice, title="Before"), keep(alice, "Kept")
    tried = 0
    for path, entry in addresses():
        assert not getattr(entry.callback, "csrf_exempt", False), path
        values = {"thread_id": thread.id, "session_id": 1, "key": "a:b", "uidb36": "a"}
        values |= {"memory_id": kept.id, "import_id": uuid4()}
        wanted = [*entry.pattern.converters, *getattr(entry.pattern, "regex", re.compile("")).groupindex]
        if entry.name is None or (path.startswith(ADMIN) and wanted):
            continue
        name = f"admin:{entry.name}" if path.startswith(ADMIN) else entry.name
        address = reverse(name, kwargs={each: values[each] for each in wanted})
        for sent in ({}, {"HTTP_X_CSRFTOKEN": TOKEN}, {"HTTP_ORIGIN": "https://evil.example"}):
            answer = client.post(address, {"title": "x", "csrfmiddlewaretoken": TOKEN}, **sent)  # type: ignore[arg-type]
            assert answer.status_code == 403, (path, answer.status_code)
        tried += 1
    assert tried > 40
    assert (threads.item(alice.pk, thread.id) or {})["title"] == "Before"
    assert memories.get(alice.pk, [kept.id]) == [kept]
    client.cookies["csrftoken"] = TOKEN  # with the token the same request is carried out
    path, body = f"{thread.path}rename", json.dumps({"title": "After"})
    assert client.post(path, body, "application/json", headers={"x-csrftoken": TOKEN}).status_code == 200


def told(answer: httpx.Response) -> tuple[int, list[tuple[str, str]], str]:
    """The whole answer, without what is different each time."""
    nonces = re.findall(r"'nonce-([^']+)'", answer.headers.get("content-security-policy", ""))
    headers = [(name.lower(), CLOCK.sub("DATE", value)) for name, value in answer.headers.multi_items()]
    assert len([name for name, _ in headers if name == "x-request-id"]) == 1
    headers = [each for each in headers if each[0] != "x-request-id"]  # new for each request
    # The token's mask and the nonce are random; their places are compared.
    text = re.sub(r'(csrfmiddlewaretoken" value|csrf-token" content)="[^"]+"', r"\1", answer.text)
    for nonce in nonces:
        text = text.replace(nonce, "NONCE")
        headers = [(name, value.replace(nonce, "NONCE")) for name, value in headers]
    return answer.status_code, headers, text


def test_foreign_and_missing_ids_get_the_same_answer(
    visit: Visit, alice: User, charlie: User, administrator: User
) -> None:
    foreign, trashed = plant(alice), plant(alice)
    threads.trash(alice.pk, trashed.id)
    for stranger in (charlie, administrator):
        visitor, own = visit(stranger), plant(stranger)
        headers = {"cookie": f"{visitor.cookie}; csrftoken={TOKEN}", "x-csrftoken": TOKEN}
        compared = 0
        sent = json.dumps({"title": "x", "label": "x", "message_id": str(foreign.messages[0])}).encode()
        for name, entry in own_addresses().items():
            if "thread_id" not in entry.pattern.converters:
                continue
            for method in ("GET", "POST"):
                answers = []
                for each in (uuid4(), foreign.id, trashed.id, uuid4()):
                    path = reverse(name, kwargs={"thread_id": each})
                    if name == "thread_messages":
                        path += f"?before={foreign.messages[1]}"
                    body = sent if method == "POST" else None
                    answers.append(told(visitor.http.request(method, path, headers=headers, content=body)))
                assert answers[0][0] in (404, 405), (name, method)
                assert answers == [answers[0]] * 4, (name, method)
                compared += answers[0][0] == 404
        assert compared == 15
        before = [visitor.http.get(f"{own.path}messages?before={each}") for each in (foreign.messages[1], uuid4())]
        assert [each.status_code for each in before] == [404, 404]
        assert told(before[0]) == told(before[1])


def methods_of_the_socket() -> set[str]:
    """The commands that the consumer knows: those it carries out itself, read from its code, and the verbs."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(ThreadConsumer._carry_out)))
    patterns = [case.pattern for node in ast.walk(tree) if isinstance(node, ast.Match) for case in node.cases]
    values = [pattern.value for pattern in patterns if isinstance(pattern, ast.MatchValue)]
    assert len(values) == len(patterns)  # plain words only: nothing is matched that is not read here
    return {str(value.value) for value in values if isinstance(value, ast.Constant)} | set(commands.VERBS)


def test_every_command_stands_in_the_matrix() -> None:
    assert methods_of_the_socket() == set(COMMANDS)


def test_command_is_for_the_owner_only(visit: Visit, alice: User, charlie: User, administrator: User) -> None:
    for method, parameters in COMMANDS.items():
        thread = plant(alice)
        run = plant_run(thread)
        Thread.objects.filter(id=thread.id).update(title=None)
        refused = {charlie: protocol.NOT_FOUND, administrator: protocol.NOT_FOUND, None: protocol.SIGNED_OUT}
        for stranger, code in refused.items():
            socket = visit(stranger).open(thread.id)
            assert socket.closed() == code, method
            assert socket.frames == []
        socket = visit(alice).open(thread.id)
        socket.command("subscription.subscribe", channels=["lifecycle"])
        assert socket.command(method, **parameters(thread, run))["type"] == "success", method


def test_command_with_ids_of_someone_else_does_what_missing_ids_do(
    visit: Visit, alice: User, charlie: User, alone: None
) -> None:
    foreign, own = plant(alice), plant(charlie)
    run = plant_run(foreign)
    Run.objects.filter(id=run.id).update(state=Run.State.RUNNING)
    other = visit(alice).open(foreign.id, subscribe=0)
    socket = visit(charlie).open(own.id, subscribe=0)
    missing = Planted(own.owner, own.id, [uuid4(), uuid4()]), Run(id=uuid4())
    for method in ("run.start", "run.stop"):
        answers = [socket.command(method, **COMMANDS[method](*ids)) for ids in ((foreign, run), missing)]
        assert [{**each, "id": None} for each in answers] == [{**answers[0], "id": None}] * 2, method
    waits = plant_queued(foreign, "Alice's words")
    before = list(Message.objects.filter(thread_id=foreign.id).order_by("id").values())
    for method in ("queue.edit", "queue.remove", "queue.send_now"):
        answers = [socket.command(method, message_id=str(each), content="Mine") for each in (waits, uuid4())]
        assert [{**each, "id": None} for each in answers] == [{**answers[0], "id": None}] * 2, method
        assert answers[0]["type"] == "error"
    assert not Run.objects.get(id=run.id).stop_requested
    assert Run.objects.count() == 2
    assert list(Message.objects.filter(thread_id=foreign.id).order_by("id").values()) == before
    # Subscriptions are counted by each socket for itself.
    socket.command("subscription.unsubscribe", subscription_id="s1")
    assert other.command("subscription.unsubscribe", subscription_id="s1")["type"] == "success"


def test_every_task_stands_in_the_matrix_and_takes_ids_only() -> None:
    queue.perform_import_paths()  # type: ignore[no-untyped-call]
    assert set(queue.tasks) == set(TASKS)
    for name, arguments in TASKS.items():
        if arguments is not None:
            assert list(inspect.signature(queue.tasks[name].func).parameters) == arguments, name


@pytest.mark.django_db(transaction=True)
async def test_task_for_an_id_that_does_not_exist_does_nothing() -> None:
    for name in ("chatapp.claim", "chatapp.title", "chatapp.summary"):
        assert await queue.tasks[name].func(str(uuid4())) is None
        with pytest.raises(ValueError, match="UUID"):
            await queue.tasks[name].func("1 OR 1=1")


@pytest.mark.django_db
def test_stranger_cannot_reach_a_thread_by_its_key(alice: User, charlie: User) -> None:
    thread = plant(alice)
    keys.create_user_key(charlie.pk)
    with pytest.raises(keys.KeyMissing):
        keys.thread_sealer(charlie.pk, thread.id)
    with pytest.raises(keys.KeyMissing):
        keys.thread_sealers(charlie.pk, [thread.id])
