"""The layout of UNIMO's Figure 4, of any word and any models (M36)."""

from __future__ import annotations

from collections.abc import Sequence

from widgets.neighbours.embedding_table import EmbeddingTable
from widgets.neighbours.neighbourhoods import Neighbourhoods


def figure_four(
    tables: Sequence[EmbeddingTable], word: str | int, k: int = 8, *, layer: int | None = None
) -> Neighbourhoods:
    """A centre word and its k nearest words and regions, a panel a model (M36).

    The axes are the two principal components of the centre and of what stands nearest to it in
    any of the models, turned onto those of the first model.  Raises ``ValueError`` for a word that
    the tables do not have.
    """
    return Neighbourhoods(tables, word, k=k, layer=layer, projection="local")
