"""Random disasters over the four systems: no run is lost, no step is done twice or left out.

``pytest tests/chaos --chaos-seed 7 --chaos-disasters 100`` for others and more.
"""

from __future__ import annotations

import random
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.chaos import disasters
from tests.chaos.disasters import ANYWHERE, Disaster, Victim
from tests.training import four_systems as four
from tests.training.states import differences, final_state, logged, undisturbed
from workbench.training import record
from workbench.training.folder import RunFolder
from workbench.training.recipe import Recipe

TOGETHER = "uniter"
"""The system that two processes train; the others are trained by one."""

EVERY = 8
"""Steps between two disasters of a run, and from the start to the first."""


def planned(seed: int, count: int) -> dict[str, list[Disaster]]:
    """Which disasters strike which run, in their order: every kind before any comes again.

    Eight or more, so that every run meets two.
    """
    rng = random.Random(seed)
    deck: list[Disaster] = []
    while len(deck) < count:
        deck += rng.sample(ANYWHERE, len(ANYWHERE))
    plan: dict[str, list[Disaster]] = {name: [] for name in four.SYSTEMS}
    for number, disaster in enumerate(deck[:count]):
        plan[list(plan)[number % len(plan)]].append(disaster)
    # Two processes can do what one cannot: lose the second, and both find the same damage.
    theirs = [disasters.rank_killed, disasters.checkpoint_damaged]
    for place, disaster in zip(rng.sample(range(len(plan[TOGETHER])), 2), theirs, strict=True):
        plan[TOGETHER][place] = disaster
    return plan


def recipes(
    home: Path, plan: dict[str, list[Disaster]], seed: int, seconds: float = 0.0
) -> dict[str, Recipe]:
    """Long enough for all that is planned; the clocks of two go wrong on the way."""
    rng = random.Random(seed)
    made = {}
    jumping = rng.sample(list(plan), 2)
    for name, planned_for_it in plan.items():
        steps = EVERY * (len(planned_for_it) + 3)
        made[name] = four.recipe(
            name, home / "data", steps, seconds=seconds, heartbeat=0.3, checkpoint_every=5,
            clock_from=rng.randrange(steps) if name in jumping else None,
            shards=2 if name == TOGETHER else 1, average=0.9 if name == "unimo" else None,
        )  # fmt: skip
    return made


def small_disk(place: Path) -> Path | None:
    """Eight megabytes mounted there, where that is permitted."""
    place.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "workbench-chaos", str(place)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    return place if mounted else None


@pytest.fixture
def no_disk_stays(tmp_path: Path) -> Iterator[None]:
    """Takes away every small disk below the folder of the test, however the test ends."""
    yield
    for line in Path("/proc/mounts").read_text().splitlines():
        place = line.split(" ")[1]
        if Path(place).is_relative_to(tmp_path):
            subprocess.run(["umount", "-l", place], check=False)


def suffer(victim: Victim, plan: list[Disaster], recipe: Recipe) -> str:
    """The whole life of a run; the state in which it ends."""
    try:
        if victim.rng.random() < 0.5:
            victim.disk = small_disk(victim.folder.path)
        record.create(victim.folder, recipe, victim.engine)
        assert victim.launch() == ["started"]
        for number, disaster in enumerate(plan, 1):
            at = EVERY * number
            victim.until(lambda at=at: victim.reached(at), f"step {at}, for {disaster.__name__}")
            disaster(victim)
        victim.until(lambda: victim.run.state not in ("running", "paused"), "it ends")
        return victim.run.state
    except Exception as problem:
        raise AssertionError(f"{victim.folder.path.name}: {problem}") from problem


@pytest.mark.slow
@pytest.mark.usefixtures("no_disk_stays")
def test_nothing_is_lost(tmp_path, monkeypatch, pytestconfig):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    seed, count = (pytestconfig.getoption(f"--chaos-{name}") for name in ("seed", "disasters"))
    plan = planned(seed, count)
    print(f"--chaos-seed {seed} --chaos-disasters {count}:")
    for name, planned_for_it in plan.items():
        print(f"  {name}: {', '.join(disaster.__name__ for disaster in planned_for_it)}")
    four.prepare(tmp_path / "data")
    never_struck = recipes(tmp_path, plan, seed)
    calm = undisturbed({tmp_path / "calm" / name: never_struck[name] for name in plan})
    made = recipes(tmp_path, plan, seed, seconds=0.1)
    victims = {}
    for name in plan:
        engine = "processes:2" if name == TOGETHER else "local"
        folder = RunFolder(tmp_path / "struck" / name)
        victims[name] = Victim(folder, engine, random.Random(f"{seed} {name}"))
    try:
        with ThreadPoolExecutor(len(plan)) as threads:
            lives = {}
            for name, victim in victims.items():
                lives[name] = threads.submit(suffer, victim, plan[name], made[name])
            ends = {name: life.result() for name, life in lives.items()}
        assert calm.wait() == 0
        assert ends == dict.fromkeys(plan, "finished")
        for name, victim in victims.items():
            never = RunFolder(tmp_path / "calm" / name)
            assert logged(victim.folder) == logged(never), name
            steps = [row[0] for row in logged(victim.folder)]
            assert steps == list(range(1, made[name].steps + 1)), name
            assert differences(final_state(victim.folder), final_state(never)) == [], name
            assert list(victim.folder.checkpoints.glob(".*")) == [], name
            victim.until(
                lambda victim=victim: not victim.processes(), f"{name}: no process is left"
            )
    finally:
        calm.kill()
        calm.wait()
        for victim in victims.values():
            victim.bury()
