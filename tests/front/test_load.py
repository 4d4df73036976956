"""Fifty at once: each is answered or refused in words, the demo stays up, memory comes back."""

from __future__ import annotations

import concurrent.futures

import pytest
from gradio_client import handle_file

from tests.front.desk import RUNS, caller, python_demo, serving

AT_ONCE, COMERS = 50, 5
BOUND = 250
"""Megabytes that may remain after the first storm: threads, buffers and the allocator's own."""
AGAIN = 60
"""Megabytes that a second storm of the same questions may add to that."""


def storm(address: str, home, questions: int = AT_ONCE) -> list[str]:
    """That many questions at the same moment, each told by how it ended."""
    pictures = sorted((home / ".cache" / "gallery").rglob("*.png"))
    clients = [caller(address) for _ in range(COMERS)]

    def ask(number: int) -> str:
        file = handle_file(pictures[number % 12])
        sentence = f"{number} things beside a tree"
        try:
            asked = (RUNS[number % 2], file, sentence)
            page = clients[number % COMERS].predict(*asked, api_name="/attention")
        except Exception as refused:
            return f"{type(refused).__name__}: {refused}"
        assert page.startswith("<iframe")
        return "answered"

    with concurrent.futures.ThreadPoolExecutor(questions) as pool:
        return list(pool.map(ask, range(questions)))


@pytest.mark.slow
def test_fifty_at_once_are_answered_and_leave_nothing_behind(home, tmp_path):
    with serving(python_demo(), tmp_path, home, tmp_path / "log") as served:
        storm(served.address, home, 2)
        before = served.megabytes
        assert storm(served.address, home) == ["answered"] * AT_ONCE
        once = served.settled(before + BOUND / 2)
        assert once <= before + BOUND
        assert storm(served.address, home) == ["answered"] * AT_ONCE
        assert served.settled(once + AGAIN / 2) <= once + AGAIN
        assert served.alive and "Traceback" not in served.log.read_text()


@pytest.mark.slow
def test_more_than_may_wait_are_refused_in_words(home, tmp_path, monkeypatch):
    with serving([*NARROW], tmp_path, home, tmp_path / "log") as served:
        told = storm(served.address, home, 16)
        refused = [one for one in told if one != "answered"]
        assert "answered" in told and refused
        assert all("full" in one.lower() for one in refused), refused
        assert storm(served.address, home, 2) == ["answered"] * 2
        assert served.alive


NARROW = (
    python_demo()[0],
    "-c",
    "import workbench.front.page as page; page.AT_ONCE, page.WAITING = 1, 3; "
    "from workbench.front.serving import built, launch; launch(built()) # demo.py",
)
"""The same demo with little room to wait."""
