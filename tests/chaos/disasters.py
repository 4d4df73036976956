"""What happens to a run: each disaster strikes one that trains and leaves it to go on.

``Victim`` is a run on its way through them.  Whatever starts it is a process of its own, as a
notebook's kernel is, so that it can be killed too.
"""

from __future__ import annotations

import contextlib
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from workbench.training.events import Event, last_event, read_events
from workbench.training.folder import RunFolder
from workbench.training.kept import checkpoints
from workbench.training.lease import Lease, read_lease
from workbench.training.process import identity
from workbench.training.run import Run

PATIENCE = 180.0

KERNEL = """
import sys, time
from workbench.training.engines.naming import named
from workbench.training.errors import RunBusy
from workbench.training.run import Run
sys.stdin.readline()
try:
    Run.attach(sys.argv[1]).resume(named(sys.argv[2]))
    print("started", flush=True)
except RunBusy:
    print("busy", flush=True)
time.sleep(600)
"""


class Victim:
    """A run, what starts it, and how it is waited for."""

    def __init__(self, folder: RunFolder, engine: str, rng: random.Random) -> None:
        self.folder, self.engine, self.rng = folder, engine, rng
        self.run = Run(folder)
        self.kernels: list[subprocess.Popen[str]] = []
        self.kernel: subprocess.Popen[str] | None = None
        self.disk: Path | None = None

    def launch(self, times: int = 1) -> list[str]:
        """Starts or resumes it from so many kernels at once; what they say."""
        paths = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
        new = [
            subprocess.Popen(
                [sys.executable, "-c", KERNEL, str(self.folder.path), self.engine],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
                env=os.environ | {"PYTHONPATH": paths},
            )
            for _ in range(times)
        ]  # fmt: skip
        self.kernels += new
        for kernel in new:
            assert kernel.stdin is not None
            kernel.stdin.write("go\n")
            kernel.stdin.flush()
        said = [kernel.stdout.readline().strip() for kernel in new if kernel.stdout is not None]
        if "started" in said:
            self.kernel = new[said.index("started")]
        return said

    def until(self, true: Callable[[], object], what: str) -> None:
        limit = time.monotonic() + PATIENCE
        while not true():
            if time.monotonic() > limit:
                told = self.folder.log.read_text(errors="replace")[-3000:]
                raise AssertionError(
                    f"not so: {what}; {self.run.state}, {last_event(self.folder)}\n{told}"
                )
            time.sleep(0.1)

    def reached(self, step: int) -> bool:
        """Whether it trains, under a lease that can be read, at this step or later."""
        assert self.run.state != "finished", "it has finished before all disasters have struck"
        last, lease = last_event(self.folder), self.lease
        if last is None or lease is None or last.attempt != lease.attempt or last.step < step:
            return False
        # Its events outlive a worker, until the next one writes its own.
        return (
            last.kind in ("step", "checkpoint") and identity(self.start_event()["pid"]) is not None
        )

    def trains_again(self, after: Event) -> None:
        """Waits until another attempt than that of this start trains, and starts it if need be."""

        def ended() -> bool:
            return self.run.state in ("dead", "failed") and not self.processes()

        self.until(lambda: self.start_event() != after or ended(), "it goes on, or has ended")
        if ended():
            assert self.launch() == ["started"]
            self.until(lambda: self.start_event() != after, "it goes on")

    def start_event(self) -> Event:
        """Of the newest attempt."""
        starts = [event for event in read_events(self.folder) if event.kind == "start"]
        return max(starts, key=lambda event: event.attempt)

    def kill_all(self) -> None:
        """The keeper is killed, and all that it keeps end with it."""
        self.until(lambda: self.lease is not None, "it has a lease that can be read")
        assert self.lease is not None
        os.kill(self.lease.pid, signal.SIGKILL)
        self.until(lambda: not self.processes(), "its processes end with their keeper")
        assert self.run.state == "dead"

    @property
    def lease(self) -> Lease | None:
        """Its lease if it can be read."""
        lease = read_lease(self.folder)
        return None if lease is None or lease.damaged else lease

    def processes(self) -> list[int]:
        """The numbers of all processes that work in the folder, kernels apart."""
        kernels, found = {kernel.pid for kernel in self.kernels}, []
        for place in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                here = str(self.folder.path).encode() in (place / "cmdline").read_bytes()
                if here and int(place.name) not in kernels:
                    found.append(int(place.name))
        return found

    def bury(self) -> None:
        """Ends whatever is left, by its number."""
        for pid in [kernel.pid for kernel in self.kernels] + self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for kernel in self.kernels:
            kernel.communicate()
        if self.disk is not None:
            subprocess.run(["umount", "-l", str(self.disk)], check=True)


def worker_killed(victim: Victim) -> None:
    """SIGKILL of the process that trains; on several processes, of the first."""
    os.kill(victim.start_event()["pid"], signal.SIGKILL)


def rank_killed(victim: Victim) -> None:
    """SIGKILL of one of two processes that train together, the second one."""
    first = victim.start_event()
    others = read_events(victim.folder, rank=1)
    second = [e for e in others if e.kind == "start" and e.attempt == first.attempt]
    os.kill(second[-1]["pid"], signal.SIGKILL)


def keeper_killed(victim: Victim) -> None:
    """SIGKILL of the process that would start it again."""
    victim.kill_all()
    assert victim.launch() == ["started"]


def kernel_killed(victim: Victim) -> None:
    """SIGKILL of what started it, with all in its process group."""
    if victim.kernel is None:
        keeper_killed(victim)
    assert victim.kernel is not None
    os.killpg(victim.kernel.pid, signal.SIGKILL)
    victim.kernel.wait()
    victim.kernel = None
    victim.until(lambda: victim.reached(1), "it trains without its kernel")
    before, at = victim.start_event(), last_event(victim.folder)
    assert at is not None
    victim.until(lambda: victim.reached(at.step + 2), "it goes on training")
    assert victim.start_event() == before


def disk_full(victim: Victim) -> None:
    """No room left for a checkpoint; some is made, and the run resumed.

    The disk is a small one where mounting is permitted, else the system limits the size of files.
    """
    before = victim.start_event()
    if victim.disk is not None:
        filler = victim.disk / "filler"
        room = shutil.disk_usage(victim.disk).free - victim.rng.randrange(20_000)
        with contextlib.suppress(OSError), open(filler, "wb", buffering=0) as file:
            file.write(b"\0" * room)
        victim.until(lambda: victim.run.state in ("failed", "dead"), "the disk is full")
        filler.unlink()
    else:
        hard = resource.prlimit(before["pid"], resource.RLIMIT_FSIZE)[1]
        resource.prlimit(before["pid"], resource.RLIMIT_FSIZE, (5_000, hard))
    victim.trains_again(before)


def checkpoint_damaged(victim: Victim) -> None:
    """The newest checkpoint is found damaged after everything was killed."""
    victim.until(lambda: len(checkpoints(victim.folder)) > 1, "there are two checkpoints")
    victim.kill_all()
    newest = checkpoints(victim.folder)[-1].path
    file = newest / victim.rng.choice(["model.safetensors", "training.pt", "MANIFEST.json"])
    content, how = file.read_bytes(), victim.rng.choice(["flip", "truncate", "remove", "empty"])
    if how == "flip":
        at = victim.rng.randrange(len(content))
        flipped = content[at] ^ 1 << victim.rng.randrange(8)
        file.write_bytes(content[:at] + bytes([flipped]) + content[at + 1 :])
    elif how == "truncate":
        file.write_bytes(content[: victim.rng.randrange(len(content))])
    elif how == "remove":
        file.unlink()
    else:
        file.write_bytes(b"")
    assert victim.launch() == ["started"]
    victim.until(
        lambda: any(
            f"{newest.name} is damaged and left out" in event["message"]
            for event in read_events(victim.folder)
            if event.kind == "warning"
        ),
        f"{how} of {file.name} is found",
    )


def two_resumes(victim: Victim) -> None:
    """Two kernels resume it at once when it is dead: one does."""
    victim.kill_all()
    assert sorted(victim.launch(2)) == ["busy", "started"]


def line_torn(victim: Victim) -> None:
    """A power cut left half a line at the end of the events."""
    victim.kill_all()
    newest = max(victim.folder.events.glob("*.rank-0.jsonl"))
    with open(newest, "ab") as file:
        file.write(b'{"time": 1700000000.0, "step": 12, "ki'[: victim.rng.randrange(1, 38)])
    assert victim.launch() == ["started"]


def control_garbage(victim: Victim) -> None:
    """Something that is no request."""
    garbage = victim.rng.choice([b"", b"\xff\xfe", b"[]", b'{"request": 7}', b"{" * 5000])
    before = sum(event.kind == "warning" for event in read_events(victim.folder))
    victim.folder.control.write_bytes(garbage)
    victim.until(
        lambda: sum(e.kind == "warning" for e in read_events(victim.folder)) > before,
        "it is warned of",
    )


def lease_garbage(victim: Victim) -> None:
    """The lease of a run that trains cannot be read: nobody else gets it, and it is mended."""
    victim.folder.lease.write_bytes(victim.rng.choice([b"", b"\xff\xfe", b"[]", b'{"pid": 1}']))
    assert victim.launch() == ["busy"]


Disaster = Callable[[Victim], None]

ANYWHERE: tuple[Disaster, ...] = (
    worker_killed, keeper_killed, kernel_killed, disk_full, checkpoint_damaged, two_resumes,
    line_torn, control_garbage, lease_garbage,
)  # fmt: skip
