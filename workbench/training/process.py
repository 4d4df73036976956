"""Is that process still there, and is it the same one?"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def identity(pid: int) -> str | None:
    """What tells this process from a later one of the same number; None when it has ended."""
    if sys.platform == "linux":
        return _identity_from_proc(pid)
    if sys.platform == "win32":
        return _identity_on_windows(pid)
    answer = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    state, _, started = answer.partition(" ")
    return None if not started or state.startswith("Z") else started.strip()


def _identity_from_proc(pid: int) -> str | None:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    state, started = fields[0], fields[19]
    # A zombie has ended; only its parent has not looked yet.
    return None if state in "ZX" else f"{_boot()}/{started}"


def _boot() -> str:
    """Which start of the machine this is; containers that hide it are told apart by less."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return "unknown"


def _identity_on_windows(pid: int) -> str | None:
    import ctypes

    kernel = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined]
    handle = kernel.OpenProcess(0x1000, False, pid)
    if not handle:
        return None
    try:
        code = ctypes.c_ulong()
        times = [ctypes.c_ulonglong() for _ in range(4)]
        kernel.GetExitCodeProcess(handle, ctypes.byref(code))
        kernel.GetProcessTimes(handle, *map(ctypes.byref, times))
        return str(times[0].value) if code.value == 259 else None
    finally:
        kernel.CloseHandle(handle)
