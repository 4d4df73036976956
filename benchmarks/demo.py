"""How fast the demo answers and what memory it holds: ``python -m benchmarks.demo``.

Starts ``workbench/demo.py`` on this checkout's runs in a process of its own, asks every endpoint
after one question that warms it up, then many at once, and prints the tables of
``docs/results/demo.md``.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import contextlib
import functools
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator

import psutil
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from workbench import places
from workbench.setup import ROOT

SENTENCE, BLANK = "there is a ball beside a tree", "there is a ___ beside a tree"


@contextlib.contextmanager
def demo() -> Iterator[tuple[str, psutil.Process, float]]:
    """Address, process and seconds until it served."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    environment = {**os.environ, "GRADIO_SERVER_PORT": str(port), "HF_HUB_OFFLINE": "1"}
    began, address = time.monotonic(), f"http://127.0.0.1:{port}/"
    with tempfile.TemporaryFile("w+") as log:
        command = [sys.executable, "-u", str(ROOT / "workbench" / "demo.py")]
        started = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            while not _answers(port):
                if started.poll() is not None:
                    log.seek(0)
                    raise RuntimeError(f"the demo ended: {log.read()}")
                time.sleep(0.1)
            yield address, psutil.Process(started.pid), time.monotonic() - began
        finally:
            started.terminate()
            started.wait(20)


def _answers(port: int) -> bool:
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", port)) == 0


def seconds(ask: Callable[[], object]) -> float:
    """Wall time of one question."""
    began = time.monotonic()
    ask()
    return time.monotonic() - began


class Table:
    """Lines of answers; on a busy machine the processor's time says more than the clock."""

    def __init__(self, process: psutil.Process) -> None:
        self.process = process
        self.spent = 0.0
        print("| endpoint | questions | median, s | 95 of 100, s | processor, s a question |")
        print("|---|---:|---:|---:|---:|")
        self.begin()

    def begin(self) -> None:
        """What is asked from now on belongs to the next line."""
        times = self.process.cpu_times()
        self.spent = times.user + times.system

    def line(self, name: str, times: list[float]) -> None:
        """How many, median and 95th of a hundred, and what the demo's process worked for each."""
        before = self.spent
        self.begin()
        ordered = sorted(times)
        high = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
        worked = (self.spent - before) / len(times)
        middle = statistics.median(times)
        print(f"| {name} | {len(times)} | {middle:.2f} | {high:.2f} | {worked:.2f} |", flush=True)


def main() -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.demo", description=__doc__)
    parser.add_argument("--questions", type=int, default=20, help="to each endpoint")
    parser.add_argument("--at-once", type=int, default=50, help="questions at the same moment")
    given = parser.parse_args()
    with demo() as (address, process, started):
        memory = {"at the start, one checkpoint open": process.memory_info().rss}
        client = Client(address, verbose=False, httpx_kwargs={"timeout": 120})
        named = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
        names = named["/regions"]["parameters"][0]["type"]["enum"]
        files = sorted((places.cache() / "gallery").rglob("*.png"))[:12]
        pictures = [handle_file(file) for file in files]
        writes = next((name for name in names if "vlp" in name or "unimo" in name), names[0])
        first, second = names[0], names[min(1, len(names) - 1)]
        asks: dict[str, Callable[[int], tuple]] = {
            "/regions": lambda n: (first, pictures[n % 12]),
            "/attention": lambda n: (first, pictures[n % 12], SENTENCE),
            "/guess": lambda n: (first, pictures[n % 12], BLANK),
            "/match": lambda n: (first, pictures[n % 12], SENTENCE),
            "/find_picture": lambda n: (first, SENTENCE),
            "/find_sentence": lambda n: (first, pictures[n % 12], SENTENCE),
            "/caption": lambda n: (writes, pictures[n % 12], 5, 20),
            "/compare": lambda n: (first, second, pictures[n % 12], BLANK),
        }
        numbers = range(given.questions)
        table = Table(process)
        for endpoint in (name for name in asks if name in named):
            put = asks[endpoint]
            client.predict(*put(0), api_name=endpoint)
            questions = [
                functools.partial(client.predict, *put(n), api_name=endpoint) for n in numbers
            ]
            table.begin()
            times = [seconds(question) for question in questions]
            table.line(f"`{endpoint}`", times)
        shown = 0
        for name in names:
            with contextlib.suppress(AppError):  # a run of an older version of the code
                client.predict(name, pictures[0], SENTENCE, api_name="/attention")
                shown += 1
        memory[f"{shown} checkpoints shown, of which 6 are kept"] = process.memory_info().rss

        clients = [Client(address, verbose=False, httpx_kwargs={"timeout": 120}) for _ in range(5)]

        def one(number: int) -> float:
            asked = (names[number % min(2, len(names))], pictures[number % 12], f"{number} trees")
            put = clients[number % 5]
            return seconds(lambda: put.predict(*asked, api_name="/attention"))

        for storm in ("first", "second"):
            table.begin()
            with concurrent.futures.ThreadPoolExecutor(given.at_once) as pool:
                waits = list(pool.map(one, range(given.at_once)))
            table.line(f"{storm} {given.at_once} at the same moment, `/attention`", waits)
            time.sleep(15)
            memory[f"15 s after the {storm} {given.at_once}"] = process.memory_info().rss
        print(f"\nServed after {started:.1f} s.\n\n| memory (RSS) | MB |\n|---|---:|")
        print("\n".join(f"| {when} | {held / 1e6:,.0f} |" for when, held in memory.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
