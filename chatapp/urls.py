"""Every address of the site, but for those of `chatapp.web.ops`, which are answered before Django."""

from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView

from chatapp.web import api, pages

urlpatterns = [
    path("", pages.chat, name="new_chat"),
    path("t/<uuid:thread_id>/", pages.chat, name="thread"),
    path("t/<uuid:thread_id>/state", api.state, name="thread_state"),
    path("t/<uuid:thread_id>/messages", api.messages, name="thread_messages"),
    path("t/<uuid:thread_id>/branches", api.branch_map, name="thread_branches"),
    path("t/<uuid:thread_id>/show", api.show, name="thread_show"),
    path("t/<uuid:thread_id>/label", api.label, name="thread_label"),
    path("t/<uuid:thread_id>/fork", api.fork, name="thread_fork"),
    path("t/<uuid:thread_id>/rename", api.rename, name="thread_rename"),
    path("t/<uuid:thread_id>/trash", api.trash, name="thread_trash"),
    path("t/<uuid:thread_id>/restore", api.restore, name="thread_restore"),
    path("t/<uuid:thread_id>/delete", api.delete, name="thread_delete"),
    path("t/<uuid:thread_id>/seen", api.seen, name="thread_seen"),
    path("t/<uuid:thread_id>/access/", pages.who_looked, name="thread_access"),
    path("threads", api.listing, name="threads"),
    path("trash/", pages.trash, name="trash"),
    path("trash/<uuid:thread_id>/restore/", pages.trash_restore, name="trash_restore"),
    path("trash/<uuid:thread_id>/delete/", pages.trash_delete, name="trash_delete"),
    path("", include("chatapp.web.account_urls")),
    path("", include("memory.pages.urls")),
    path("admin/", admin.site.urls),
    path("favicon.ico", RedirectView.as_view(url=static("favicon.svg"), permanent=True), name="favicon"),
]
