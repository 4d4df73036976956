"""Ports for the servers that tests start.

A port is looked for first and taken by another process later. One that the system hands out by
itself (port 0) may meanwhile go to any connection of any process; those below that range do not.
"""

from __future__ import annotations

import random
import socket

# The system's own choice begins at 32768 on Linux, at 49152 elsewhere.
_PORTS = range(20_000, 32_000)


def free_ports(count: int) -> list[int]:
    """Different ports of this machine on which nobody listens now; chance picks them."""
    found = []
    # Chance of its own: tests seed the common one, and two processes would pick the same port.
    for port in random.SystemRandom().sample(_PORTS, len(_PORTS)):
        if len(found) == count:
            break
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
    return found


def free_port() -> int:
    """A port of this machine on which nobody listens now."""
    return free_ports(1)[0]
