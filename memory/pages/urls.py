"""Addresses of memory and preferences."""

from __future__ import annotations

from django.urls import path

from memory.pages import api, exchange, listing, memory, preferences, trash

urlpatterns = [
    path("memory/", listing.memories, name="memory"),
    path("memory/add/", listing.add, name="memory_add"),
    path("memory/choose/", listing.choose, name="memory_choose"),
    path("memory/items", api.items, name="memory_items"),
    path("memory/undo", api.undo, name="memory_undo"),
    path("memory/trash/", trash.trash, name="memory_trash"),
    path("memory/trash/choose/", trash.choose, name="memory_trash_choose"),
    path("memory/export/", exchange.export, name="memory_export"),
    path("memory/import/", exchange.start, name="memory_import"),
    path("memory/import/<uuid:import_id>/", exchange.staged, name="memory_staged"),
    path("memory/import/<uuid:import_id>/discard/", exchange.discard, name="memory_discard"),
    path("memory/delete/", trash.delete_all, name="memory_delete"),
    path("memory/<uuid:memory_id>/", memory.memory, name="memory_one"),
    path("memory/<uuid:memory_id>/version/", memory.version, name="memory_version"),
    path("preferences/", preferences.preferences, name="preferences"),
]
