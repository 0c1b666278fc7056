#!/usr/bin/env python
"""Django's command line for Everthread."""

import os
import sys


def main() -> None:
    """Run the management command that the arguments name."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatapp.settings")
    from chatapp.embedded import EmbeddedError
    from chatapp.environment import EnvironmentFileError, prepare
    from chatapp.secret_files import SecretError

    try:
        prepare()
    except (EmbeddedError, EnvironmentFileError, SecretError) as error:
        sys.exit(str(error))
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
