"""What a launcher asks: what there is, what a choice comes to, and to start and steer runs.

Everything that goes in and out is plain JSON, so that a widget needs to know nothing of torch.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, get_args

from workbench.launchpad.choice import Choice, ChoiceError
from workbench.launchpad.composing import recipe_of
from workbench.launchpad.data import SAYS, ready
from workbench.launchpad.estimate import estimate
from workbench.launchpad.offers import SYSTEMS
from workbench.launchpad.problems import Problem, notes, problems
from workbench.launchpad.wording import cell_of, command_of
from workbench.training.engines.naming import named
from workbench.training.errors import RunError
from workbench.training.listing import all_runs
from workbench.training.recipe import Precision
from workbench.training.run import Run

VERBS = ("pause", "resume", "stop", "checkpoint", "extend")


class Launchpad:
    """The launcher's other half: it keeps nothing, all state is in the run folders."""

    def options(self) -> dict[str, Any]:
        """What can be chosen, each in a sentence, and the choice to begin with."""
        return {
            "systems": [
                {
                    "name": offer.name,
                    "title": offer.title,
                    "says": offer.says,
                    "sizes": list(offer.sizes),
                    "objectives": [asdict(goal) for goal in offer.goals],
                    "mixing": offer.mixing,
                }
                for offer in SYSTEMS
            ],
            "data": [
                {"name": name, "says": says, "ready": ready(name)} for name, says in SAYS.items()
            ],
            "engines": _engines(),
            "precisions": list(get_args(Precision)),
            "choice": Choice().settled().as_json(),
        }

    def look(self, choice: Mapping[str, Any]) -> dict[str, Any]:
        """What a choice comes to, or what is wrong with it."""
        answer: dict[str, Any] = {
            "problems": [],
            "notes": [],
            "command": "",
            "cell": "",
            "estimate": None,
            "settled": None,
        }
        try:
            chosen = Choice.from_json(choice)
            found = problems(chosen)
        except ChoiceError as problem:
            found = [Problem(problem.field, str(problem))]
        if found:
            return answer | {"problems": [asdict(problem) for problem in found]}
        return answer | {
            "notes": notes(chosen),
            "command": command_of(chosen),
            "cell": cell_of(chosen),
            "estimate": estimate(chosen).as_json(),
            "settled": chosen.settled().as_json(),
        }

    def start(self, choice: Mapping[str, Any]) -> str:
        """Starts the run of a choice; its folder.  Raises ``RecipeError`` or ``RunError``."""
        chosen = Choice.from_json(choice)
        recipe, engine = recipe_of(chosen), named(chosen.engine)
        return str(Run.start(recipe, engine=engine, command=command_of(chosen)).path)

    def ask(self, folder: str, verb: str, amount: int = 0) -> None:
        """Asks a run to pause, resume, stop, write a checkpoint, or do ``amount`` steps more.

        A run that has ended is extended and goes on at once.  Raises ``RunError``.
        """
        if verb not in VERBS:
            raise RunError(f"a run cannot {verb!r}; it can {', '.join(VERBS)}")
        run = Run.attach(folder)
        if verb == "extend":
            run.extend(amount)
            run.resume()
        elif verb == "checkpoint":
            run.checkpoint_now()
        else:
            getattr(run, verb)()

    def runs(self) -> list[dict[str, Any]]:
        """Every readable run below the runs folder, the newest first."""
        facts = ("name", "folder", "state", "step", "steps")
        return [
            {name: getattr(run, name) for name in facts}
            for run in all_runs()
            if run.state != "unreadable"
        ]


def _engines() -> list[dict[str, Any]]:
    cores = os.cpu_count() or 1
    several = max(2, cores // 2) if cores > 2 else 2
    return [
        {"name": "local", "says": "one process of this machine"},
        {
            "name": f"processes:{several}",
            "says": f"{several} processes of this machine share each step's batch",
            "free": True,
        },
        {
            "name": "ray:ADDRESS",
            "says": "a Ray cluster, by the address of its dashboard; ,2 behind it for 2 processes",
            "free": True,
        },
    ]
