"""People at their browsers, without a browser: what the tests of the account pages do again and again."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import struct
import time

from django.test import Client

from chatapp.models import User
from tests.conftest import PASSWORD

LOGIN, SETTINGS = "/accounts/login/", "/settings/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


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


def signed_in(user: User, user_agent: str = "") -> Client:
    """A browser in which the user has just logged in."""
    client = Client(headers={"user-agent": user_agent})
    assert login(client, user.email) == "/"
    return client
