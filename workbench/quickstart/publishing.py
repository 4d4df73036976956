"""From a trained run to a folder, or a repository of the Hub, that ``open_pretrained`` opens.

Models of the four systems, tiny and full-sized, can be published.  Others cannot: a published
config asks for a system by name and for numbers, and the single-stream baseline, mixes of other
objectives and builders of one's own have no such name.  They stay runs, which ``open_run`` opens.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.cards.facts import card_of
from workbench.data.tokenizer import Tokenizer
from workbench.quickstart.opened import tokenizer_of
from workbench.systems import full_size, hub, published, tiny, tiny_unimo, tiny_vilbert, tiny_vlp
from workbench.systems.captioning import sentence_ends
from workbench.systems.description import Description, Words
from workbench.training.errors import RunError
from workbench.training.model import Pretraining
from workbench.training.run import Run

BUILDERS: Mapping[Callable[..., Pretraining], tuple[str, Any]] = {
    tiny.uniter_tiny: ("uniter", tiny.VARIANT),
    tiny_vilbert.vilbert_tiny: ("vilbert", tiny_vilbert.VARIANT),
    tiny_vlp.vlp_tiny: ("vlp", tiny_vlp.VARIANT),
    tiny_unimo.unimo_tiny: ("unimo", "released"),
    full_size.uniter: ("uniter", "released"),
    full_size.vilbert: ("vilbert", "released"),
    full_size.vlp: ("vlp", "released"),
    full_size.unimo: ("unimo", "released"),
}
"""What makes the models that can be published: its system, and its reading where none is named."""


@dataclass(frozen=True, eq=False)
class Publication:
    """A run's newest weights with all that others need to use them.

    ``trained`` is the sentence on data and training that the model card gets.
    """

    model: Pretraining
    description: Description
    tokenizer: Tokenizer
    trained: str

    @classmethod
    def of(cls, run: Run | Path | str) -> Publication:
        """What a run has to publish; raises ``RunError`` saying why it has nothing."""
        run = run if isinstance(run, Run) else Run.attach(run)
        builder, name = run.recipe.model.function(), run.path.name
        if builder not in BUILDERS:
            there = ", ".join(sorted({f"{one.__module__}:{one.__name__}" for one in BUILDERS}))
            raise RunError(
                f"{name} cannot be published: its model is made by {run.recipe.model.target}, and "
                f"a published config names one of the four systems, as these do: {there}; share "
                "the run's folder instead"
            )
        try:
            tokenizer = tokenizer_of(run.recipe.data)
        except AttributeError as problem:
            raise RunError(
                f"{name} cannot be published: {run.recipe.data.target} has no words, so nobody "
                "could ask its model anything"
            ) from problem
        system, usual = BUILDERS[builder]
        model = run.load()
        first, last = sentence_ends(tokenizer)
        words = Words(tokenizer.mask_id, last, first, tokenizer.random_range)
        variant = run.recipe.model.arguments.get("variant") or usual
        described = Description(system, model.encoder.sizes, variant, words)
        description = published.resolved(described)
        _refuse_other_objectives(name, model, description)
        return cls(model, description, tokenizer, told_of(run))


def publish(
    run: Run | Path | str, folder: str | Path, *, licence: str = "other", trained: str | None = None
) -> Path:
    """Writes a run's newest weights, config, tokenizer and model card into a folder.

    ``licence`` is an SPDX name; ``trained`` takes the place of what the run tells of itself.
    Raises ``RunError`` for a run that cannot be published, and for a folder of other things.
    """
    folder, made = Path(folder), Publication.of(run)
    if folder.is_dir() and any(folder.iterdir()) and not (folder / hub.WEIGHTS).is_file():
        raise RunError(f"{folder} holds other things and no model: name a new or an empty folder")
    told = {"licence": licence, "trained": trained or made.trained}
    return hub.save_pretrained(
        made.model, folder, made.description, tokenizer=made.tokenizer, **told
    )


def publish_on_hub(
    run: Run | Path | str,
    repository: str,
    *,
    licence: str = "other",
    trained: str | None = None,
    **upload: Any,
) -> str:
    """The same into a repository of the Hub ("name" or "owner/name"); the commit's address.

    ``upload`` goes to ``push_to_hub`` (private, token, message, endpoint).
    """
    made = Publication.of(run)
    told = {"licence": licence, "trained": trained or made.trained}
    return hub.push_to_hub(
        made.model, repository, made.description, tokenizer=made.tokenizer, **told, **upload
    )


def told_of(run: Run) -> str:
    """What a run tells of its data and training, in one sentence and without places."""
    card = card_of(run, weights=False)
    data = card.data or {}
    source = data.get("card", {}).get("name", run.recipe.data.target)
    pairs = f", {data['pairs']:,} pairs" if "pairs" in data else ""
    return (
        f"{source}{pairs}; {card.steps:,} steps of {run.recipe.name}, seed {run.recipe.seed} "
        f"(recipe {card.digest})"
    )


def _refuse_other_objectives(name: str, model: Pretraining, description: Description) -> None:
    """Raises ``RunError`` where a run trained other objectives than its published system has."""
    wanted, there = published.sketch(description).mix.found(), model.mix.found()
    lie = all(f"mix.by_name.{one}" in dict(model.named_modules()) for one in there)
    if wanted.keys() != there.keys() or not lie:
        raise RunError(
            f"{name} cannot be published: it trained {', '.join(there)}"
            f"{'' if lie else ', some of them in one pass'}, and a published {description.system} "
            f"has each of {', '.join(wanted)} by itself; share the run's folder instead"
        )
