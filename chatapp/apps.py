"""Django's entry for the chat app."""

import os

from django.apps import AppConfig


class ChatConfig(AppConfig):
    """The chat app."""

    name = "chatapp"
    verbose_name = "Chat"

    def ready(self) -> None:
        """Register checks and what follows a sign-out; forbid what would revive or send out content."""
        # LangGraph revives no types that nobody listed, and nothing people write goes to a tracing service.
        os.environ["LANGGRAPH_STRICT_MSGPACK"] = "true"
        os.environ["LANGSMITH_TRACING"] = os.environ["LANGCHAIN_TRACING_V2"] = "false"
        from chatapp import checks  # noqa: F401
        from chatapp.web import signals  # noqa: F401
