"""Django's administration under our policy: its scripts (jQuery, select2) put HTML into pages, so there, and there
only, Trusted Types are not required. Everything else of the policy holds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar, cast

from csp.decorators import csp_replace
from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.http import HttpResponseBase

_View = TypeVar("_View", bound=Callable[..., HttpResponseBase])
_NO_TRUSTED_TYPES: Final = {"require-trusted-types-for": None, "trusted-types": None}


class Site(AdminSite):
    """The stock administration, by our name."""

    site_header = site_title = "Everthread"
    index_title = "Administration"

    def admin_view(self, view: _View, cacheable: bool = False) -> _View:
        """Every page of the administration, its own scripts allowed to work."""
        return cast("_View", csp_replace(_NO_TRUSTED_TYPES)(super().admin_view(view, cacheable)))


class SiteConfig(AdminConfig):
    """Makes it the default site."""

    default_site = "chatapp.web.admin_site.Site"
