"""Accounts: sign-up, login and its limits, password, address, administrators, settings."""

from __future__ import annotations

import re

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from chatapp.accounts_config import email_verification, trusted_proxies
from chatapp.models import User
from tests.browsers import FIREFOX, LOGIN, is_logged_in, link, login, signed_in, text
from tests.conftest import PASSWORD


@pytest.fixture
def browser(alice: User) -> Client:
    """A browser in which Alice is logged in."""
    return signed_in(alice)


@pytest.fixture
def elsewhere(alice: User) -> Client:
    """A second browser in which Alice is logged in."""
    return signed_in(alice, FIREFOX)


@pytest.mark.django_db
def test_sign_up_asks_for_address_and_password_once_and_logs_in(client: Client) -> None:
    page = text(client, "/accounts/signup/")
    assert re.findall(r'<input type="(\w+)"', page.split("<main", 1)[1]) == ["hidden", "email", "password"]
    response = client.post("/accounts/signup/", {"email": "Grace@Example.org", "password1": PASSWORD})
    assert response.headers["Location"] == "/"
    assert is_logged_in(client)
    user = User.objects.get(email="grace@example.org")
    assert user.password.startswith("argon2$argon2id$")
    assert [each.to for each in mail.outbox] == [["grace@example.org"]]


@pytest.mark.django_db
@pytest.mark.parametrize("weak", ["short", "password", "8462975318", "grace@example.org"])
def test_weak_password_is_refused(client: Client, weak: str) -> None:
    response = client.post("/accounts/signup/", {"email": "grace@example.org", "password1": weak})
    assert response.status_code == 200
    assert "id_password1_error" in response.content.decode()
    assert not User.objects.filter(email="grace@example.org").exists()


def test_taken_address_does_not_make_a_second_account(client: Client, alice: User) -> None:
    client.post("/accounts/signup/", {"email": alice.email.upper(), "password1": PASSWORD})
    assert User.objects.filter(email__iexact=alice.email).count() == 1
    assert not is_logged_in(client)


def test_wrong_password_and_unknown_address_look_the_same(client: Client, alice: User) -> None:
    def answer(email: str) -> str:
        response = client.post(LOGIN, {"login": email, "password": "not this one"})
        assert response.status_code == 200
        varying = r'value="[^"]*"|nonce="[^"]*"'
        return re.sub(varying, "", response.content.decode())

    known = answer(alice.email)
    assert "is not right" in known
    assert known == answer("nobody@example.org")


def test_reset_of_an_unknown_address_looks_the_same(client: Client, alice: User) -> None:
    answers = [
        client.post("/accounts/password/reset/", {"email": each}) for each in (alice.email, "nobody@example.org")
    ]
    assert [each.headers["Location"] for each in answers] == ["/accounts/password/reset/done/"] * 2
    assert [len(each.to) for each in mail.outbox] == [1, 1]


@pytest.mark.django_db
def test_too_many_logins_meet_the_429_page(client: Client) -> None:
    statuses = [client.post(LOGIN, {"login": f"{number}@example.org"}).status_code for number in range(30)]
    assert set(statuses) == {200}
    response = client.post(LOGIN, {"login": "31@example.org"})
    assert response.status_code == 429
    assert "<h1>Too many attempts</h1>" in response.content.decode()


def test_account_is_closed_to_guessing_after_five_failures_even_from_other_addresses(alice: User) -> None:
    for number in range(5):
        assert login(Client(REMOTE_ADDR=f"192.0.2.{number}"), alice.email, "guess") == ""
    right = Client(REMOTE_ADDR="198.51.100.1")
    assert login(right, alice.email) == ""
    assert not is_logged_in(right)


@pytest.mark.django_db
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


def test_logout_from_another_site_is_refused(alice: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    assert strict.post("/accounts/logout/").status_code == 403
    assert is_logged_in(strict)


def test_password_change_keeps_this_session_and_ends_the_others(
    browser: Client, elsewhere: Client, alice: User
) -> None:
    assert is_logged_in(elsewhere)
    form = {"oldpassword": PASSWORD, "password1": "a longer walk home"}
    assert browser.post("/accounts/password/change/", form).status_code == 302
    assert is_logged_in(browser)
    assert not is_logged_in(elsewhere)
    assert login(Client(), alice.email) == ""
    assert login(Client(), alice.email, "a longer walk home") == "/"


def test_password_change_needs_the_current_one(browser: Client, alice: User) -> None:
    form = {"oldpassword": "a guess", "password1": "a longer walk home"}
    assert "This is not your current password." in browser.post("/accounts/password/change/", form).content.decode()
    assert User.objects.get(pk=alice.pk).check_password(PASSWORD)


def test_reset_by_mail_sets_a_new_password_once_and_ends_sessions(
    client: Client, elsewhere: Client, alice: User
) -> None:
    client.post("/accounts/password/reset/", {"email": alice.email})
    (message,) = mail.outbox
    assert message.subject == "Everthread: Set a new password"
    address = client.get(link(str(message.body))).headers["Location"]
    response = client.post(address, {"password1": "a longer walk home"}, follow=True)
    assert "<h1>Password saved</h1>" in response.content.decode()
    assert not is_logged_in(elsewhere)
    assert login(client, alice.email, "a longer walk home") == "/"
    assert "This link does not work any more" in text(Client(), link(str(message.body)))


def test_address_changes_only_when_the_new_one_is_confirmed(browser: Client, alice: User) -> None:
    old = alice.email
    browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
    browser.post("/accounts/email/", {"email": "new@example.org", "action_add": ""})
    assert User.objects.get(pk=alice.pk).email == old
    (confirmation,) = [each for each in mail.outbox if each.to == ["new@example.org"]]
    browser.post(link(str(confirmation.body)))
    assert User.objects.get(pk=alice.pk).email == "new@example.org"
    assert [each.to for each in mail.outbox if "changed" in each.subject.lower()] == [[old]]


def test_second_change_replaces_the_first_and_can_be_dropped(browser: Client, alice: User) -> None:
    browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
    for address in ("first@example.org", "second@example.org"):
        browser.post("/accounts/email/", {"email": address, "action_add": ""})
    pending = EmailAddress.objects.filter(user=alice).exclude(email=alice.email)
    assert [each.email for each in pending] == ["second@example.org"]
    browser.post("/accounts/email/", {"email": alice.email, "action_remove": ""})
    browser.post("/accounts/email/", {"email": "second@example.org", "action_remove": ""})
    assert [each.email for each in EmailAddress.objects.filter(user=alice)] == [alice.email]
    assert User.objects.get(pk=alice.pk).email == alice.email


def test_address_of_another_account_is_not_told_and_cannot_be_taken(browser: Client, alice: User, bob: User) -> None:
    browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
    answers = [
        browser.post("/accounts/email/", {"email": address, "action_add": ""}).headers["Location"]
        for address in ("free@example.org", bob.email)
    ]
    assert answers[0] == answers[1]
    (confirmation,) = [each for each in mail.outbox if each.to == [bob.email]]
    browser.post(link(str(confirmation.body)))
    assert {User.objects.get(pk=each.pk).email for each in (alice, bob)} == {alice.email, bob.email}


def test_open_screen_is_not_enough_to_change_the_address(browser: Client, alice: User) -> None:
    response = browser.post("/accounts/email/", {"email": "thief@example.org", "action_add": ""})
    assert response.headers["Location"].startswith("/accounts/reauthenticate/")
    assert not EmailAddress.objects.filter(email="thief@example.org").exists()


@pytest.mark.django_db
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
