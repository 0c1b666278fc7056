"""Django's administration under our policy: its scripts (jQuery, select2) put HTML into pages, so there, and only there,
Trusted Types are not required. Everything else of the policy holds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from csp.decorators import csp_replace
from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig

_NO_TRUSTED_TYPES: Final = {"require-trusted-types-for": None, "trusted-types": None}


class Site(AdminSite):
    """The stock administration, by our name."""

    site_header = site_title = "Everthread"
    index_title = "Administration"

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
        """Every page of the administration, its own scripts allowed to work."""
        relaxed: Callable[..., Any] = csp_replace(_NO_TRUSTED_TYPES)(super().admin_view(view, cacheable))
        return relaxed


class SiteConfig(AdminConfig):
    """Makes it the default site."""

    default_site = "chatapp.web.admin_site.Site"
