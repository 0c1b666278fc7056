"""The audit in the administration: to list, filter and search; nobody adds to it, changes or deletes it there."""

from __future__ import annotations

from datetime import UTC
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from chatapp.models import AuditEntry, User


class ActionFilter(admin.SimpleListFilter):
    """What was done, in short words."""

    title = "action"
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Every action there is."""
        return [(action.value, _brief(action)) for action in AuditEntry.Action]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        """Entries of one of them."""
        return queryset.filter(action=self.value()) if self.value() else queryset


@admin.register(AuditEntry)
class AuditEntryAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for the type checker only
    """Who looked into or changed whose thread, when and why."""

    list_display = ("when", "actor", "what", "whose")
    list_display_links = ("when",)
    list_filter = (ActionFilter, "at")
    list_per_page = 50
    show_full_result_count = False
    ordering = ("-id",)
    actions = None
    search_fields = ("actor", "reason")
    search_help_text = "The id of a thread or checkpoint, an administrator’s or owner’s e-mail address, or a reason."
    fields = ("when", "actor", "told", "thread", "owner", "checkpoint_id", "reason", "details", "chained")
    readonly_fields = fields

    @admin.display(description="when (UTC)", ordering="id")
    def when(self, entry: AuditEntry) -> str:
        """To the second."""
        return f"{entry.at.astimezone(UTC):%-d %b %Y, %H:%M:%S}"

    @admin.display(description="action and reason", ordering="action")
    def what(self, entry: AuditEntry) -> SafeString:
        """In a word or two, and why."""
        return format_html("<b>{}</b><br>{}", _brief(entry.action), entry.reason)

    @admin.display(description="action")
    def told(self, entry: AuditEntry) -> str:
        """As its owner reads it."""
        return f"An administrator {entry.get_action_display()}"

    @admin.display(description="thread and owner", ordering="thread_id")
    def whose(self, entry: AuditEntry) -> SafeString:
        """To the thread's page, by the beginning of its id."""
        path, name = reverse("admin:chatapp_thread_change", args=[entry.thread_id]), str(entry.thread_id)
        return format_html('<a href="{}" title="{}">{}</a><br>{}', path, name, name[:8], self.owner(entry))

    @admin.display(description="thread")
    def thread(self, entry: AuditEntry) -> SafeString:
        """To its page, where it may be gone by now."""
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:chatapp_thread_change", args=[entry.thread_id]), entry.thread_id
        )

    @admin.display(description="owner", ordering="owner_id")
    def owner(self, entry: AuditEntry) -> str:
        """By e-mail address, while there is such an account."""
        return getattr(entry, "owner_email", None) or f"account {entry.owner_id}"

    @admin.display(description="hash")
    def chained(self, entry: AuditEntry) -> str:
        """What the next entry follows; `manage.py audit verify` checks it."""
        return bytes(entry.hash).hex()

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEntry]:
        """With the owners' addresses, by one query."""
        email = User.objects.filter(id=OuterRef("owner_id")).values("email")
        rows: QuerySet[AuditEntry] = super().get_queryset(request)
        return rows.annotate(owner_email=Subquery(email))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditEntry], search_term: str
    ) -> tuple[QuerySet[AuditEntry], bool]:
        """An id is a thread's or a checkpoint's; an address may be the owner's too."""
        try:
            wanted = UUID(search_term.strip())
        except ValueError:
            found, distinct = super().get_search_results(request, queryset, search_term)
            if "@" in search_term:
                owners = User.objects.filter(email__iexact=search_term.strip()).values_list("id", flat=True)
                found |= queryset.filter(owner_id__in=list(owners))
            return found, distinct
        found = queryset.filter(Q(thread_id=wanted) | Q(checkpoint_id=str(wanted)))
        return found, False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Entries come from what is done."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """They are only appended."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """They are only appended."""
        return False


def _brief(action: str) -> str:
    """An action's name, as words: "View checkpoint"."""
    return str(action).replace("_", " ").capitalize()
