"""People's sessions: when each was last used, and ending one of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from allauth.account.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.http import HttpRequest
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin

from chatapp import logs

SEEN_EVERY: Final = timedelta(minutes=5)


class SeenMiddleware(MiddlewareMixin):
    """Notes when and from where a session was last used, at most every five minutes.

    Only page loads count, so that the chat's own requests cost nothing; allauth's own tracking would write
    on each request.
    """

    def process_request(self, request: HttpRequest) -> None:
        """Move the session's mark forward, by one conditional update."""
        if request.headers.get("Sec-Fetch-Mode") != "navigate" or not request.user.is_authenticated:
            return
        logs.about(user_id=request.user.pk)
        now = timezone.now()
        UserSession.objects.filter(
            session_key=request.session.session_key,
            user_id=request.user.pk,
            last_seen_at__lt=now - SEEN_EVERY,
        ).update(last_seen_at=now, ip=get_adapter().get_client_ip(request))
