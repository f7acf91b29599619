#!/usr/bin/env python3
"""Django's command line for the payments back office."""

import os
import sys

OWN_SETTINGS = ("create_psp_account",)
"""Commands whose --settings are their own: Django would read the word of any command as its settings module."""


def arguments(argv: list[str]) -> list[str]:
    if len(argv) < 2 or argv[1] not in OWN_SETTINGS:
        return argv
    return [
        f"--psp-settings{one.removeprefix('--settings')}" if one.partition("=")[0] == "--settings" else one
        for one in argv
    ]


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "payments_site.settings.local")
    from django.core.management import execute_from_command_line

    execute_from_command_line(arguments(sys.argv))


if __name__ == "__main__":
    main()
