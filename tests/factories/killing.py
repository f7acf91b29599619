"""Dying at a chosen write: what a process that is killed there leaves behind, at every place in turn.

Before each statement that writes, the process may be gone: what was committed stays, what was not is rolled back.
Dying between two commits, or between a call to the PSP and the write that follows it, is dying before the next write;
every state that a kill can leave on disk is one of these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

READS = ("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK", "SET", "RESET", "SHOW")
POSTS = "ledger_post"
"""A function that writes is called by a SELECT."""
MOST_WRITES = 200


class Killed(BaseException):
    """No Exception: nobody who handles errors may handle the end of the process."""


@contextmanager
def killed_before_write(number: int) -> Iterator[None]:
    """Die before the write of this number, counted from 1, on this thread's connection."""
    written = 0

    def count(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal written
        word = sql.lstrip().split(None, 1)[0].upper()
        if word not in READS or POSTS in sql:
            written += 1
            if written >= number:
                raise Killed(f"before write {number}: {sql[:80]}")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        yield


def dies(number: int, act: Callable[[], Any]) -> bool:
    """Whether the action was killed; False when it has fewer writes than that."""
    try:
        with killed_before_write(number):
            act()
    except Killed:
        return True
    return False


def every_death(act_on: Callable[[int], Callable[[], Any]], then: Callable[[int], None]) -> int:
    """Kill an action at each of its writes. act_on: makes ready what the action of this turn works on, and the action.

    then: what happens after the death, and what has to hold. Returns how many places there were; the last turn goes
    through unharmed.
    """
    for number in range(1, MOST_WRITES):
        was_killed = dies(number, act_on(number))
        then(number)
        if not was_killed:
            return number - 1
    raise AssertionError("The action never ends.")
