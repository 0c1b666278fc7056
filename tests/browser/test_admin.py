"""Django's administration works under the policy: its scripts run, and nothing is blocked."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from chatapp.models import User
from tests.browser.conftest import Enter


@pytest.mark.parametrize(
    "path",
    [
        "/admin/",
        "/admin/chatapp/user/",
        "/admin/chatapp/user/add/",
        "/admin/usersessions/usersession/",
        "/admin/procrastinate/procrastinatejob/",
    ],
)
def test_page_of_the_administration_runs_its_scripts(enter: Enter, administrator: User, path: str) -> None:
    at = enter(administrator)
    answer = at.page.goto(path)
    assert answer is not None
    assert answer.status == 200
    expect(at.page.get_by_role("link", name="Everthread")).to_be_visible()
    if path != "/admin/":
        assert at.page.evaluate("typeof django.jQuery") == "function"
