"""Processes of the harness whose guards are off: `DJANGO_SETTINGS_MODULE=tests.chaos.unguarded.settings`."""
