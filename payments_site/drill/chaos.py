"""Harm, in a seeded order: kill -9 of processes, and a PSP that times out, fails after booking and garbles its news."""

from __future__ import annotations

import json
import os
import random
import signal
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import requests

VICTIMS = ("web", "relay", "beat", "worker-default", "worker-psp", "worker-webhooks")
PAUSE_SECONDS = (1.0, 3.0)

PSP_FAULTS: list[dict[str, Any]] = [
    {
        "match": {"operation": "authorize", "probability": 0.04},
        "fault": "timeout_after_booking",
        "seconds": 5,
    },
    {
        "match": {"operation": "authorize", "probability": 0.03},
        "fault": "timeout_before_booking",
        "seconds": 5,
    },
    {"match": {"operation": "authorize", "probability": 0.04}, "fault": "error_after_booking"},
    {"match": {"operation": "authorize", "probability": 0.02}, "fault": "reset_after_booking"},
    {"match": {"operation": "capture", "probability": 0.10}, "fault": "timeout_after_booking", "seconds": 5},
    {"match": {"operation": "capture", "probability": 0.10}, "fault": "error_after_booking"},
    {"match": {"operation": "cancel", "probability": 0.15}, "fault": "error_after_booking"},
    {"match": {"operation": "refund", "probability": 0.08}, "fault": "timeout_after_booking", "seconds": 5},
    {"match": {"operation": "refund", "probability": 0.08}, "fault": "error_after_booking"},
    {"match": {"operation": "refund", "probability": 0.04}, "fault": "garbage_after_booking"},
    {"match": {"probability": 0.10}, "fault": "webhook_drop"},
    {"match": {"probability": 0.10}, "fault": "webhook_duplicate", "copies": 3},
    {"match": {"probability": 0.20}, "fault": "webhook_reorder", "seconds": 2, "count": 3},
]


class Chaos:
    """Kills one of the victims every one to three seconds until healed. Deaths are counted by name."""

    def __init__(self, *, sandbox_url: str, account: str, seed: int) -> None:
        self.deaths: Counter[str] = Counter()
        self._sandbox_url = sandbox_url
        self._account = account
        self._seed = seed
        self._chance = random.Random(seed)
        self._is_over = threading.Event()
        self._killer = threading.Thread(target=self._kill, name="chaos")

    def begin(self) -> None:
        rules = [
            {**rule, "seed": self._seed + number, "match": {**rule["match"], "account": self._account}}
            for number, rule in enumerate(PSP_FAULTS)
        ]
        requests.post(f"{self._sandbox_url}/sandbox/faults", json=rules, timeout=5).raise_for_status()
        self._killer.start()

    def heal(self) -> None:
        """No more deaths, and a PSP that behaves."""
        self._is_over.set()
        self._killer.join()
        requests.delete(f"{self._sandbox_url}/sandbox/faults", timeout=5).raise_for_status()

    def fired(self) -> dict[str, int]:
        """How often each fault struck."""
        answer = requests.get(f"{self._sandbox_url}/sandbox/faults", timeout=5).json()
        counts: Counter[str] = Counter()
        for rule in answer["rules"] if isinstance(answer, dict) else answer:
            counts[rule["fault"]] += rule.get("fired", 0)
        return dict(counts)

    def _kill(self) -> None:
        while not self._is_over.wait(self._chance.uniform(*PAUSE_SECONDS)):
            victim = self._chance.choice(VICTIMS)
            pid = self._pid_of(victim)
            if pid is None:
                continue
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            self.deaths[victim] += 1

    def _pid_of(self, name: str) -> int | None:
        # The supervisor rewrites the file whenever a process was started again.
        stack = json.loads(Path(os.environ["STACK_JSON"]).read_text())
        pid: int | None = stack["processes"].get(name)
        return pid
