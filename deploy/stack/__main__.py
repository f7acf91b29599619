"""The command line behind the Makefile: python -m deploy.stack TARGET [arguments of its command]."""

from __future__ import annotations

import sys

from deploy.stack.targets import TARGETS, run_target, tie_to_make
from deploy.stack.terminal import say


def main() -> int:
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        say(f"usage: python -m deploy.stack {{{','.join(TARGETS)}}} [arguments]")
        return 2
    tie_to_make()
    return run_target(sys.argv[1], sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
