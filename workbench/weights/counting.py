"""Counting parameters by the papers' rule: each once, word embeddings apart (U1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import nn

from workbench.layers.embeddings import TextEmbedder


@dataclass(frozen=True)
class ParameterCounts:
    """How many numbers a model learns; ``by_part`` has no shares, its values add up to ``total``.

    ``words`` are the rows of the vocabulary, which the papers leave out of the sizes they print.
    """

    total: int
    words: int
    by_part: Mapping[str, int]

    @property
    def without_words(self) -> int:
        """The papers' number (U1)."""
        return self.total - self.words


def count(model: nn.Module) -> ParameterCounts:
    """Counts the parameters of an encoder or of an encoder with its objectives.

    A weight that several modules share counts once, where it appears first; so does a head that
    two objectives share.  Parts are the encoder's rooms (``inputs``, ``blocks``, …) and ``mix``,
    with the vocabulary under ``words``.  Works on the meta device: nothing need be allocated.
    """
    embedders = [module for module in model.modules() if isinstance(module, TextEmbedder)]
    words = {id(embedder.word.weight) for embedder in embedders}
    parts: dict[str, int] = {}
    for name, parameter in model.named_parameters():
        path = name.removeprefix("encoder.")
        part = "words" if id(parameter) in words else path.partition(".")[0]
        parts[part] = parts.get(part, 0) + parameter.numel()
    return ParameterCounts(sum(parts.values()), parts.get("words", 0), parts)
