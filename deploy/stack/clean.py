"""Removes what the targets made: servers' data, logs, secrets, caches. The virtual environment stays.

Run as `python3 -m deploy.stack.clean`, with any Python 3.11 or 3.12.
"""

from __future__ import annotations

import shutil
import sys

from deploy.stack import account, proctable, rundir
from deploy.stack.program import StackError
from deploy.stack.rundir import CHECKOUT
from deploy.stack.terminal import say

_CACHES = (".mypy_cache", ".ruff_cache", ".pytest_cache", ".import_linter_cache", ".hypothesis", "htmlcov")


def main() -> int:
    root = CHECKOUT / ".run"
    held = []
    try:
        # Every folder is held before the first file goes: a running stack must keep its data.
        for lock in [*root.glob("lock"), *root.glob("*/lock")]:
            claimed = rundir.try_claim(lock.parent)
            if claimed is None:
                raise StackError(f"A stack still runs in {lock.parent}; stop it first.")
            held.append(claimed)
    except StackError as error:
        say(str(error))
        return 1
    for claimed in held:
        proctable.end_leftovers(claimed.path)
        shutil.rmtree(account.home_elsewhere(claimed.path), ignore_errors=True)
    shutil.rmtree(root, ignore_errors=True)
    for name in _CACHES:
        shutil.rmtree(CHECKOUT / name, ignore_errors=True)
    for folder in CHECKOUT.glob("[!.]*/**/__pycache__"):
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
