"""Who may do what in the inspector and the audit: every page and act stands here, or a test fails.

Staff see what their permissions name and no more; owners, strangers and whoever is not signed in are sent to the
administration's sign-in, whatever they ask for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import Permission
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from chatapp import audit
from chatapp.models import AuditEntry, Fence, Message, RestorePoint, Run, Thread, User
from tests.long_threads import PlantedLong, plant_long
from tests.planted_threads import plant_asking, plant_run
from tests.test_access_matrix import addresses

REASON: Final = "Ticket 1201"
SIGN_IN: Final = 302
WORDS = ("Question 1:", "Answer 1:", "A long thread", "Asked of the owner")
# What the acts take beside a reason: of whoever may not act it does nothing.
COMPLETE: Final = {"as_node": "respond", "update_json": '{"summary": "x"}', "add_text": "x", "hide": "on"}
STAFF = {
    "administrator": ["view_thread", "inspect_thread", "act_on_thread", "view_auditentry"],
    "viewer": ["view_thread"],
    "reader": ["view_thread", "inspect_thread"],
    "mover": ["view_thread", "act_on_thread"],
    "blind": ["act_on_thread", "inspect_thread"],
    "auditor": ["view_auditentry"],
    "staff": [],
}
OTHERS = ("owner", "stranger", "nobody")
LISTS = {"administrator", "viewer", "reader", "mover"}
READS = {"administrator", "reader"}
MOVES = {"administrator", "mover"}
BOTH = {"administrator"}
AUDITS = {"administrator", "auditor"}
NOBODY: set[str] = set()


@dataclass(frozen=True)
class Address:
    """Who gets it, what they get by GET and by POST (of its form), and what it names beside the thread."""

    whom: set[str]
    get: int
    post: int
    names: Callable[[Target], dict[str, Any]] = lambda _: {}
    query: Callable[[Target], dict[str, str]] = lambda _: {}


@dataclass(frozen=True)
class Target:
    """A thread with one of everything that an address can name."""

    thread: PlantedLong
    run: Run
    restore: RestorePoint
    entry: int

    @property
    def id(self) -> UUID:
        """The thread's."""
        return self.thread.id

    def checkpoint(self, turn: int = 1) -> str:
        """The one that ends a turn."""
        return self.thread.checkpoints[turn][2]


def at(target: Target) -> dict[str, Any]:
    return {"checkpoint_id": target.checkpoint()}


ADDRESSES: dict[str, Address] = {
    "chatapp_thread_changelist": Address(LISTS, 200, 200),
    "chatapp_thread_change": Address(LISTS, 200, 405, lambda target: {"object_id": target.id}),
    "chatapp_thread_history": Address(LISTS, 302, 302, lambda target: {"object_id": target.id}),
    "chatapp_thread_timeline": Address(LISTS, 200, 405),
    "chatapp_thread_checkpoint": Address(READS, 200, 302, at),
    "chatapp_thread_compare": Address(
        READS, 200, 302, query=lambda target: {"a": target.checkpoint(0), "b": target.checkpoint()}
    ),
    "chatapp_thread_roll_back": Address(MOVES, 200, 200, at),
    "chatapp_thread_replay": Address(MOVES, 200, 200, at),
    "chatapp_thread_fork": Address(MOVES, 200, 200, at),
    "chatapp_thread_copy": Address(BOTH, 200, 200, at),
    "chatapp_thread_update": Address(BOTH, 200, 302, at),
    "chatapp_thread_undo": Address(MOVES, 200, 200, lambda target: {"restore_id": target.restore.id}),
    "chatapp_thread_respond": Address(BOTH, 200, 302),
    "chatapp_thread_cancel": Address(MOVES, 200, 200),
    "chatapp_thread_retry": Address(MOVES, 200, 200, lambda target: {"run_id": target.run.id}),
    "chatapp_auditentry_changelist": Address(AUDITS, 200, 200),
    "chatapp_auditentry_change": Address(AUDITS, 200, 403, lambda target: {"object_id": target.entry}),
    "chatapp_auditentry_history": Address(AUDITS, 200, 200, lambda target: {"object_id": target.entry}),
    "chatapp_auditentry_add": Address(NOBODY, 403, 403),
    "chatapp_auditentry_delete": Address(NOBODY, 403, 403, lambda target: {"object_id": target.entry}),
}


@pytest.fixture
def target(alice: User) -> Target:
    thread = plant_long(alice, 3)
    failed = plant_run(thread)
    Run.objects.filter(id=failed.id).update(state=Run.State.FAILED)
    plant_asking(thread, "Asked of the owner")
    restore = RestorePoint.objects.create(
        thread_id=thread.id,
        kind=RestorePoint.Kind.ROLLBACK,
        checkpoint_id=thread.checkpoints[0][2],
        to_tip=thread.checkpoints[2][2],
        to_head_id=thread.messages[-1],
        from_tip=thread.checkpoints[2][2],
        from_head_id=thread.messages[-1],
    )
    entry = audit.record_now(audit.command_line("Looked before"), "view_thread", thread.id, alice.pk)
    return Target(thread, failed, restore, entry)


@pytest.fixture
def clients(alice: User, charlie: User) -> dict[str, Client]:
    """Everyone, signed in."""
    made = {"owner": alice, "stranger": charlie}
    for name, codenames in STAFF.items():
        made[name] = User.objects.create_user(f"{name}@example.org", is_staff=True)
        made[name].user_permissions.set(Permission.objects.filter(codename__in=codenames))
    found = {name: Client() for name in [*made, "nobody"]}
    for name, user in made.items():
        found[name].force_login(user)
    return found


def address(name: str, target: Target, thread_id: UUID | None = None) -> str:
    """A path, with its query."""
    expected = ADDRESSES[name]
    given = expected.names(target)
    if "object_id" not in given and name.startswith("chatapp_thread_") and name != "chatapp_thread_changelist":
        given["thread_id"] = thread_id or target.id
    query = "&".join(f"{each}={value}" for each, value in expected.query(target).items())
    return reverse(f"admin:{name}", kwargs=given) + (f"?{query}" if query else "")


def standing(target: Target) -> list[Any]:
    """All that an act could change."""
    rows = (Fence, Message, Run, RestorePoint, AuditEntry, Thread)
    return [list(each._default_manager.order_by("pk").values()) for each in rows]


def test_every_page_of_the_inspector_and_the_audit_stands_in_the_matrix() -> None:
    names = {entry.name for _, entry in addresses() if str(entry.name).startswith(("chatapp_thread", "chatapp_audit"))}
    assert names == set(ADDRESSES)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_page_answers_as_the_matrix_says(target: Target, clients: dict[str, Client], method: str) -> None:
    before = standing(target)
    for name, expected in ADDRESSES.items():
        path = address(name, target)
        for who, client in clients.items():
            if method == "GET":
                answer: Any = client.get(path)
            elif who in expected.whom:  # the gate's form; for an act it is one that lacks something
                answer = client.post(path, {"reason": REASON})
            else:
                answer = client.post(path, {"reason": REASON, "once": str(uuid4()), **COMPLETE})
            status = expected.get if method == "GET" else expected.post
            if who in OTHERS:
                assert answer.status_code == SIGN_IN, (name, who)
                assert answer.headers["Location"].startswith(reverse("admin:login")), (name, who)
            else:
                assert answer.status_code == (status if who in expected.whom else 403), (name, who, answer.status_code)
            assert not [text for text in WORDS if text in answer.content.decode()], (name, who)
    assert standing(target) == before


@pytest.mark.django_db(transaction=True)
def test_missing_threads_and_malformed_ids_are_not_found(target: Target, clients: dict[str, Client]) -> None:
    for name, expected in ADDRESSES.items():
        if "thread" not in name or name == "chatapp_thread_changelist" or "object_id" in expected.names(target):
            continue
        missing = uuid4()
        path = address(name, target, missing)
        assert clients["administrator"].get(path).status_code == 404, name
        assert clients["staff"].get(path).status_code == 403, name  # who may not look does not learn what there is
        assert clients["administrator"].get(path.replace(str(missing), "x")).status_code == 404, name
    other = plant_long(User.objects.get(email="charlie@example.org"), 1)
    for name in ("undo", "retry", "roll_back", "fork", "checkpoint"):
        path = address(f"chatapp_thread_{name}", target, other.id)
        answer = clients["administrator"].get(path)
        gone = answer.status_code == 404 or b"no such checkpoint" in answer.content
        assert gone, (name, "of another thread")


@pytest.mark.django_db
def test_every_post_of_the_inspector_needs_its_token(target: Target, administrator: User) -> None:
    client, before = Client(enforce_csrf_checks=True), standing(target)
    client.force_login(administrator)
    for name in ADDRESSES:
        answer: HttpResponse | Any = client.post(
            address(name, target), {"reason": REASON, "once": str(uuid4()), "csrfmiddlewaretoken": "a" * 32}
        )
        assert answer.status_code == 403, name
    assert standing(target) == before
