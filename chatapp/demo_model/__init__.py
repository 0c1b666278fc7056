"""The demo model: a real OpenAI-compatible endpoint on loopback that needs no provider and no network.

It answers from the conversation it is sent, by rules and not by knowledge, and says so when asked. Good
enough to show every feature: streaming, Markdown, tools, memory, titles, summaries, embeddings.
"""

from __future__ import annotations

from chatapp.demo_model.server import DemoServer, start

__all__ = ["MODEL", "DemoServer", "start"]

MODEL = "everthread-demo"
