from __future__ import annotations

import os
import time

import psutil
import torch
import toy_pretraining as toy

from workbench.training import machine
from workbench.training.events import read_events
from workbench.training.folder import RunFolder
from workbench.training.loop import train
from workbench.training.machine import Machine

CPU = torch.device("cpu")


def test_nothing_is_said_before_the_time_has_come():
    assert Machine(CPU, every=60.0).due() is None


def test_a_look_tells_this_process_memory_and_how_busy_it_was():
    watch = Machine(CPU, every=0.05)
    ended = time.monotonic() + 0.2
    while time.monotonic() < ended:
        pass
    facts = watch.due()
    assert facts is not None
    held = psutil.Process(os.getpid()).memory_info().rss
    assert 0.5 * held < facts["memory_bytes"] < 2 * held
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    assert 0.1 / cores < facts["cpu_share"] <= 1.2
    assert facts["gpu_memory_bytes"] is None and facts["gpu_share"] is None
    assert watch.due() is None, "the clock begins again with every look"


def test_a_gpu_that_cannot_be_asked_is_no_error(monkeypatch):
    def unasked(device):
        raise ModuleNotFoundError("pynvml module not found")

    monkeypatch.setattr(torch.cuda, "utilization", unasked)
    assert machine.gpu_share(torch.device("cuda")) is None
    monkeypatch.setattr(torch.cuda, "utilization", lambda device: 42)
    assert machine.gpu_share(torch.device("cuda")) == 0.42


def test_a_run_tells_of_its_machine_now_and_then(home, monkeypatch):
    monkeypatch.setattr(machine, "EVERY", 0.1)
    events = list(train(toy.recipe(8, seconds=0.03)))
    told = [event for event in events if event.kind == "machine"]
    assert 1 <= len(told) < 8
    assert told[0]["memory_bytes"] > 1e7
    assert told == [e for e in read_events(RunFolder(home / "runs" / "toy-001")) if e in told]
