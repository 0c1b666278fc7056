"""Which rows of a list a form is about, and what to do with them.

A button's name is the verb; its value is the id of its row, or `chosen` for the rows whose boxes are ticked.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from typing import Final
from uuid import UUID

from django.core.exceptions import BadRequest
from django.http import HttpRequest

CHOSEN: Final = "chosen"


def of(request: HttpRequest, verbs: Collection[str]) -> tuple[str, list[UUID]]:
    """The verb and the ids that were sent. Raises `BadRequest` without a verb; what is no id is passed over."""
    for verb in verbs:
        if (value := request.POST.get(verb)) is not None:
            given = request.POST.getlist("ids") if value == CHOSEN else [value]
            return verb, _ids(given)
    raise BadRequest


def _ids(given: list[str]) -> list[UUID]:
    ids: dict[UUID, None] = {}
    for each in given:
        with suppress(ValueError):
            ids[UUID(each)] = None
    return list(ids)
