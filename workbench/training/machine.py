"""What a training process takes of its machine, looked at every few seconds and never per step."""

from __future__ import annotations

import time
from typing import Any

import psutil
import torch

EVERY = 10.0
"""Seconds between two looks."""


class Machine:
    """Looks at this process, not at its children; ``every`` is in seconds (``EVERY``)."""

    def __init__(self, device: torch.device, every: float | None = None) -> None:
        self.device = device
        self.every = EVERY if every is None else every
        self._process = psutil.Process()
        self._cores = len(self._process.cpu_affinity()) if _LINUX else psutil.cpu_count() or 1
        self._looked = self._clocks()

    def due(self) -> dict[str, Any] | None:
        """The facts of a "machine" event, when the last are old enough; None before."""
        wall, cpu = self._clocks()
        passed = wall - self._looked[0]
        if passed < self.every:
            return None
        busy = (cpu - self._looked[1]) / (max(passed, 1e-9) * self._cores)
        self._looked = wall, cpu
        return {
            "memory_bytes": self._process.memory_info().rss,
            "cpu_share": round(busy, 4),
            "gpu_memory_bytes": gpu_memory(self.device),
            "gpu_share": gpu_share(self.device),
        }

    @staticmethod
    def _clocks() -> tuple[float, float]:
        """Seconds of the wall and of this process on all cores."""
        return time.monotonic(), time.process_time()


def gpu_memory(device: torch.device) -> int | None:
    """The bytes that this process holds of a GPU's memory; None on a CPU."""
    return torch.cuda.memory_reserved(device) if device.type == "cuda" else None


def gpu_share(device: torch.device) -> float | None:
    """The share of the last moments in which a GPU worked, for whomever.

    None on a CPU, and where nvidia-ml-py or its library is missing.
    """
    if device.type != "cuda":
        return None
    try:
        return torch.cuda.utilization(device) / 100
    except Exception:  # each of NVML's many complaints means that nobody can tell
        return None


_LINUX = hasattr(psutil.Process, "cpu_affinity")
