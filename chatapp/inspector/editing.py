"""The two acts whose forms are made from what the thread holds: changing its state, and answering what it asks.

Both show content, so both stand behind the gate of `chatapp.inspector.reasons` too.
"""

from __future__ import annotations

import json
from collections.abc import Coroutine, Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from langchain_core.messages import BaseMessage
from langgraph.graph import END, START

from chatapp import audit, claims, keys, process, timetravel
from chatapp.access import NotFound
from chatapp.graph import build
from chatapp.inspector import reasons, snapshots
from chatapp.inspector.act_page import ActForm, ActPage, CheckpointAct, undo_offer
from chatapp.models import AuditEntry, Run
from chatapp.refusals import Refusal
from memory import memories

ROLES = (("user", "User"), ("assistant", "Assistant"))
DECISIONS = (("", "Leave it open"), ("accept", "Accept"), ("edit", "Accept with another text"), ("decline", "Decline"))


class UpdateForm(ActForm):
    """What every update has: the node that it is written as."""

    as_node = forms.ChoiceField(
        label="As the node",
        initial=build.ANSWERING,
        help_text="What follows is decided as if this node had written it.",
    )

    def __init__(self, *args: Any, values: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.values = values
        named = {START: "the input", END: "the end: what would follow is dropped, and nothing else changes"}
        nodes = [(name, named.get(name, name)) for name in (*build.compiled().nodes, END)]
        self.fields["as_node"].choices = nodes  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Something has to change, and at the end nothing can."""
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and bool(self.changes()) == (cleaned["as_node"] == END):
            raise ValidationError("The end takes no values." if self.changes() else "Nothing was changed.")
        return cleaned

    def update(self) -> dict[str, Any] | None:
        """What is handed to the reducers. The form is valid."""
        return None if self.cleaned_data["as_node"] == END else self.changes()

    def changes(self) -> dict[str, Any]:
        """What is given, by the names of values."""
        raise NotImplementedError


class JsonForm(UpdateForm):
    """An update as JSON: all that LangGraph takes."""

    update_json = forms.CharField(
        label="Values",
        initial="{}",
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false", "class": "act-json"}),
        help_text=(
            "Only what is named changes. A message with the id of one that is there takes its place, one without an id "
            'is added, and {"type": "remove", "id": "…", "content": ""} takes one away.'
        ),
    )
    field_order = ["as_node", "update_json", "reason"]

    def clean_update_json(self) -> dict[str, Any]:
        """An object."""
        try:
            value = json.loads(self.cleaned_data["update_json"])
        except ValueError as error:
            where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
            raise ValidationError(f"This is not valid JSON{where}.") from None
        if not isinstance(value, dict):
            raise ValidationError("This must be a JSON object: the names of values, and what they become.")
        return value

    def changes(self) -> dict[str, Any]:
        """As it was written."""
        return dict(self.cleaned_data["update_json"])


class ValuesForm(UpdateForm):
    """An update as a form: messages reworded, removed or added, and the summary."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.messages = [each for each in self.values.get("messages", []) if isinstance(each.content, str)]
        for number, message in enumerate(self.messages):
            name = f"{_role(message)} {number + 1}"
            self.fields[f"text_{number}"] = _text(label=name, initial=message.content, strip=False)
            self.fields[f"remove_{number}"] = forms.BooleanField(required=False, label=f"Remove {name.lower()}")
        self.fields["add_role"] = forms.ChoiceField(choices=ROLES, initial="user", label="Role of a new message")
        self.fields["add_text"] = _text(label="New message")
        self.fields["summary"] = _text(label="Summary of what came before", initial=self.values.get("summary", ""))
        self.order_fields(["as_node", *(name for name in self.fields if name not in {"as_node", "reason"}), "reason"])

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The fields of each message, for the template."""
        return [
            {
                "role": _role(message),
                "id": message.id,
                "text": self[f"text_{number}"],
                "remove": self[f"remove_{number}"],
            }
            for number, message in enumerate(self.messages)
        ]

    @property
    def longer(self) -> int:
        """How many messages are not plain text, and can be changed as JSON only."""
        return len(self.values.get("messages", [])) - len(self.messages)

    def changes(self) -> dict[str, Any]:
        """What differs from the values there are."""
        given, changed = self.cleaned_data, []
        for number, message in enumerate(self.messages):
            said = given[f"text_{number}"].replace("\r\n", "\n")
            if given[f"remove_{number}"]:
                changed.append({"type": "remove", "id": message.id, "content": ""})
            elif said != str(message.content).replace("\r\n", "\n"):
                changed.append(message.model_copy(update={"content": said}))
        if given["add_text"]:
            changed.append({"type": given["add_role"], "content": given["add_text"].replace("\r\n", "\n")})
        update: dict[str, Any] = {"messages": changed} if changed else {}
        if given["summary"] != self.values.get("summary", ""):
            update["summary"] = given["summary"]
        return update


class Update(CheckpointAct):
    """Change the state of a checkpoint as one of the graph's nodes would."""

    title, button, done = "Update the state", "Update", "The state was changed."
    template = "admin/chatapp/thread/update.html"
    needs = (reasons.VIEW, reasons.ACT, reasons.INSPECT)
    view = AuditEntry.Action.VIEW_CHECKPOINT

    @cached_property
    def values(self) -> Mapping[str, Any]:
        """The checkpoint's, opened: only after the gate."""
        try:
            return process.call(lambda: snapshots.snapshot(self.thread.id, self.checkpoint_id)).values
        except snapshots.NoCheckpoint:
            raise NotFound from None

    @property
    def as_json(self) -> bool:
        """Which of the two forms."""
        return "json" in self.request.GET

    def form(self, **given: Any) -> UpdateForm:
        """The form with the checkpoint's values."""
        return (JsonForm if self.as_json else ValuesForm)(values=self.values, **given)

    def more(self) -> dict[str, Any]:
        """Both forms are reached from each other; the values are shown beside the JSON."""
        now = json.dumps(snapshots.plain(self.values), indent=2, ensure_ascii=False) if self.as_json else ""
        return {"as_json": self.as_json, "now": now}

    def effects(self) -> list[str]:
        """What becomes of the thread."""
        return [
            "A new checkpoint is written from this one, through the reducers; the thread goes on from there.",
            "Messages that differ become siblings in the thread. What followed this checkpoint leaves the view.",
            *self.stopping(),
            "The owner sees at once that the thread was changed, and can read your reason. It can be undone.",
        ]

    def act(self, by: audit.Grounds, form: ActForm) -> Coroutine[Any, Any, UUID]:
        """Update."""
        assert isinstance(form, UpdateForm)
        as_node = form.cleaned_data["as_node"]
        return timetravel.update(self.thread.id, self.checkpoint_id, form.update(), as_node, by)

    def told(self, made: UUID) -> SafeString:
        """With the way back."""
        return undo_offer(self.done, self.thread.id, made)


class RespondForm(ActForm):
    """A decision on each open question."""

    def __init__(self, *args: Any, asks: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asks = asks
        for each, ask in asks.items():
            self.fields[f"decision_{each}"] = forms.ChoiceField(choices=DECISIONS, required=False, label="Decision")
            self.fields[f"text_{each}"] = _text(label="Text to keep instead", initial=ask.get("text", ""))

    @property
    def rows(self) -> list[dict[str, Any]]:
        """What is asked, with its fields."""
        return [
            {"ask": ask, "decision": self[f"decision_{each}"], "text": self[f"text_{each}"]}
            for each, ask in self.asks.items()
        ]

    def clean(self) -> dict[str, Any]:
        """At least one decision; and another text must be one."""
        cleaned = super().clean() or self.cleaned_data
        if not any(cleaned.get(f"decision_{each}") for each in self.asks):
            raise ValidationError("Decide at least one question.")
        for each in self.asks:
            if cleaned.get(f"decision_{each}") == "edit":
                try:
                    cleaned[f"text_{each}"] = memories.checked(cleaned.get(f"text_{each}", ""))
                except Refusal as refused:
                    self.add_error(f"text_{each}", str(refused))
        return cleaned

    def responses(self) -> dict[str, claims.Response]:
        """By the interrupt's id. The form is valid."""
        made: dict[str, claims.Response] = {}
        for each in self.asks:
            if decision := self.cleaned_data[f"decision_{each}"]:
                made[each] = {"decision": decision}
                if decision == "edit":
                    made[each]["text"] = self.cleaned_data[f"text_{each}"]
        return made


class Respond(ActPage):
    """Answer what the thread's run asks, in its owner's place."""

    title, button, done = "Answer what is asked", "Answer", "It was answered, and the run goes on."
    template = "admin/chatapp/thread/respond.html"
    needs = (reasons.VIEW, reasons.ACT, reasons.INSPECT)
    view = AuditEntry.Action.VIEW_THREAD

    @cached_property
    def asks(self) -> dict[str, Any]:
        """The open questions by their interrupt's id, opened: only after the gate."""
        run = Run.objects.filter(thread_id=self.thread.id, state=Run.State.WAITING).first()
        if run is None:
            return {}
        asked = claims.asked(run, keys.thread_sealer(self.thread.owner_id, self.thread.id))
        return {each: one["ask"] for each, one in asked.items() if not one["answer"]}

    def form(self, **given: Any) -> RespondForm:
        """The form with what is asked."""
        return RespondForm(asks=self.asks, **given)

    def impossible(self) -> str:
        """Nothing may be asked."""
        return "" if self.asks else "This thread asks nothing now."

    def effects(self) -> list[str]:
        """What an answer does."""
        return [
            "The run goes on with your decision in the owner's place. What is accepted is done: saved, or forgotten.",
            "Questions you leave open are still the owner's to answer.",
        ]

    def act(self, by: audit.Grounds, form: ActForm) -> Coroutine[Any, Any, UUID]:
        """Respond."""
        assert isinstance(form, RespondForm)
        return timetravel.respond(self.thread.id, form.responses(), by)


def _text(**given: Any) -> forms.CharField:
    return forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 3}), **given)


def _role(message: BaseMessage) -> str:
    return {"human": "User", "ai": "Assistant", "tool": "Tool"}.get(message.type, message.type.title())
