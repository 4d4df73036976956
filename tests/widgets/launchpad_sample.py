"""A launchpad that writes run folders and reads them back, without training anything."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.widgets import widget_samples as samples
from widgets.runs.run_reader import RunReader, ask
from widgets.runs.run_status import status_of

OBJECTIVES = {
    "one": [
        {"name": "mlm", "title": "Masked language", "says": "words are hidden", "ratio": 3.0},
        {"name": "itm", "title": "Matching", "says": "half are wrong", "ratio": 1.0},
    ],
    "two": [{"name": "seq2seq", "title": "Writing", "says": "from those before", "ratio": 1.0}],
}
CHOICE = {
    "system": "one", "size": "tiny", "data": "scenes", "objectives": None, "steps": 200,
    "budget": None, "shards": 1, "seed": 0, "precision": "bfloat16", "engine": "local",
    "learning_rate": 0.001, "threads": 1, "readers": 1, "pictures": None, "fast": False,
}  # fmt: skip


class SampleLaunchpad:
    """Runs in ``folder``; a start writes a run of half its steps that this process keeps alive."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.looked: list[dict[str, Any]] = []

    def options(self) -> dict[str, Any]:
        systems = [
            {"name": name, "title": f"System {name}", "says": "does this", "mixing": "drawn so",
             "sizes": ["tiny", "base"] if name == "one" else ["tiny"], "objectives": objectives}
            for name, objectives in OBJECTIVES.items()
        ]  # fmt: skip
        data = [{"name": "scenes", "says": "drawn", "ready": True},
                {"name": "stamps", "says": "photos", "ready": False}]  # fmt: skip
        engines = [{"name": "local", "says": "one process"},
                   {"name": "processes:2", "says": "several", "free": True},
                   {"name": "ray:ADDRESS", "says": "a cluster", "free": True}]  # fmt: skip
        precisions = ["float32", "bfloat16"]
        return {"systems": systems, "data": data, "engines": engines, "precisions": precisions,
                "choice": dict(CHOICE)}  # fmt: skip

    def look(self, choice: Mapping[str, Any]) -> dict[str, Any]:
        self.looked.append(dict(choice))
        problems = []
        if not isinstance(choice["steps"], int) or choice["steps"] < 1:
            said = f"steps must be a whole number above 0, got {choice['steps']!r}"
            problems.append({"field": "steps", "message": said})
        if choice["objectives"] is not None and not any(choice["objectives"].values()):
            problems.append({"field": "objectives", "message": "all ratios are 0"})
        if problems:
            return {"problems": problems, "notes": [], "command": "", "cell": "", "estimate": None}
        estimate = {"parameters": 3_214_000, "memory_bytes": 640_000_000, "seconds": 95.0,
                    "flops": 4.1e12, "pairs": 12_000, "says": "Measured just now."}  # fmt: skip
        return {"problems": [], "notes": ["A note."], "command": f"train --steps {choice['steps']}",
                "cell": "run = start()", "estimate": estimate}  # fmt: skip

    def start(self, choice: Mapping[str, Any]) -> str:
        if choice["engine"].startswith("ray"):
            raise RuntimeError("no cluster answers at that address")
        there = self.folder / f"run-{len(list(self.folder.glob('run-*'))) + 1:03d}"
        samples.write_run(there, choice["steps"], choice["steps"] // 2, reason=None)
        samples.write_lease(there)
        return str(there)

    def ask(self, folder: str, verb: str, amount: int = 0) -> None:
        if verb == "extend" and amount < 1:
            raise ValueError("a run is extended by 1 step or more, not by 0")
        events = next(Path(folder).glob("events/*.jsonl"))
        with open(events, "a") as file:
            if verb in ("pause", "stop"):
                event = {"time": 1.0, "step": 1, "kind": verb, "reason": "stopped"}
                file.write(json.dumps(event) + "\n")
        if verb == "stop":
            (Path(folder) / "lease.json").unlink()
        else:
            ask(Path(folder), {"resume": "continue", "extend": "continue"}.get(verb, verb))

    def runs(self) -> list[dict[str, Any]]:
        found = []
        for folder in sorted(self.folder.glob("*"), reverse=True):
            reader = RunReader(folder)
            reader.poll()
            status = status_of(reader, 0.0)
            found.append({"name": folder.name, "folder": str(folder), "state": status.state,
                          "step": status.step, "steps": status.steps})  # fmt: skip
        return found
