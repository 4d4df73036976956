"""How a pre-trained model is made to write: which of its heads, what it goes on from, how fed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.data.tokenizer import Tokenizer
from workbench.generation.feeding import Feeding, LeftToRight, MaskAppended
from workbench.generation.generate import FIVE_BEAMS, Generated, generate
from workbench.generation.prefixes import beside
from workbench.generation.writing import Head
from workbench.generation.written import Search
from workbench.objectives.fragments import FragmentGeneration
from workbench.objectives.masked_language import MaskedLanguage
from workbench.pairs import Regions
from workbench.training.model import Pretraining


@dataclass(frozen=True)
class Captioner:
    """A model that writes: ``source`` (ids) stands before what it writes beside each picture."""

    model: Pretraining
    tokenizer: Tokenizer
    head: Head
    source: tuple[int, ...]
    feeding: Feeding

    @classmethod
    def of(cls, model: Pretraining, tokenizer: Tokenizer) -> Captioner:
        """The captioner in a model: hidden words under seq2seq (P13), else fragments (M16, M24).

        Raises ``ValueError`` for a model that has learnt neither.
        """
        found = model.mix.found()
        first, last = sentence_ends(tokenizer)
        for objective in found.values():
            if isinstance(objective, MaskedLanguage) and objective.source_rows is not None:
                feeding = MaskAppended(tokenizer.mask_id, last)
                return cls(model, tokenizer, objective.head, (first,), feeding)
        for objective in found.values():
            if isinstance(objective, FragmentGeneration):
                feeding = LeftToRight(objective.start_id, objective.end_id)
                return cls(model, tokenizer, objective.head, (first, last), feeding)
        raise ValueError(
            "this model was not trained to write (seq2seq or fragments); it has the objectives "
            f"{', '.join(found) or 'none'}: take a Unified VLP or a UNIMO for captions"
        )

    def write(
        self,
        regions: Regions,
        search: Search = FIVE_BEAMS,
        names: Sequence[str] | None = None,
    ) -> list[Generated]:
        """One caption for each picture."""
        prefix = beside(regions, self.source, names)
        given = (prefix, self.feeding, search)
        return generate(self.model.encoder, self.head, *given, decode=self.tokenizer.decode)


def sentence_ends(tokenizer: Tokenizer) -> tuple[int, int]:
    """The ids that open and close every sentence."""
    first, *_, last = tokenizer.encode(["a"]).ids.tolist()
    return first, last
