"""What protects an account: the second factor, the list of sessions; and its deletion."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from chatapp import keys
from chatapp.models import User, UserKey
from chatapp.templatetags.account_pages import device
from tests.browsers import FIREFOX, SETTINGS, is_logged_in, login, signed_in, text, totp
from tests.conftest import PASSWORD


@pytest.fixture
def browser(alice: User) -> Client:
    """A browser in which Alice is logged in."""
    return signed_in(alice)


@pytest.fixture
def elsewhere(alice: User) -> Client:
    """A second browser in which Alice is logged in."""
    return signed_in(alice, FIREFOX)


def enrol(browser: Client) -> tuple[str, list[str]]:
    """Turn two-factor login on; return the app's secret and the recovery codes."""
    browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
    found = re.search(r'class="secret">(\w+)<', text(browser, "/accounts/2fa/totp/activate/"))
    assert found
    response = browser.post("/accounts/2fa/totp/activate/", {"code": totp(found[1])}, follow=True)
    codes = re.findall(r"<li><code>(\d+)</code></li>", response.content.decode())
    assert len(codes) == 10
    return found[1], codes


def test_second_factor_is_asked_for_and_a_code_of_the_app_opens(browser: Client, alice: User) -> None:
    secret, _ = enrol(browser)
    cache.clear()
    other = Client()
    assert login(other, alice.email) == "/accounts/2fa/authenticate/"
    assert not is_logged_in(other)
    assert other.post("/accounts/2fa/authenticate/", {"code": "000000"}).status_code == 200
    assert not is_logged_in(other)
    # The code that turned it on is used up, so a later look at the same half-minute must not meet it.
    cache.clear()
    assert other.post("/accounts/2fa/authenticate/", {"code": totp(secret)}).headers["Location"] == "/"
    assert is_logged_in(other)


def test_recovery_code_opens_once(browser: Client, alice: User) -> None:
    _, codes = enrol(browser)
    first, second = Client(), Client()
    login(first, alice.email)
    assert first.post("/accounts/2fa/authenticate/", {"code": codes[3]}).headers["Location"] == "/"
    assert is_logged_in(first)
    login(second, alice.email)
    assert second.post("/accounts/2fa/authenticate/", {"code": codes[3]}).status_code == 200
    assert not is_logged_in(second)


def test_second_factor_cannot_be_turned_on_or_off_from_an_open_screen(browser: Client, elsewhere: Client) -> None:
    assert elsewhere.get("/accounts/2fa/totp/activate/").headers["Location"].startswith("/accounts/reauthenticate/")
    enrol(browser)
    assert elsewhere.post("/accounts/2fa/totp/deactivate/").headers["Location"].startswith("/accounts/reauthenticate/")
    assert Authenticator.objects.filter(type="totp").count() == 1


def test_sessions_are_listed_and_one_is_ended(browser: Client, elsewhere: Client, alice: User) -> None:
    page = text(browser, "/accounts/sessions/")
    assert "Firefox on Linux" in page
    assert page.count("This one") == 1
    other = UserSession.objects.get(user=alice, session_key=elsewhere.session.session_key)
    assert browser.post(f"/settings/sessions/{other.pk}/end/").headers["Location"] == "/accounts/sessions/"
    assert not is_logged_in(elsewhere)
    assert is_logged_in(browser)


def test_log_out_everywhere_else(browser: Client, elsewhere: Client) -> None:
    browser.post("/accounts/sessions/")
    assert not is_logged_in(elsewhere)
    assert is_logged_in(browser)


def test_stranger_cannot_end_a_session(browser: Client, bob: User) -> None:
    stranger = Client()
    stranger.force_login(bob)
    session = UserSession.objects.get(session_key=browser.session.session_key)
    assert stranger.post(f"/settings/sessions/{session.pk}/end/").status_code == 404
    assert stranger.post("/settings/sessions/999999/end/").status_code == 404
    assert is_logged_in(browser)
    assert browser.get(f"/settings/sessions/{session.pk}/end/").status_code == 405


def test_session_notes_when_it_was_last_used(browser: Client, alice: User) -> None:
    before = timezone.now() - timedelta(days=2)
    UserSession.objects.filter(user=alice).update(last_seen_at=before)
    browser.get(SETTINGS)
    assert UserSession.objects.get(user=alice).last_seen_at == before
    browser.get(SETTINGS, headers={"sec-fetch-mode": "navigate"})
    assert UserSession.objects.get(user=alice).last_seen_at > before + timedelta(days=1)


def test_name_is_saved(browser: Client, alice: User) -> None:
    assert browser.post(SETTINGS, {"name": "Ada <b>"}).headers["Location"] == SETTINGS
    assert User.objects.get(pk=alice.pk).first_name == "Ada <b>"
    assert "Ada &lt;b&gt;" in text(browser, SETTINGS)


def test_deletion_needs_the_password(browser: Client, alice: User) -> None:
    keys.create_user_key(alice.pk)
    response = browser.post("/settings/delete/", {"password": "a guess"})
    assert "The password is not right." in response.content.decode()
    assert User.objects.filter(pk=alice.pk).exists()
    assert UserKey.objects.filter(user_id=alice.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_deletion_removes_the_user_the_keys_and_the_sessions(
    browser: Client, elsewhere: Client, alice: User, bob: User
) -> None:
    alice_id = alice.pk
    for each in (alice, bob):
        keys.create_user_key(each.pk)
    assert UserKey.objects.count() == 2
    response = browser.post("/settings/delete/", {"password": PASSWORD}, follow=True)
    assert "Your account and everything in it is deleted." in response.content.decode()
    assert list(User.objects.filter(pk__in=[alice_id, bob.pk])) == [bob]
    assert [each.user_id for each in UserKey.objects.all()] == [bob.pk]
    assert not is_logged_in(browser)
    assert not is_logged_in(elsewhere)


def test_deletion_needs_the_second_factor_too(browser: Client, alice: User) -> None:
    _, codes = enrol(browser)
    browser.post("/settings/delete/", {"password": PASSWORD})
    browser.post("/settings/delete/", {"password": PASSWORD, "code": "000000"})
    browser.post("/settings/delete/", {"password": "a guess", "code": codes[0]})
    assert User.objects.filter(pk=alice.pk).exists()
    browser.post("/settings/delete/", {"password": PASSWORD, "code": codes[0]})
    assert not User.objects.filter(pk=alice.pk).exists()


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605 Version/18 Safari/605",
            "Safari on macOS",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Safari/604",
            "Safari on iPhone",
        ),
        (
            "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36",
            "Chrome on Android",
        ),
        ("", "Unknown browser"),
    ],
)
def test_browsers_are_named(user_agent: str, name: str) -> None:
    assert device(user_agent) == name
