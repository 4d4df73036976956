from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import time

import pytest

from workbench.training.errors import RunBusy, RunError
from workbench.training.events import EventWriter
from workbench.training.folder import RunFolder
from workbench.training.lease import (
    MENDED,
    SILENCE,
    Tenure,
    beat,
    hold,
    launch,
    read_lease,
    release,
    take_over,
)
from workbench.training.parentage import LAUNCHER
from workbench.training.process import identity


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "recipe.json").touch()
    return RunFolder(tmp_path / "run")


def _this_process(token: str) -> int:
    return os.getpid()


def _dead_process(token: str) -> int:
    process = subprocess.Popen([sys.executable, "-S", "-c", ""])
    process.wait()
    return process.pid


def test_a_process_is_known_until_it_ends_even_before_its_parent_looks():
    process = subprocess.Popen(["sleep", "30"])
    name = identity(process.pid)
    assert name is not None
    assert name != identity(os.getpid())
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert identity(process.pid) is None, "a zombie has ended"
    process.wait()


def test_one_holder_at_a_time_and_the_refusal_names_it(folder):
    with Tenure(folder) as tenure:
        EventWriter(folder, tenure.attempt).close()
        assert tenure.attempt == 1
        assert read_lease(folder).alive
        with pytest.raises(
            RunBusy, match=rf"process {os.getpid()} on .* is training in .*attempt 1"
        ):
            Tenure(folder)
        with pytest.raises(RunBusy):
            launch(folder, lambda token: pytest.fail("a second process was started"))
    assert read_lease(folder) is None
    with Tenure(folder) as tenure:
        assert tenure.attempt == 2


def test_whoever_is_told_the_token_acts_for_the_holder(folder, monkeypatch):
    lease = launch(folder, _this_process)
    with pytest.raises(RunBusy):
        hold(folder)
    monkeypatch.setenv(LAUNCHER, lease.token)
    assert hold(folder) == lease
    with Tenure(folder) as tenure:
        EventWriter(folder, tenure.attempt).close()
    assert read_lease(folder) == lease, "its launcher gives it back"
    again = hold(folder)
    assert (again.attempt, again.pid) == (2, lease.pid)
    release(folder, "another")
    assert read_lease(folder) == again
    EventWriter(folder, again.attempt).close()
    release(folder, lease.token)
    assert read_lease(folder) is None


def test_a_lease_is_taken_over_by_its_token_even_from_the_dead_but_not_once_it_is_anothers(folder):
    waiting = launch(folder, _dead_process)
    assert not waiting.alive
    taken = take_over(folder, waiting.token)
    assert taken.alive
    assert (taken.pid, taken.attempt) == (os.getpid(), waiting.attempt)
    assert beat(folder, waiting.token)
    assert read_lease(folder).heartbeat > taken.heartbeat
    release(folder, waiting.token)
    assert not read_lease(folder).alive, "it wrote no event: that it died is all there is to tell"
    release(folder, waiting.token, started=False)
    assert not beat(folder, waiting.token)
    other = launch(folder, _this_process)
    with pytest.raises(RunBusy, match=r"no longer waiting for this process"):
        take_over(folder, waiting.token)
    assert read_lease(folder) == other


def test_a_dead_ones_lease_is_taken_over(folder):
    launch(folder, _dead_process)
    assert not read_lease(folder).alive
    with Tenure(folder) as tenure:
        assert tenure.attempt == 2


GARBAGE = [b"", b"{", b"\xff\xfe\x00", b"[]", b"7", b'{"pid": 1}', b"[" * 100_000]


@pytest.mark.parametrize("content", GARBAGE, ids=range(len(GARBAGE)))
def test_a_damaged_lease_is_taken_over_when_nobody_has_mended_it(folder, content):
    launch(folder, _dead_process)
    EventWriter(folder, 1).close()
    folder.lease.write_bytes(content)
    with pytest.raises(RunBusy, match=r"lease.json cannot be read: a process that trains there"):
        launch(folder, lambda token: pytest.fail("a second process was started"))
    long_ago = time.time() - MENDED - 1
    os.utime(folder.lease, (long_ago, long_ago))
    with Tenure(folder) as tenure:
        assert tenure.attempt == 2


def test_a_lease_of_the_wrong_types_is_damaged(folder):
    lease = dataclasses.asdict(launch(folder, lambda token: os.getpid()))
    for name, wrong in {"pid": "1", "attempt": None, "host": 3, "heartbeat": "now"}.items():
        folder.lease.write_text(json.dumps(lease | {name: wrong}))
        assert read_lease(folder).damaged


def test_a_living_holder_mends_its_damaged_lease(folder, monkeypatch):
    monkeypatch.setattr("workbench.training.lease.RENEW_EVERY", 0.0)
    with Tenure(folder) as tenure:
        EventWriter(folder, tenure.attempt).close()
        for damage in (lambda: folder.lease.write_bytes(b"\0" * 20), folder.lease.unlink):
            damage()
            tenure.renew_when_due()
            assert read_lease(folder) == tenure.lease
            assert tenure.lease.alive


def test_a_launcher_gives_back_a_lease_that_was_damaged_meanwhile(folder):
    lease = launch(folder, lambda token: os.getpid())
    EventWriter(folder, 1).close()
    folder.lease.write_text("{")
    release(folder, lease.token)
    assert read_lease(folder) is None


def test_a_worker_whose_launcher_lives_restores_a_lease_that_was_lost(folder, monkeypatch):
    lease = launch(folder, lambda token: os.getpid())
    EventWriter(folder, 1).close()
    monkeypatch.setenv("WORKBENCH_LAUNCHER", lease.token)
    monkeypatch.setenv("WORKBENCH_KEEPER", str(os.getpid()))
    for damage in (folder.lease.unlink, lambda: folder.lease.write_text("{")):
        damage()
        found = hold(folder)
        assert (found.pid, found.attempt, found.token) == (os.getpid(), 2, lease.token)
    folder.lease.unlink()
    monkeypatch.setenv("WORKBENCH_KEEPER", str(_dead_process("")))
    assert hold(folder).token == "", "a launcher that has ended holds nothing"


def test_a_run_that_was_removed_is_not_kept_by_its_holder(folder, monkeypatch):
    monkeypatch.setattr("workbench.training.lease.RENEW_EVERY", 0.0)
    with Tenure(folder) as tenure:
        folder.recipe.unlink()
        with pytest.raises(RunError, match=r"holds no run any more: it was removed"):
            tenure.renew_when_due()
        with (
            pytest.raises(RunError, match=r"holds no run any more: it was removed"),
            tenure.holding(),
        ):
            pytest.fail("a checkpoint was put in place")


def test_a_later_process_of_the_same_number_is_another_process(folder):
    lease = launch(folder, _this_process)
    folder.lease.write_text(json.dumps(dataclasses.asdict(lease) | {"process": "boot/earlier"}))
    assert not read_lease(folder).alive


def test_another_machine_is_judged_by_its_heartbeat(folder):
    lease = dataclasses.replace(launch(folder, _this_process), host="elsewhere", pid=1)
    folder.lease.write_text(json.dumps(dataclasses.asdict(lease)))
    with pytest.raises(RunBusy, match=r"process 1 on elsewhere"):
        hold(folder)
    silent = dataclasses.replace(lease, heartbeat=time.time() - SILENCE - 1)
    folder.lease.write_text(json.dumps(dataclasses.asdict(silent)))
    assert hold(folder).pid == os.getpid()


def test_a_holder_beats_and_notices_when_it_was_replaced(folder, monkeypatch):
    monkeypatch.setattr("workbench.training.lease.RENEW_EVERY", 0.0)
    with Tenure(folder) as tenure:
        before = read_lease(folder).heartbeat
        time.sleep(0.01)
        tenure.renew_when_due()
        assert read_lease(folder).heartbeat > before
        other = dataclasses.replace(tenure.lease, attempt=9)
        folder.lease.write_text(json.dumps(dataclasses.asdict(other)))
        with pytest.raises(RunBusy, match=r"attempt 9"):
            tenure.renew_when_due()
    assert read_lease(folder) == other, "another's lease is left alone"


def test_of_many_that_want_a_dead_ones_place_exactly_one_gets_it(folder):
    launch(folder, _dead_process)
    program = (
        "import sys, time\n"
        "from workbench.training.errors import RunBusy\n"
        "from workbench.training.folder import RunFolder\n"
        "from workbench.training.lease import Tenure\n"
        "from pathlib import Path\n"
        "sys.stdin.readline()\n"
        "try:\n"
        "    with Tenure(RunFolder(Path(sys.argv[1]))) as tenure:\n"
        "        print('got', tenure.attempt, flush=True)\n"
        "        sys.stdin.readline()\n"
        "except RunBusy as problem:\n"
        "    print('busy', flush=True)\n"
    )
    contenders = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(folder.path)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(p or "." for p in sys.path)},
        )
        for _ in range(5)
    ]  # fmt: skip
    for contender in contenders:
        contender.stdin.write("go\n")
        contender.stdin.flush()
    answers = [contender.stdout.readline().strip() for contender in contenders]
    for contender in contenders:
        contender.communicate("end\n")
    assert sorted(answers) == ["busy"] * 4 + ["got 2"]


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match=r"file/run.* a part of this path is a file"):
        Tenure(RunFolder(tmp_path / "file" / "run"))
