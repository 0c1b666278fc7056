"""The real settings, and an application that takes away the guards which CHAOS_UNGUARDED names."""

from chatapp.settings import *  # noqa: F403 - everything is as it is
from chatapp.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.chaos.unguarded.apps.Unguarded"]
