"""Optimisers, learning rates, batches and boxes equal the originals'."""

from __future__ import annotations

from collections.abc import Callable

from tests.parity.originals import Golden

UNITER: dict[str, Callable[[Golden], None]] = {}
VILBERT: dict[str, Callable[[Golden], None]] = {}
VLP: dict[str, Callable[[Golden], None]] = {}
UNIMO: dict[str, Callable[[Golden], None]] = {}
