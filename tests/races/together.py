"""Run functions at the same moment in threads of their own, each with its own connection and real commits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connection

START_TIMEOUT_SECONDS = 10
RUN_TIMEOUT_SECONDS = 60


def together(functions: Sequence[Callable[[], Any]]) -> list[Any]:
    """What each function returned, or the exception it raised, in their order."""
    start = Barrier(len(functions))

    def run(function: Callable[[], Any]) -> Any:
        try:
            connection.ensure_connection()
            start.wait(START_TIMEOUT_SECONDS)
            return function()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(functions)) as pool:
        running = [pool.submit(run, function) for function in functions]
        return [one.result(RUN_TIMEOUT_SECONDS) for one in running]
