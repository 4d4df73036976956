"""Runs side by side: what was asked differently of them, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbench.cards.facts import RunCard, card_of
from workbench.cards.markdown import table
from workbench.cards.plain import flat, said
from workbench.cards.sections import said_short
from workbench.training.run import Run

if TYPE_CHECKING:
    import pandas


def compare(runs: Sequence[Run]) -> pandas.DataFrame:
    """A row a run: ``recipe ...`` where recipes differ, then what came of it.

    Raises ``ValueError`` for no run.
    """
    import pandas

    if not runs:
        raise ValueError("give one run or more to compare")
    cards = [card_of(run, weights=False) for run in runs]
    asked = differing([card.recipe for card in cards])
    rows = [
        {**{f"recipe {name}": values[at] for name, values in asked.items()}, **outcome(card)}
        for at, card in enumerate(cards)
    ]
    index = pandas.Index([card.name for card in cards], name="run")
    return pandas.DataFrame(rows, index=index, dtype=object)


def differing(recipes: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """The flattened keys that recipes do not share, with each one's value; None where it has none.

    Their names do not count.
    """
    several = [flat({**recipe, "name": None}) for recipe in recipes]
    names = dict.fromkeys(name for one in several for name in one)
    values = {name: [one.get(name) for one in several] for name in names}
    return {name: all_of for name, all_of in values.items() if any(v != all_of[0] for v in all_of)}


def outcome(card: RunCard) -> dict[str, Any]:
    """What came of a run, in plain numbers."""
    found: dict[str, Any] = {"state": card.state, "steps": card.steps}
    found |= {"parameters": card.parameters, "data": card.data_fingerprint}
    for name, loss in card.losses.items():
        found[f"last loss {name}"] = loss["last"]
    for name, loss in card.losses.items():
        found[f"lowest loss {name}"] = loss["lowest"]
    if card.validation is not None and card.validation["best"] is not None:
        found[f"best {card.validation['metric']}"] = card.validation["best"]["value"]
        found["best at step"] = card.validation["best"]["step"]
    for name in ("median_pairs_per_second", "median_tokens_per_second"):
        if name in card.speed:
            found[name.replace("_", " ")] = card.speed[name]
    return found | {"wall seconds": card.wall_seconds, "interruptions": card.interruptions}


def as_markdown(compared: pandas.DataFrame) -> str:
    """A comparison as a Markdown table: a column a run, a line a quantity."""
    import pandas

    def cell(value: Any) -> str:
        missing = pandas.api.types.is_scalar(value) and pandas.isna(value)
        return "–" if missing else said_short(value) if isinstance(value, float) else said(value)

    rows = [[str(name), *map(cell, compared[name])] for name in compared.columns]
    return table(["", *map(str, compared.index)], rows)
