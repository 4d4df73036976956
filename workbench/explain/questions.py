"""What a model is asked about one pair: the one number that attribution explains."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from workbench.encoders.encoding import Encoding
from workbench.explain.shown import Shown
from workbench.objectives.masked_language import MaskedLanguage
from workbench.objectives.matching import Matching
from workbench.training.model import Pretraining


@dataclass(frozen=True)
class Question:
    """A pair as the model sees it, and the number it answers with.

    ``score`` turns the encoding of P copies of the pair into P numbers, differentiably; ``says``
    puts the question in words, ``unit`` the number ("logits", "log-probability").
    """

    says: str
    unit: str
    shown: Shown
    score: Callable[[Encoding], Float[Tensor, "P"]]


def matching_question(model: Pretraining, shown: Shown) -> Question:
    """Does the sentence belong to the picture: the lead of "matches" in logits (U9, V10).

    Raises ``ValueError`` for a model that has no matching objective.
    """
    for objective in model.mix.found().values():
        if isinstance(objective, Matching):
            return Question("Do they belong together?", "logits", shown, objective.lead)
    raise ValueError(
        "this model has no matching objective to be asked; it has "
        f"{', '.join(model.mix.found()) or 'none'}: ask it for a hidden word (word_question)"
    )


def word_question(
    model: Pretraining, shown: Shown, places: Sequence[int], mask: str = "[MASK]"
) -> Question:
    """Which word is hidden here: the log-probability of the true pieces, summed (U6, V8).

    ``places`` are those of the word's pieces; all of them are masked, and both directions read.
    Raises ``ValueError`` for a model that masks no words, ``IndexError`` for a wrong place.
    """
    task = masked_language(model)
    hidden = shown.with_words_hidden(places, task.mask_id, mask)
    truth = shown.batch.text.ids[list(places)]
    length = len(shown.words)

    def score(encoding: Encoding) -> Tensor:
        copies = len(encoding.text) // length
        rows = torch.tensor(list(places), device=truth.device)
        rows = (torch.arange(copies, device=truth.device)[:, None] * length + rows).flatten()
        chances = task.head(encoding.text[rows]).float().log_softmax(-1)
        return chances.gather(1, truth.repeat(copies)[:, None]).view(copies, -1).sum(1)

    word = "".join(shown.words[place].removeprefix("##") for place in places)
    return Question(f"Which word is hidden? (“{word}”)", "log-probability", hidden, score)


def masked_language(model: Pretraining) -> MaskedLanguage:
    """The objective of a model that masks words, the one that sees both ways where there are two.

    Raises ``ValueError`` where there is none.
    """
    found = [one for one in model.mix.found().values() if isinstance(one, MaskedLanguage)]
    if not found:
        raise ValueError(
            "this model was not trained to guess hidden words; it has the objectives "
            f"{', '.join(model.mix.found()) or 'none'}"
        )
    return min(found, key=lambda objective: objective.source_rows is not None)
