"""From a choice to a recipe: every number told, so that any process can do the same run."""

from __future__ import annotations

import dataclasses

from workbench.launchpad.choice import Choice, ChoiceError
from workbench.launchpad.data import Source, source_of
from workbench.launchpad.mixed import mixed_stream
from workbench.launchpad.models import family, model_call
from workbench.launchpad.problems import problems
from workbench.systems import optimisation
from workbench.training.recipe import Call, Optimisation, Recipe, call


def recipe_of(choice: Choice) -> Recipe:
    """The recipe of a choice.

    Raises ``ChoiceError`` with the first problem of a choice that cannot be trained.
    """
    found = problems(choice)
    if found:
        raise ChoiceError(found[0].field, found[0].message)
    settled = choice.settled()
    source = source_of(settled)
    steps = settled.steps
    assert steps is not None
    return Recipe(
        name=settled.name,
        model=model_call(settled, source),
        data=data_call(settled, source),
        steps=steps,
        optimisation=rule_of(settled),
        probe=source.probe,
        seed=settled.seed,
        precision=settled.precision,  # type: ignore[arg-type]
        threads=settled.threads,
        shards=settled.shards,
        readers=settled.readers,
        compiled=settled.compiled,
        recompute=settled.recompute,
        checkpoint_every=500,
        probe_every=max(steps // 10, 10) if source.probe else 0,
    )


def data_call(choice: Choice, source: Source) -> Call:
    """The stream of a settled choice, with lone pictures and sentences where it has any."""
    assert choice.budget is not None and choice.objectives is not None
    plain = source.call(choice.budget, choice.seed)
    if family(choice.system) != "unimo":
        return plain
    kinds = {kind: choice.objectives.get(kind, 0.0) for kind in ("pairs", "images", "texts")}
    return call(mixed_stream, of=dataclasses.asdict(plain), seed=choice.seed, **kinds)


def rule_of(choice: Choice) -> Optimisation:
    """How weights change: the system's own rule, or what a tiny model learns by in minutes."""
    assert choice.steps is not None and choice.learning_rate is not None
    first_tenth = choice.steps // 10 + 1
    if choice.size == "tiny":
        return Optimisation(choice.learning_rate, warmup_steps=min(200, first_tenth))
    rule = {
        "uniter": optimisation.uniter,
        "vilbert": lambda: optimisation.vilbert(text_from_bert=False),
        "vilbert-single-stream": lambda: optimisation.vilbert(text_from_bert=False),
        "vlp": optimisation.vlp,
        "unimo": lambda: optimisation.unimo(large=choice.size == "large"),
    }[family(choice.system)]()
    return dataclasses.replace(
        rule,
        learning_rate=choice.learning_rate,
        warmup_steps=min(rule.warmup_steps, first_tenth),
    )
