"""Work that falls due with time: authorizations expire, refunds settle or come back."""

import logging
import threading
from collections import Counter
from collections.abc import Callable

from .books import Books
from .clock import Clock

BATCH = 200
POLL_SECONDS = 0.2

WorkOff = Callable[[str, str, str], bool]  # kind, account, object -> whether anything changed

logger = logging.getLogger("psp_sandbox")


class Ageing:
    """A thread that works off `due_work` by the sandbox's clock."""

    def __init__(self, books: Books, clock: Clock, work_off: WorkOff) -> None:
        self._books = books
        self._clock = clock
        self._work_off = work_off
        self._stopping = threading.Event()
        self._turn = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="sandbox-ageing", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=2)

    def run_due(self) -> Counter[str]:
        """Everything due by now, in order; returns how many of each kind had an effect."""
        done: Counter[str] = Counter()
        with self._turn:
            while True:
                rows = self._books.rows(
                    "SELECT id, kind, account, object FROM due_work WHERE due_at <= ? ORDER BY due_at, id "
                    "LIMIT ?",
                    (self._clock.now(), BATCH),
                )
                if not rows:
                    return done
                for row_id, kind, account, object_id in rows:
                    # Effect first: dying in between repeats it, and each effect checks its object's state.
                    done[kind] += self._work_off(kind, account, object_id)
                    self._books.execute("DELETE FROM due_work WHERE id = ?", (row_id,))

    def _run(self) -> None:
        while not self._stopping.wait(POLL_SECONDS):
            try:
                self.run_due()
            except Exception:
                if self._stopping.is_set():
                    return
                logger.exception("due work failed; it stays due")
