"""Loopback ports: which are free, and the choice when a default is taken."""

from __future__ import annotations

import random
import socket

from deploy.stack.program import StackError

# Below the kernel's range for outgoing connections: no client takes a server's port while it restarts.
_LOWEST, _HIGHEST = 15_000, 32_000


def is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port(preferred: int | None = None) -> int:
    """`preferred` when it is free, else one chosen at random. Raises StackError when none is found."""
    if preferred is not None and is_free(preferred):
        return preferred
    for port in random.sample(range(_LOWEST, _HIGHEST), 200):
        if is_free(port):
            return port
    raise StackError("No free loopback port was found between 15000 and 32000.")
