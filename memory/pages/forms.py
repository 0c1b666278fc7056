"""The forms of the memory pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.conf import settings

from chatapp.refusals import Refusal
from memory import preferences
from memory.entries import TEXT_CHARS, checked
from memory.preferences import LONGEST, Preferences


def _choices(said: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(value, text[0].upper() + text[1:]) for value, text in said.items()]


class TextField(forms.CharField):
    """Text whose line ends count once, as browsers count them against the longest."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:  # Any: what was sent
        """The text with plain line ends."""
        return str(super().to_python(value)).replace("\r\n", "\n")


class MemoryForm(forms.Form):
    """The text of one memory, and the version that it is a change of."""

    text = TextField(label="Memory", max_length=TEXT_CHARS, widget=forms.Textarea(attrs={"rows": 2}))
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def clean_text(self) -> str:
        """On one line, without what nobody can see."""
        try:
            return checked(self.cleaned_data["text"])
        except Refusal as refused:
            raise forms.ValidationError(str(refused)) from None


class ImportForm(forms.Form):
    """A file of memories."""

    file = forms.FileField(
        label="File",
        help_text="JSON: an export of Everthread, or a list of texts.",
        widget=forms.FileInput(attrs={"accept": ".json,application/json"}),
        error_messages={"required": "Choose a file of at most 8 MB.", "missing": "Choose a file of at most 8 MB."},
    )


class PreferencesForm(forms.Form):
    """What a user can choose. The groups are those of the page."""

    GROUPS: Final = {
        "you": ("name", "about"),
        "answers": ("tone", "length", "language", "instructions"),
        "chat": ("model", "theme"),
        "memory": ("memory", "ask"),
    }

    name = forms.CharField(
        label="What to call you",
        max_length=LONGEST["name"],
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
    )
    about = TextField(
        label="About you",
        max_length=LONGEST["about"],
        required=False,
        help_text="Your work, what you know, what matters to you: whatever should be known in every conversation.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    tone = forms.ChoiceField(
        label="Tone", required=False, choices=[("", "As the model likes"), *_choices(preferences.TONES)]
    )
    length = forms.ChoiceField(
        label="Length", required=False, choices=[("", "As the question asks for"), *_choices(preferences.LENGTHS)]
    )
    language = forms.CharField(
        label="Language",
        max_length=LONGEST["language"],
        required=False,
        help_text="Such as German, or Brazilian Portuguese. Empty: that of the question.",
    )
    instructions = TextField(
        label="Instructions",
        max_length=LONGEST["instructions"],
        required=False,
        help_text="Added to the prompt as you write them.",
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    model = forms.ChoiceField(label="Model of new messages", required=False)
    theme = forms.ChoiceField(
        label="Theme",
        choices=[("system", "System"), ("light", "Light"), ("dark", "Dark")],
        widget=forms.RadioSelect,
    )
    memory = forms.BooleanField(
        label="Memory",
        required=False,
        help_text="Read memories into conversations, and let the assistant keep new ones. Off, none is read or saved; "
        "what there is stays.",
    )
    ask = forms.BooleanField(
        label="Ask before saving",
        required=False,
        help_text="A card in the conversation shows what would be kept, changed or forgotten, and waits for you.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # Any: a form's own arguments
        super().__init__(*args, **kwargs)
        offered = self.fields["model"]
        assert isinstance(offered, forms.ChoiceField)
        offered.choices = [("", f"The site's own ({settings.OPENAI_MODEL})"), *((each, each) for each in _models())]

    def group(self, name: str) -> list[forms.BoundField]:
        """The fields of one group of the page; a choice of one is none."""
        return [self[each] for each in self.GROUPS[name] if each != "model" or _models()]

    def chosen(self) -> Preferences:
        """The preferences of a valid form."""
        return Preferences(**self.cleaned_data)


def _models() -> list[str]:
    """The models that one can choose besides the site's own."""
    return list(settings.OPENAI_MODELS[1:])
