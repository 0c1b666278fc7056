"""Takes guards away when Django is ready."""

from __future__ import annotations

import os
import uuid
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.apps import AppConfig


class Unguarded(AppConfig):
    """`CHAOS_UNGUARDED`: idempotency (a repeated frame is a new message), clock (the process's clock ends leases)."""

    name = "tests.chaos.unguarded"
    label = "chaos_unguarded"

    def ready(self) -> None:
        """Replace what guards."""
        {"idempotency": _forget_ids, "clock": _trust_own_clock}[os.environ["CHAOS_UNGUARDED"]]()


def _forget_ids() -> None:
    from chatapp import runs

    accept = runs.accept

    def accept_anew(user_id: int, thread_id: UUID, question: runs.Question, desk: Any) -> runs.Accepted:
        return accept(user_id, thread_id, runs.Question(uuid.uuid4(), question.text, question.model), desk)

    runs.accept = accept_anew


def _trust_own_clock() -> None:
    from django.db.models import DateTimeField, Value

    from chatapp import fairness, runs

    shift = float(os.environ.get("CHAOS_CLOCK_SHIFT", "0"))
    own = f"clock_timestamp() + {shift} * interval '1 second'"
    vars(fairness)["UNTAKEN"] = fairness.UNTAKEN.replace("clock_timestamp()", own)
    vars(runs)["Now"] = lambda: Value(datetime.now(UTC), output_field=DateTimeField())
