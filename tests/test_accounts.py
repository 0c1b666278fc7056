"""Accounts: sign-up, login, password, address, second factor, sessions, deletion."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import struct
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from chatapp import keys
from chatapp.accounts_config import email_verification, trusted_proxies
from chatapp.models import User, UserKey
from chatapp.templatetags.account_pages import device

PASSWORD = "a long walk home"
LOGIN, SETTINGS = "/accounts/login/", "/settings/"


def totp(secret: str) -> str:
    """The six digits an authenticator app shows now (RFC 6238: SHA-1, 30 seconds)."""
    digest = hmac.digest(base64.b32decode(secret), struct.pack(">Q", int(time.time()) // 30), hashlib.sha1)
    offset = digest[-1] & 15
    (number,) = struct.unpack(">I", digest[offset : offset + 4])
    return f"{(number & 0x7FFFFFFF) % 10**6:06}"


def login(client: Client, email: str, password: str = PASSWORD) -> str:
    """Post the login form; return where it leads, or nothing if it is shown again."""
    response = client.post(LOGIN, {"login": email, "password": password})
    return response.headers.get("Location", "")


def is_logged_in(client: Client) -> bool:
    """Whether the browser's next page load is that of a logged-in person."""
    return client.get(SETTINGS).status_code == 200


def text(client: Client, address: str) -> str:
    """The page at the address."""
    return client.get(address).content.decode()


def link(body: str) -> str:
    """The path of the one link in a mail."""
    found = re.search(r"http://testserver(/\S+)", body)
    assert found
    return found[1]


@pytest.fixture(autouse=True)
def fresh_limits(db: None) -> Iterator[None]:
    """Rate limits of other tests do not count here."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def ada(alice: User) -> User:
    """Alice, with a password that the tests know and a key."""
    alice.set_password(PASSWORD)
    alice.save(update_fields=["password"])
    keys.create_user_key(alice.pk)
    return alice


@pytest.fixture
def browser(client: Client, ada: User) -> Client:
    """A browser in which Alice is logged in."""
    assert login(client, ada.email) == "/"
    return client


@pytest.fixture
def elsewhere(ada: User) -> Client:
    """A second browser in which Alice is logged in."""
    other = Client(headers={"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"})
    assert login(other, ada.email) == "/"
    return other


def test_sign_up_asks_for_address_and_password_once_and_logs_in(client: Client) -> None:
    page = text(client, "/accounts/signup/")
    assert re.findall(r'<input type="(\w+)"', page.split("<main", 1)[1]) == ["hidden", "email", "password"]
    response = client.post("/accounts/signup/", {"email": "Grace@Example.org", "password1": PASSWORD})
    assert response.headers["Location"] == "/"
    assert is_logged_in(client)
    user = User.objects.get(email="grace@example.org")
    assert user.password.startswith("argon2$argon2id$")
    assert [each.to for each in mail.outbox] == [["grace@example.org"]]


@pytest.mark.parametrize("weak", ["short", "password", "8462975318", "grace@example.org"])
def test_weak_password_is_refused(client: Client, weak: str) -> None:
    response = client.post("/accounts/signup/", {"email": "grace@example.org", "password1": weak})
    assert response.status_code == 200
    assert "id_password1_error" in response.content.decode()
    assert not User.objects.filter(email="grace@example.org").exists()


def test_taken_address_does_not_make_a_second_account(client: Client, ada: User) -> None:
    client.post("/accounts/signup/", {"email": ada.email.upper(), "password1": PASSWORD})
    assert User.objects.filter(email__iexact=ada.email).count() == 1
    assert not is_logged_in(client)


def test_wrong_password_and_unknown_address_look_the_same(client: Client, ada: User) -> None:
    def answer(email: str) -> str:
        response = client.post(LOGIN, {"login": email, "password": "not this one"})
        assert response.status_code == 200
        varying = r'value="[^"]*"|nonce="[^"]*"'
        return re.sub(varying, "", response.content.decode())

    known = answer(ada.email)
    assert "is not right" in known
    assert known == answer("nobody@example.org")


def test_reset_of_an_unknown_address_looks_the_same(client: Client, ada: User) -> None:
    answers = [client.post("/accounts/password/reset/", {"email": each}) for each in (ada.email, "nobody@example.org")]
    assert [each.headers["Location"] for each in answers] == ["/accounts/password/reset/done/"] * 2
    assert [len(each.to) for each in mail.outbox] == [1, 1]


def test_too_many_logins_meet_the_429_page(client: Client) -> None:
    statuses = [client.post(LOGIN, {"login": f"{number}@example.org"}).status_code for number in range(30)]
    assert set(statuses) == {200}
    response = client.post(LOGIN, {"login": "31@example.org"})
    assert response.status_code == 429
    assert "<h1>Too many attempts</h1>" in response.content.decode()


def test_account_is_closed_to_guessing_after_five_failures_even_from_other_addresses(ada: User) -> None:
    for number in range(5):
        assert login(Client(REMOTE_ADDR=f"192.0.2.{number}"), ada.email, "guess") == ""
    right = Client(REMOTE_ADDR="198.51.100.1")
    assert login(right, ada.email) == ""
    assert not is_logged_in(right)


def test_forwarded_address_of_a_stranger_does_not_lift_the_limit(client: Client) -> None:
    for number in range(30):
        client.post(LOGIN, {"login": "a@example.org"}, headers={"x-forwarded-for": f"192.0.2.{number}"})
    response = client.post(LOGIN, {"login": "a@example.org"}, headers={"x-forwarded-for": "192.0.2.200"})
    assert response.status_code == 429


def test_logout_needs_a_post(browser: Client) -> None:
    assert "<h1>Log out?</h1>" in text(browser, "/accounts/logout/")
    assert is_logged_in(browser)
    assert browser.post("/accounts/logout/").headers["Location"] == LOGIN
    assert not is_logged_in(browser)


def test_logout_from_another_site_is_refused(ada: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(ada)
    assert strict.post("/accounts/logout/").status_code == 403
    assert is_logged_in(strict)


def test_password_change_keeps_this_session_and_ends_the_others(browser: Client, elsewhere: Client, ada: User) -> None:
    assert is_logged_in(elsewhere)
    form = {"oldpassword": PASSWORD, "password1": "a longer walk home"}
    assert browser.post("/accounts/password/change/", form).status_code == 302
    assert is_logged_in(browser)
    assert not is_logged_in(elsewhere)
    assert login(Client(), ada.email) == ""
    assert login(Client(), ada.email, "a longer walk home") == "/"


def test_password_change_needs_the_current_one(browser: Client, ada: User) -> None:
    form = {"oldpassword": "a guess", "password1": "a longer walk home"}
    assert "This is not your current password." in browser.post("/accounts/password/change/", form).content.decode()
    assert User.objects.get(pk=ada.pk).check_password(PASSWORD)


def test_reset_by_mail_sets_a_new_password_once_and_ends_sessions(client: Client, elsewhere: Client, ada: User) -> None:
    client.post("/accounts/password/reset/", {"email": ada.email})
    (message,) = mail.outbox
    assert message.subject == "Everthread: Set a new password"
    address = client.get(link(str(message.body))).headers["Location"]
    response = client.post(address, {"password1": "a longer walk home"}, follow=True)
    assert "<h1>Password saved</h1>" in response.content.decode()
    assert not is_logged_in(elsewhere)
    assert login(client, ada.email, "a longer walk home") == "/"
    assert "This link does not work any more" in text(Client(), link(str(message.body)))


def test_address_changes_only_when_the_new_one_is_confirmed(browser: Client, ada: User) -> None:
    old = ada.email
    browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
    browser.post("/accounts/email/", {"email": "new@example.org", "action_add": ""})
    assert User.objects.get(pk=ada.pk).email == old
    (confirmation,) = [each for each in mail.outbox if each.to == ["new@example.org"]]
    browser.post(link(str(confirmation.body)))
    assert User.objects.get(pk=ada.pk).email == "new@example.org"
    assert [each.to for each in mail.outbox if "changed" in each.subject.lower()] == [[old]]


def test_open_screen_is_not_enough_to_change_the_address(browser: Client, ada: User) -> None:
    response = browser.post("/accounts/email/", {"email": "thief@example.org", "action_add": ""})
    assert response.headers["Location"].startswith("/accounts/reauthenticate/")
    assert not EmailAddress.objects.filter(email="thief@example.org").exists()


def enrol(browser: Client) -> tuple[str, list[str]]:
    """Turn two-factor login on; return the app's secret and the recovery codes."""
    browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
    found = re.search(r'class="secret">(\w+)<', text(browser, "/accounts/2fa/totp/activate/"))
    assert found
    response = browser.post("/accounts/2fa/totp/activate/", {"code": totp(found[1])}, follow=True)
    codes = re.findall(r"<li><code>(\d+)</code></li>", response.content.decode())
    assert len(codes) == 10
    return found[1], codes


def test_second_factor_is_asked_for_and_a_code_of_the_app_opens(browser: Client, ada: User) -> None:
    secret, _ = enrol(browser)
    cache.clear()
    other = Client()
    assert login(other, ada.email) == "/accounts/2fa/authenticate/"
    assert not is_logged_in(other)
    assert other.post("/accounts/2fa/authenticate/", {"code": "000000"}).status_code == 200
    assert not is_logged_in(other)
    # The code that turned it on is used up, so a later look at the same half-minute must not meet it.
    cache.clear()
    assert other.post("/accounts/2fa/authenticate/", {"code": totp(secret)}).headers["Location"] == "/"
    assert is_logged_in(other)


def test_recovery_code_opens_once(browser: Client, ada: User) -> None:
    _, codes = enrol(browser)
    first, second = Client(), Client()
    login(first, ada.email)
    assert first.post("/accounts/2fa/authenticate/", {"code": codes[3]}).headers["Location"] == "/"
    assert is_logged_in(first)
    login(second, ada.email)
    assert second.post("/accounts/2fa/authenticate/", {"code": codes[3]}).status_code == 200
    assert not is_logged_in(second)


def test_second_factor_cannot_be_turned_on_or_off_from_an_open_screen(browser: Client, elsewhere: Client) -> None:
    assert elsewhere.get("/accounts/2fa/totp/activate/").headers["Location"].startswith("/accounts/reauthenticate/")
    enrol(browser)
    assert elsewhere.post("/accounts/2fa/totp/deactivate/").headers["Location"].startswith("/accounts/reauthenticate/")
    assert Authenticator.objects.filter(type="totp").count() == 1


def test_sessions_are_listed_and_one_is_ended(browser: Client, elsewhere: Client, ada: User) -> None:
    page = text(browser, "/accounts/sessions/")
    assert "Firefox on Linux" in page
    assert page.count("This one") == 1
    other = UserSession.objects.get(user=ada, session_key=elsewhere.session.session_key)
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


def test_session_notes_when_it_was_last_used(browser: Client, ada: User) -> None:
    before = timezone.now() - timedelta(days=2)
    UserSession.objects.filter(user=ada).update(last_seen_at=before)
    browser.get(SETTINGS)
    assert UserSession.objects.get(user=ada).last_seen_at == before
    browser.get(SETTINGS, headers={"sec-fetch-mode": "navigate"})
    assert UserSession.objects.get(user=ada).last_seen_at > before + timedelta(days=1)


def test_name_is_saved(browser: Client, ada: User) -> None:
    assert browser.post(SETTINGS, {"name": "Ada <b>"}).headers["Location"] == SETTINGS
    assert User.objects.get(pk=ada.pk).first_name == "Ada <b>"
    assert "Ada &lt;b&gt;" in text(browser, SETTINGS)


def test_deletion_needs_the_password(browser: Client, ada: User) -> None:
    response = browser.post("/settings/delete/", {"password": "a guess"})
    assert "The password is not right." in response.content.decode()
    assert User.objects.filter(pk=ada.pk).exists()
    assert UserKey.objects.filter(user_id=ada.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_deletion_removes_the_user_the_keys_and_the_sessions(browser: Client, elsewhere: Client, bob: User) -> None:
    keys.create_user_key(bob.pk)
    assert UserKey.objects.count() == 2
    response = browser.post("/settings/delete/", {"password": PASSWORD}, follow=True)
    assert "Your account and everything in it is deleted." in response.content.decode()
    assert list(User.objects.filter(email__in=["alice@example.org", bob.email])) == [bob]
    assert [each.user_id for each in UserKey.objects.all()] == [bob.pk]
    assert not is_logged_in(browser)
    assert not is_logged_in(elsewhere)


def test_deletion_needs_the_second_factor_too(browser: Client, ada: User) -> None:
    _, codes = enrol(browser)
    browser.post("/settings/delete/", {"password": PASSWORD})
    browser.post("/settings/delete/", {"password": PASSWORD, "code": "000000"})
    browser.post("/settings/delete/", {"password": "a guess", "code": codes[0]})
    assert User.objects.filter(pk=ada.pk).exists()
    browser.post("/settings/delete/", {"password": PASSWORD, "code": codes[0]})
    assert not User.objects.filter(pk=ada.pk).exists()


def test_administrator_made_on_the_command_line_can_confirm_the_password(client: Client) -> None:
    root = User.objects.create_superuser("root@example.org", PASSWORD)
    assert not EmailAddress.objects.filter(user=root).exists()
    assert login(client, root.email) == "/"
    EmailAddress.objects.filter(user=root).delete()
    assert client.post("/accounts/reauthenticate/", {"password": "a guess"}).status_code == 200
    assert client.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 302


def test_administration_has_no_login_of_its_own(client: Client, browser: Client) -> None:
    assert Client().get("/admin/login/").headers["Location"].startswith(LOGIN)
    assert browser.get("/admin/login/").status_code == 403
    assert settings.AUTHENTICATION_BACKENDS == ["allauth.account.auth_backends.AuthenticationBackend"]


@pytest.mark.parametrize(("value", "meaning"), [("", "optional"), (" Mandatory ", "mandatory"), ("none", "none")])
def test_email_verification_is_read(value: str, meaning: str) -> None:
    assert email_verification(value) == meaning


def test_settings_that_mean_nothing_stop_the_start() -> None:
    with pytest.raises(ImproperlyConfigured, match="none, optional, mandatory"):
        email_verification("yes")
    with pytest.raises(ImproperlyConfigured, match="number of reverse proxies"):
        trusted_proxies("-1")
    assert trusted_proxies("") == 0


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605 Version/18 Safari/605", "Safari on macOS"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Safari/604", "Safari on iPhone"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("", "Unknown browser"),
    ],
)
def test_browsers_are_named(user_agent: str, name: str) -> None:
    assert device(user_agent) == name
