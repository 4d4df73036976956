"""The ports that tests serve on."""

from __future__ import annotations

import socket

from tests import ports


def test_ports_are_different_and_can_be_listened_on():
    found = ports.free_ports(3)
    assert len(set(found)) == 3
    for port in found:
        with socket.socket() as server:
            server.bind(("127.0.0.1", port))


def test_a_port_in_use_is_not_given(monkeypatch):
    free = ports.free_port()
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        taken = server.getsockname()[1]
        monkeypatch.setattr(ports, "_PORTS", [taken, free])
        assert ports.free_ports(1) == [free]
