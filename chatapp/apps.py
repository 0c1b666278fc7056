"""Django's entry for the chat app."""

import os

from django.apps import AppConfig


class ChatConfig(AppConfig):
    """The chat app."""

    name = "chatapp"
    verbose_name = "Chat"

    def ready(self) -> None:
        """Register checks and what follows a sign-out; forbid LangGraph to revive types nobody listed."""
        os.environ["LANGGRAPH_STRICT_MSGPACK"] = "true"
        from chatapp import checks  # noqa: F401
        from chatapp.web import signals  # noqa: F401
