"""Threads made from a branch: the same conversation under other ids and another key; the first stays as it was."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from django.db import connection

from chatapp import access, content, forks, keys, threads, timetravel
from chatapp.models import AuditEntry, Fence, Message, Thread, User
from chatapp.timetravel.places import path
from tests.acting import (
    BY,
    CONVERSATION,
    act,
    by,
    checkpoints,
    ending,
    here,
    said,
    sent,
    shown,
    state,
    talk,
    texts,
    three_turns,
    tip,
)  # fmt: skip
from tests.database_dump import dump
from tests.scripted_model import Script, ScriptedModel
from tests.sockets import Visitor
from tests.test_asking import asked, opened, remember, respond

Visit = Callable[[User | None], Visitor]


@pytest.fixture
def thread_id(visit: Visit, alice: User) -> UUID:
    """Three turns."""
    made = three_turns(visit(alice))
    threads.rename(alice.pk, made, "Of three turns")
    return made


def messages(thread_id: UUID) -> list[Message]:
    return list(Message.objects.filter(thread_id=thread_id).order_by("created_at"))


def rows_of(thread_id: UUID) -> list[tuple[object, ...]]:
    """Everything stored of a thread."""
    found: list[tuple[object, ...]] = []
    with connection.cursor() as cursor:
        for table in ("chatapp_message", "checkpoints", "checkpoint_blobs", "checkpoint_writes", "chatapp_fence"):
            cursor.execute(f"SELECT t::text FROM {table} t WHERE thread_id::text = %s ORDER BY 1", [str(thread_id)])
            found += cursor.fetchall()
    return found


def test_branch_goes_on_in_a_thread_of_its_own(
    visit: Visit, alice: User, thread_id: UUID, endpoint: ScriptedModel
) -> None:
    before, source = rows_of(thread_id), messages(thread_id)
    made = act(lambda: forks.fork(alice.pk, thread_id, source[3].id))
    assert rows_of(thread_id) == before, "the thread itself is as it was"
    assert shown(made) == CONVERSATION[:4]
    assert threads.titles(alice.pk, [made]) == {made: "Of three turns (branch)"}
    copies = messages(made)
    assert [each.created_at for each in copies] == [each.created_at for each in source[:4]]
    assert not {each.id for each in copies} & {each.id for each in source}
    assert [each.id for each in state(made).values["messages"]] == [str(each.id) for each in copies]
    assert copies[-1].checkpoint_id == tip(made)
    talk(here(visit, alice, made), "There")
    assert sent(endpoint, "There") == [*(text for _, text in CONVERSATION[:4]), "There"]
    talk(here(visit, alice, thread_id), "Here")
    assert sent(endpoint, "Here") == [*(text for _, text in CONVERSATION), "Here"]
    # In the middle the state is made from the tree.
    Thread.objects.filter(id=made).update(head=copies[1])
    talk(here(visit, alice, made), "Earlier")
    assert sent(endpoint, "Earlier") == ["One", "Answer to: One", "Earlier"]


def test_fork_is_sealed_under_a_key_of_its_own(alice: User, thread_id: UUID) -> None:
    made = act(lambda: forks.fork(alice.pk, thread_id, messages(thread_id)[-1].id))
    threads.delete(alice.pk, thread_id)
    assert shown(made) == CONVERSATION, "it lives without the first"
    assert texts(state(made)) == [text for _, text in CONVERSATION]
    assert not any(b"Answer to:" in value for _, value in dump())


def test_strangers_and_ids_that_do_not_belong_get_nothing(alice: User, charlie: User, thread_id: UUID) -> None:
    leaf, before = messages(thread_id)[-1].id, Thread.objects.count()
    for user_id, thread, message in (
        (charlie.pk, thread_id, leaf),
        (alice.pk, uuid4(), leaf),
        (alice.pk, thread_id, uuid4()),
    ):
        with pytest.raises(access.NotFound):
            act(lambda u=user_id, t=thread, m=message: forks.fork(u, t, m))  # type: ignore[misc]
    act(lambda: timetravel.roll_back(thread_id, ending(thread_id, 1), BY, hide=True))
    with pytest.raises(access.NotFound):
        act(lambda: forks.fork(alice.pk, thread_id, leaf))
    hidden = ending(thread_id, 5)
    with pytest.raises(forks.Hidden):
        act(lambda: forks.fork_checkpoint(thread_id, hidden, BY, private=False))
    assert Thread.objects.count() == before


def test_private_copy_is_the_administrators_and_temporary(
    visit: Visit, alice: User, administrator: User, endpoint: ScriptedModel
) -> None:
    visitor, thread_id = visit(alice), uuid4()
    socket = opened(visitor, thread_id)
    endpoint.script(remember("Alice is vegetarian."), Script("Kept."))
    socket.say("First")
    ((interrupt_id, _),) = asked(socket).items()
    respond(socket, interrupt_id, "accept")
    socket.ended()
    middle = next(each for each in checkpoints(thread_id) if state(thread_id, each).next == ("tools",))
    before = rows_of(thread_id)
    made = act(lambda: forks.fork_checkpoint(thread_id, middle, by(administrator), private=True))
    assert rows_of(thread_id) == before
    thread = Thread.objects.get(id=made)
    assert (thread.owner_id, thread.temporary) == (administrator.pk, True)
    assert said(made, thread.head_id) == [("user", "First"), ("assistant", "Noted.")]
    assert state(made).next == ("tools",)
    with pytest.raises(access.NotFound):
        threads.state(alice.pk, made)
    assert visit(administrator).state(made)["thread"]["temporary"] is True
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.thread_id, entry.owner_id) == ("copy", thread_id, alice.pk)
    assert entry.details == {"made": str(made)}
    talk(here(visit, administrator, made), "Second")
    with pytest.raises(forks.NoOne):
        act(lambda: forks.fork_checkpoint(thread_id, middle, BY, private=True))


def test_checkpoint_that_cannot_be_read_is_made_from_the_tree(
    visit: Visit, alice: User, thread_id: UUID, endpoint: ScriptedModel
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE checkpoints SET parent_checkpoint_id = NULL WHERE checkpoint_id = %s", [tip(thread_id)])
    made = act(lambda: forks.fork(alice.pk, thread_id, messages(thread_id)[-1].id))
    assert Fence.objects.get(thread_id=made).tip_checkpoint_id is None
    talk(here(visit, alice, made), "There")
    assert sent(endpoint, "There") == [*(text for _, text in CONVERSATION), "There"]


def test_everything_of_a_message_but_its_run_and_label_comes_along(alice: User, thread_id: UUID) -> None:
    last = messages(thread_id)[-1]
    sealer = keys.thread_sealer(alice.pk, thread_id)
    body = {"text": "Broke off", "error": {"kind": "internal", "text": "Sorry"}}
    sealed = content.seal(sealer, body, "message", "body", last.id)
    Message.objects.filter(id=last.id).update(status="failed", body=sealed, model="m", input_tokens=3, output_tokens=4)
    made = act(lambda: forks.fork(alice.pk, thread_id, last.id))
    copy = Message.objects.get(id=path(made, Thread.objects.get(id=made).head_id)[-1])
    assert (copy.status, copy.model, copy.input_tokens, copy.output_tokens) == ("failed", "m", 3, 4)
    assert copy.run_id is None
    assert content.unseal(keys.thread_sealer(alice.pk, made), copy.body, "message", "body", copy.id) == body
