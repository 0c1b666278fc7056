"""What Django admin shows of accounts. Threads have an inspector of their own; no content is shown here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest

from chatapp import process, threads
from chatapp.inspector import audit_admin, thread_admin  # noqa: F401  # they register themselves
from chatapp.models import Thread, User
from chatapp.streaming import protocol


@admin.register(User)
class EmailUserAdmin(UserAdmin):  # type: ignore[type-arg]  # generic for the type checker only
    """Users, who are known by their e-mail address."""

    ordering = ("email",)
    list_display = ("email", "first_name", "is_staff", "is_active", "last_login")
    search_fields = ("email", "first_name")
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        ("Person", {"fields": ("first_name",)}),
        ("Rights", {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("email", "usable_password", "password1", "password2")}),)

    def get_deleted_objects(
        self, objs: Sequence[Any] | QuerySet[Any], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:  # Any: as the base has them
        """Threads go with their owner's account, though nobody may delete one by itself here."""
        listed, counts, forbidden, protected = super().get_deleted_objects(objs, request)
        threads_of_theirs = str(Thread._meta.verbose_name)  # noqa: SLF001  # Django documents it
        return listed, counts, forbidden - {threads_of_theirs}, protected

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        """Delete the account as its owner would: keys, threads, checkpoints, sockets."""
        user_id = obj.pk
        threads.delete_account(obj)
        process.tell(lambda here: here.hub.close_user(user_id, protocol.SIGNED_OUT))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Delete each account by itself."""
        for user in queryset:
            self.delete_model(request, user)


admin.site.unregister(UserSession)


@admin.register(UserSession)
class SessionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for the type checker only
    """Sessions, to look at and to end; allauth's own page searches by a user name, which nobody has here."""

    list_display = ("user", "ip", "created_at", "last_seen_at")
    search_fields = ("user__email",)
    raw_id_fields = ("user",)

    def has_add_permission(self, request: object) -> bool:
        """Sessions come from signing in."""
        return False
