"""What every page must have: the strict policy, nothing inline, names for what one can use."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path, reverse
from django.views import defaults

from chatapp.models import User
from tests.conftest import PASSWORD

ENTRANCE = [
    "account_login",
    "account_signup",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key_done",
    "account_email_verification_sent",
    "account_inactive",
]
MANAGED = [
    "settings",
    "account_delete",
    "account_email",
    "account_change_password",
    "mfa_index",
    "mfa_activate_totp",
    "mfa_generate_recovery_codes",
    "usersessions_list",
    "account_reauthenticate",
    "memory",
    "memory_trash",
    "memory_import",
    "memory_delete",
    "preferences",
]
FOREIGN = [
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example/",
    "javascript:alert(1)",
    "https:///evil.example",
    "\thttps://evil.example",
]
DIRECTIVES = {
    "default-src": {"'none'"},
    "base-uri": {"'none'"},
    "frame-ancestors": {"'none'"},
    "form-action": {"'self'"},
    "require-trusted-types-for": {"'script'"},
}


class Page(HTMLParser):
    """Collects what the policy forbids and what a page must not lack."""

    def __init__(self, html: str, nonce: str) -> None:
        super().__init__()
        self.nonce = nonce
        self.faults: list[str] = []
        self.ids: list[str] = []
        self.described: list[str] = []
        self.inputs: list[str] = []
        self.labelled: set[str] = set()
        self.titles = 0
        self.headings = 0
        self.feed(html)
        self.faults += [f"id {each} twice" for each in self.ids if self.ids.count(each) > 1]
        self.faults += [f"aria-describedby names no element: {each}" for each in self.described if each not in self.ids]
        self.faults += [f"input without a label: {each}" for each in self.inputs if each not in self.labelled]
        if (self.titles, self.headings) != (1, 1):
            self.faults.append(f"{self.titles} titles and {self.headings} headings")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        for name, value in values.items():
            if name.startswith("on") or name == "style" or value.strip().lower().startswith("javascript:"):
                self.faults.append(f"inline {name} on <{tag}>")
        if tag == "style":
            self.faults.append("<style>")
        if tag == "script" and (not values.get("src", "").startswith("/static/") or values.get("nonce") != self.nonce):
            self.faults.append(f"<script> without its file or nonce: {values}")
        if tag in {"link", "img"} and not re.match(
            r"/static/|data:image/", values.get("href") or values.get("src", "")
        ):
            self.faults.append(f"<{tag}> from elsewhere: {values}")
        if tag == "input" and values.get("type") != "hidden":
            self.inputs.append(values.get("id", "(no id)"))
        if tag == "label":
            self.labelled.add(values.get("for", ""))
        self.titles += tag == "title"
        self.headings += tag == "h1"
        self.ids += [values["id"]] if "id" in values else []
        self.described += values.get("aria-describedby", "").split()


def policy(response: Any) -> dict[str, set[str]]:
    """The directives of the response's Content-Security-Policy."""
    parts = [part.split() for part in response.headers["Content-Security-Policy"].split(";") if part.strip()]
    return {name: set(values) for name, *values in parts}


def check(response: Any) -> str:  # Any: the test client has a response type of its own
    """Assert the headers and the markup of a page; return its nonce."""
    directives = policy(response)
    assert {name: directives[name] for name in DIRECTIVES} == DIRECTIVES
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*", "https:"} & set().union(*directives.values())
    nonces = [value for value in directives["script-src"] if value.startswith("'nonce-")]
    assert directives["script-src"] <= {"'self'", *nonces}
    nonce = nonces[0].removeprefix("'nonce-").rstrip("'") if nonces else ""
    assert Page(response.content.decode(), nonce).faults == []
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    return nonce


@pytest.fixture
def known(client: Client, alice: User) -> Client:
    """A browser in which Alice has just logged in and given her password again."""
    client.post(reverse("account_login"), {"login": alice.email, "password": PASSWORD})
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


@pytest.mark.django_db
@pytest.mark.parametrize("name", ENTRANCE)
def test_page_of_the_entrance_keeps_the_policy(client: Client, name: str) -> None:
    response = client.get(reverse(name))
    assert response.status_code == 200
    assert check(response) != ""


@pytest.mark.parametrize("name", MANAGED)
def test_page_behind_the_login_keeps_the_policy(known: Client, name: str) -> None:
    response = known.get(reverse(name))
    assert response.status_code == 200
    assert check(response) != ""


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["account_login", "account_signup", "account_reset_password"])
def test_page_with_errors_keeps_the_policy(client: Client, name: str) -> None:
    response = client.post(reverse(name), {"email": "no address", "login": "no address", "password1": "1"})
    assert response.status_code == 200
    assert 'aria-invalid="true"' in response.content.decode()
    assert "field-error" in response.content.decode()
    check(response)


@pytest.mark.django_db
def test_each_response_has_its_own_nonce(client: Client) -> None:
    assert check(client.get(reverse("account_login"))) != check(client.get(reverse("account_login")))


@pytest.mark.parametrize(
    "html",
    [
        '<title>a</title><h1>a</h1><p style="color:red">',
        '<title>a</title><h1>a</h1><p onclick="x()">',
        "<title>a</title><h1>a</h1><style>p{}</style>",
        "<title>a</title><h1>a</h1><script>x()</script>",
        '<title>a</title><h1>a</h1><script src="/static/a.js"></script>',
        '<title>a</title><h1>a</h1><script nonce="n" src="https://cdn.example/a.js"></script>',
        '<title>a</title><h1>a</h1><a href="javascript:x()">a</a>',
        '<title>a</title><h1>a</h1><img src="https://elsewhere.example/a.png">',
        '<title>a</title><h1>a</h1><input id="a">',
        '<title>a</title><h1>a</h1><p id="a"><p id="a">',
        '<title>a</title><h1>a</h1><p aria-describedby="none">',
        "<title>a</title>",
    ],
)
def test_the_check_itself_finds_faults(html: str) -> None:
    assert Page(html, "n").faults


@pytest.mark.django_db
@pytest.mark.parametrize("name", [*MANAGED, "new_chat"])
def test_stranger_is_sent_to_the_login_and_back(client: Client, name: str) -> None:
    response = client.get(reverse(name))
    assert response.status_code == 302
    target = urlsplit(response.headers["Location"])
    assert target.path == reverse("account_login")
    assert parse_qs(target.query)["next"] == [reverse(name)]


def test_login_goes_on_to_the_page_that_was_asked_for(client: Client, alice: User) -> None:
    form = {"login": alice.email, "password": PASSWORD, "next": reverse("usersessions_list")}
    assert client.post(reverse("account_login"), form).headers["Location"] == reverse("usersessions_list")


@pytest.mark.parametrize("foreign", FOREIGN)
def test_login_never_goes_on_to_another_site(client: Client, alice: User, foreign: str) -> None:
    form = {"login": alice.email, "password": PASSWORD, "next": foreign}
    response = client.post(reverse("account_login"), form)
    assert response.status_code == 302
    assert response.headers["Location"] == reverse("new_chat")


@pytest.mark.parametrize("foreign", FOREIGN)
@pytest.mark.parametrize("name", ["theme", "account_logout"])
def test_other_redirects_stay_on_the_site(known: Client, name: str, foreign: str) -> None:
    response = known.post(reverse(name), {"theme": "dark", "next": foreign})
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/")
    assert "evil" not in response.headers["Location"]


def _raise(_: HttpRequest) -> HttpResponse:
    raise RuntimeError


urlpatterns = [
    path("broken/", _raise),
    path("denied/", lambda request: defaults.permission_denied(request, PermissionError())),
    path("senseless/", lambda request: defaults.bad_request(request, ValueError())),
    path("", include("chatapp.urls")),
]


@pytest.mark.django_db
@pytest.mark.urls(__name__)
@pytest.mark.parametrize(
    ("address", "status", "title"),
    [
        ("/there/is/nothing/", 404, "Nothing here"),
        ("/denied/", 403, "This is not yours to open"),
        ("/senseless/", 400, "This request makes no sense"),
        ("/broken/", 500, "Something broke"),
    ],
)
def test_error_page_is_ours_and_keeps_the_policy(client: Client, address: str, status: int, title: str) -> None:
    client.raise_request_exception = False
    response = client.get(address)
    assert response.status_code == status
    assert f"<h1>{title}</h1>" in response.content.decode()
    check(response)


def test_form_without_its_token_is_refused_on_our_page(alice: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    response = strict.post(reverse("account_login"), {"login": alice.email, "password": "x"})
    assert response.status_code == 403
    assert "This page was open too long" in response.content.decode()
    check(response)


@pytest.mark.django_db
def test_theme_is_on_the_page_from_its_first_byte(client: Client) -> None:
    assert "data-theme" not in client.get(reverse("account_login")).content.decode()
    client.post(reverse("theme"), {"theme": "dark"})
    assert '<html lang="en" data-theme="dark">' in client.get(reverse("account_login")).content.decode()
    client.post(reverse("theme"), {"theme": "system"})
    assert "data-theme" not in client.get(reverse("account_login")).content.decode()


@pytest.mark.django_db
def test_theme_cookie_from_elsewhere_reaches_no_markup(client: Client) -> None:
    client.cookies["theme"] = 'dark"><script>'
    assert "data-theme" not in client.get(reverse("account_login")).content.decode()
