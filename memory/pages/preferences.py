"""The page of preferences, with the text that they add to every prompt."""

from __future__ import annotations

from dataclasses import asdict

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from chatapp import context
from memory import preferences as verbs
from memory.pages.forms import PreferencesForm
from memory.pages.signed_in import user_id_of


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """The form. A POST saves it, or with `preview` only shows what it would add; as JSON where that is asked for."""
    user_id = user_id_of(request)
    saved = verbs.load(user_id)
    initial = {**asdict(saved), "theme": saved.theme or request.COOKIES.get(context.THEME_COOKIE, "") or "system"}
    form = PreferencesForm(request.POST if request.method == "POST" else None, initial=initial)
    previewed = "preview" in request.POST
    valid = request.method == "POST" and form.is_valid()
    if valid and not previewed:
        verbs.save(user_id, form.chosen())
        messages.success(request, "Saved. It holds from the next message on.")
        answer = redirect("preferences")
        context.remember_theme(request, answer, form.chosen().theme)
        return answer
    block = verbs.block(form.chosen() if valid else saved)
    if previewed and not request.accepts("text/html"):
        return JsonResponse({"text": block}, status=200 if valid else 400)
    groups = {name: form.group(name) for name in form.GROUPS}
    return render(
        request, "memory/preferences.html", {"form": form, "groups": groups, "added": block, "previewed": previewed}
    )
