"""The list of threads: order, titles, marks, rename, trash, and many of them."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from chatapp.models import Thread, User
from tests.browser.chat import Chat
from tests.browser.conftest import Enter
from tests.planted_threads import Planted, plant
from tests.scripted_model import Script, ScriptedModel


def planted(owner: User, count: int) -> list[Planted]:
    """So many threads, each an hour older than the one before: "Thread 0" is the newest."""
    threads = [plant(owner, 0, title=f"Thread {number}") for number in range(count)]
    now = timezone.now()
    for number, each in enumerate(threads):
        Thread.objects.filter(id=each.id).update(active_at=now - timedelta(hours=number, minutes=1))
    return threads


def test_new_thread_comes_first_and_gets_its_title_without_a_reload(
    enter: Enter, alice: User, endpoint: ScriptedModel
) -> None:
    planted(alice, 2)
    endpoint.rule("\n\nAssistant: ", Script("Questions of colour"))
    endpoint.script(Script("Blue it is", held=True))
    chat = enter(alice)
    other = Chat(chat.page.context.new_page())
    other.page.goto("/")
    chat.say("Which colour?")
    row = chat.threads.first
    expect(row).to_contain_text("Which colour?")
    expect(row).to_contain_text("answering")
    expect(row).to_have_attribute("aria-current", "page")
    endpoint.release()
    for tab in (chat, other):
        expect(tab.threads.first).to_contain_text("Questions of colour")
        expect(tab.threads).to_have_count(3)
        expect(tab.sidebar.get_by_text("answering")).to_have_count(0)
    expect(chat.page).to_have_title("Questions of colour · Everthread")


def test_rename_by_menu_and_by_keys(enter: Enter, alice: User) -> None:
    thread = planted(alice, 2)[1]
    chat = enter(alice, thread.path)
    chat.menu("Thread 1").get_by_role("menuitem", name="Rename").click()
    field = chat.page.get_by_role("textbox", name="Title of the thread")
    field.fill("Given up")
    field.press("Escape")
    expect(chat.threads).to_have_text(["Thread 0", "Thread 1"])
    chat.menu("Thread 1").get_by_role("menuitem", name="Rename").click()
    field.fill("  A new name  ")
    field.press("Enter")
    expect(chat.threads).to_have_text(["Thread 0", "A new name"])
    expect(chat.page).to_have_title("A new name · Everthread")
    chat.page.reload()
    expect(chat.threads).to_have_text(["Thread 0", "A new name"])


def test_trash_undo_restore_and_delete_for_ever(enter: Enter, alice: User) -> None:
    threads = planted(alice, 3)
    chat = enter(alice, threads[1].path)
    chat.menu("Thread 1").get_by_role("menuitem", name="Move to trash").click()
    expect(chat.threads).to_have_text(["Thread 0", "Thread 2"])
    chat.page.get_by_role("button", name="Undo").click()
    expect(chat.threads).to_have_text(["Thread 0", "Thread 1", "Thread 2"])
    for number in (1, 2):
        chat.menu(f"Thread {number}").get_by_role("menuitem", name="Move to trash").click()
        expect(chat.thread(f"Thread {number}")).to_have_count(0)
        expect(chat.page.get_by_text("Moved to trash.").first).to_be_visible()

    page = chat.page
    page.goto("/trash/")
    page.get_by_role("button", name="Restore Thread 1").click()
    expect(page.get_by_text("Thread 1")).to_have_count(0)
    page.get_by_label("Delete Thread 2").click()
    page.get_by_role("button", name="Delete for ever").click()
    expect(page.get_by_text("Nothing here")).to_be_visible()
    page.goto("/")
    expect(chat.threads).to_have_text(["Thread 0", "Thread 1"])
    assert not Thread.objects.filter(id=threads[2].id).exists()
    assert Thread.objects.get(id=threads[1].id).trashed_at is None


def test_answer_in_another_thread_marks_it_running_then_unread_until_it_is_opened(
    enter: Enter, alice: User, endpoint: ScriptedModel
) -> None:
    there = planted(alice, 2)[1]
    endpoint.script(Script("one two", held=True))
    chat = enter(alice, there.path)
    chat.say("A long question")
    endpoint.wait_for(lambda: endpoint.requests)
    expect(chat.threads).to_have_text(["Thread 1, answering", "Thread 0"])
    subscribed: list[str] = []
    chat.page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: subscribed.append(str(frame))))
    chat.thread("Thread 0").click()
    expect(chat.page.get_by_role("heading", level=1)).to_have_text("Thread 0")
    expect(chat.threads).to_have_text(["Thread 1, answering", "Thread 0"])
    while not any('"success"' in each for each in subscribed):
        chat.page.evaluate("1")
    endpoint.release()
    expect(chat.threads).to_have_text(["Thread 1, unread", "Thread 0"])
    chat.page.reload()
    expect(chat.threads).to_have_text(["Thread 1, unread", "Thread 0"])
    chat.thread("Thread 1").click()
    expect(chat.answers).to_contain_text("one two")
    expect(chat.threads).to_have_text(["Thread 1", "Thread 0"])
    chat.page.reload()
    expect(chat.threads).to_have_text(["Thread 1", "Thread 0"])


def test_answer_that_ends_while_no_socket_is_open_is_not_missed(
    enter: Enter, alice: User, endpoint: ScriptedModel
) -> None:
    there = planted(alice, 2)[1]
    endpoint.script(Script("one two", held=True))
    chat = enter(alice, there.path)
    chat.say("A long question")
    endpoint.wait_for(lambda: endpoint.requests)
    expect(chat.threads).to_have_text(["Thread 1, answering", "Thread 0"])
    # The next thread's socket opens when its state is there: until then no notice can come.
    held: list[Route] = []
    chat.page.route("**/state", lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks it
    chat.thread("Thread 0").click()
    expect(chat.threads).to_have_text(["Thread 1, answering", "Thread 0"])
    endpoint.release()
    elsewhere = enter(alice)
    expect(elsewhere.threads).to_have_text(["Thread 1, unread", "Thread 0"])
    held.pop().continue_()
    expect(chat.threads).to_have_text(["Thread 1, unread", "Thread 0"])


def test_many_threads_load_as_one_scrolls(enter: Enter, alice: User) -> None:
    planted(alice, 120)
    chat = enter(alice)
    page: Page = chat.page
    expect(chat.threads.first).to_have_text("Thread 0")
    loaded = chat.threads.count()
    assert 0 < loaded < 120, "all were loaded at once"
    while chat.threads.count() < 120:
        before = chat.threads.count()
        chat.threads.last.scroll_into_view_if_needed()
        page.wait_for_function("(n) => document.querySelectorAll('.thread-link').length > n", arg=before)
    assert chat.threads.all_inner_texts() == [f"Thread {number}" for number in range(120)]
