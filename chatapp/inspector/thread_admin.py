"""Threads in the administration: a list without titles or content, and the addresses of the inspector's pages."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import BooleanField, Count, Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from chatapp.inspector import acts, bulk, pages, reasons
from chatapp.models import Message, Run, Thread

# By the primary key of the checkpoints, thread by thread: nothing else leads to one by its id alone.
_HAS_CHECKPOINT: Final = """
EXISTS (
    SELECT FROM checkpoints
    WHERE thread_id = chatapp_thread.id::text AND checkpoint_ns = '' AND checkpoint_id = %s
)
"""
# What a live run is called; of several the first stands for the thread.
_LIVE: Final[dict[str, str]] = {"running": "Running", "waiting": "Asks its owner", "queued": "Queued"}


class StateFilter(admin.SimpleListFilter):
    """What a thread does now."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The states of a live run, none, and a failed last one."""
        return [*_LIVE.items(), ("idle", "Idle"), ("failed", "Failed last")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Thread]) -> QuerySet[Thread]:
        """Those in this state."""
        runs = Run.objects.filter(thread_id=OuterRef("pk"))
        if self.value() == "idle":
            return queryset.exclude(Exists(runs.filter(state__in=Run.LIVE)))
        if self.value() == "failed":
            return queryset.filter(head__status=Message.Status.FAILED)
        return queryset.filter(Exists(runs.filter(state=self.value()))) if self.value() in _LIVE else queryset


class PlaceFilter(admin.SimpleListFilter):
    """Where its owner finds a thread."""

    title = "place"
    parameter_name = "place"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The owner's list, the trash, or nowhere."""
        return [("list", "In the list"), ("trash", "In the trash"), ("temporary", "Temporary")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Thread]) -> QuerySet[Thread]:
        """Those that lie there."""
        match self.value():
            case "list":
                return queryset.filter(temporary=False, trashed_at=None)
            case "trash":
                return queryset.filter(trashed_at__isnull=False)
            case "temporary":
                return queryset.filter(temporary=True)
        return queryset


class ThreadList(ChangeList):
    """A page of threads, with what is counted of these only."""

    def get_results(self, request: HttpRequest) -> None:
        """Two more queries for the page, however many threads there are."""
        super().get_results(request)
        found: list[Any] = list(self.result_list)
        ids = [thread.pk for thread in found]
        live = Run.objects.filter(thread_id__in=ids, state__in=Run.LIVE).values_list("thread_id", "state")
        states = dict(sorted(live, key=lambda each: list(_LIVE).index(each[1]), reverse=True))
        counted = Message.objects.filter(thread_id__in=ids).values("thread_id").annotate(count=Count("id")).order_by()
        counts = {row["thread_id"]: row["count"] for row in counted}
        for thread in found:
            thread.live_state = states.get(thread.pk, "")
            thread.message_count = counts.get(thread.pk, 0)
        self.result_list = found


@admin.register(Thread)
class ThreadAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for the type checker only
    """Threads, found by their ids and owners; what is written in them is behind the audit's gate."""

    list_display = ("short_id", "owner", "state", "message_count", "active")
    list_filter = (StateFilter, PlaceFilter, "active_at", "created_at")
    list_select_related = ("owner", "head")
    list_per_page = 50
    show_full_result_count = False
    ordering = ("-active_at", "-id")
    actions = (bulk.stop_answers,)
    search_fields = ("owner__email",)
    search_help_text = "The id of a thread, checkpoint, message or run, or an owner’s e-mail address."

    class Media:
        """Ids and addresses keep to their columns."""

        css = {"all": ["css/inspector-list.css"]}

    @admin.display(description="thread", ordering="id")
    def short_id(self, thread: Thread) -> SafeString:
        """As much of it as tells it from others; all of it where the pointer rests."""
        return format_html('<code title="{}">{}</code>', thread.pk, str(thread.pk)[:8])

    @admin.display(description="last active", ordering="active_at")
    def active(self, thread: Thread) -> str:
        """To the minute."""
        return f"{thread.active_at:%-d %b %Y, %H:%M}"

    @admin.display(description="state")
    def state(self, thread: Any) -> SafeString:  # Any: a thread with what `ThreadList` counted
        """In a word: what it does, and where it lies."""
        failed = thread.head is not None and thread.head.status == Message.Status.FAILED
        word = _LIVE.get(thread.live_state, "Failed" if failed else "Idle")
        place = "in the trash" if thread.trashed_at else "temporary" if thread.temporary else ""
        return format_html('{} <span class="quiet">{}</span>', word, place)

    @admin.display(description="messages")
    def message_count(self, thread: Any) -> int:  # Any: as above
        """On all its branches."""
        return int(thread.message_count)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Ours, which counts."""
        return ThreadList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Thread], search_term: str
    ) -> tuple[QuerySet[Thread], bool]:
        """An id is looked for among all ids that lead to a thread; anything else is part of an owner's address."""
        try:
            wanted = UUID(search_term.strip())
        except ValueError:
            return super().get_search_results(request, queryset, search_term)
        found = Q(pk=wanted) | Q(Exists(Message.objects.filter(thread_id=OuterRef("pk"), id=wanted)))
        has_checkpoint = Q(RawSQL(_HAS_CHECKPOINT, [str(wanted)], output_field=BooleanField()))  # noqa: S611
        found |= Q(Exists(Run.objects.filter(thread_id=OuterRef("pk"), id=wanted)))
        return queryset.filter(found | has_checkpoint), False

    def get_urls(self) -> list[URLPattern]:
        """The stock addresses without adding and deleting, the inspector's pages, and the acts."""
        site = self.admin_site
        stock = [each for each in super().get_urls() if each.name in _STOCK]
        own = [
            path(f"<uuid:thread_id>/{below}", site.admin_view(page), name=f"chatapp_thread_{name}")
            for below, name, page in (
                ("timeline/", "timeline", pages.timeline),
                ("checkpoint/<uuid:checkpoint_id>/", "checkpoint", pages.checkpoint),
                ("compare/", "compare", pages.compare),
            )
        ]
        return [*own, *acts.urls(site), *stock]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The thread's page."""
        return pages.thread(request, object_id)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The audit of this thread: what was done with it is kept there."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(f"{reverse('admin:chatapp_auditentry_changelist')}?q={object_id}")

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Who may change threads may do so from the list."""
        return request.user.has_perm(reasons.ACT)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Threads are begun by their owners."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What may be changed has pages and permissions of its own."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only their owners delete threads."""
        return False


_STOCK: Final = {"chatapp_thread_changelist", "chatapp_thread_change", "chatapp_thread_history"}
