"""ViLBERT's inputs when a token tells the model its task (multi-task code, X1)."""

from __future__ import annotations

import dataclasses

from jaxtyping import Int
from torch import Tensor, nn

from workbench.encoders.inputs import InputLayer, InputRows
from workbench.layers.added_rows import with_row_after_first
from workbench.layers.embeddings import TextEmbedder
from workbench.layers.whole_picture import with_whole_picture
from workbench.pairs import PairBatch, TextTokens
from workbench.patterns import AttentionPattern, Layout


def with_task(text: TextTokens, task: Int[Tensor, "P"], vocabulary: int) -> TextTokens:
    """Each sentence with the token of its task after [CLS]; sentences without rows get none.

    Task ``k`` is written as id ``vocabulary + k``.  It is special (word −1), and the positions of
    the other tokens stay what they were.
    """
    present = text.offsets.lengths > 0
    return with_row_after_first(text, vocabulary + task[present], 0, 0)


class TaskInputs(InputLayer):
    """Text, and regions led by a row for the whole picture; ids past the vocabulary are tasks.

    A task's row is its embedding alone, without position or segment, normalised like the others.
    """

    def __init__(self, text: TextEmbedder, regions: nn.Module, tasks: int) -> None:
        super().__init__(text, regions)
        self.tasks = nn.Embedding(tasks, text.word.embedding_dim)

    def forward(self, batch: PairBatch, pattern: AttentionPattern) -> InputRows:
        """The rows of a batch; raises ``ValueError`` for a task that the model does not have."""
        ids, vocabulary = batch.text.ids, self.text.word.num_embeddings
        last = vocabulary + self.tasks.num_embeddings - 1
        if len(ids) and int(ids.max()) > last:
            raise ValueError(
                f"token id {int(ids.max())} is none of the {vocabulary} words and none of the "
                f"{self.tasks.num_embeddings} tasks after them; use ids up to {last}"
            )
        places = (ids >= vocabulary).nonzero().squeeze(1)
        words = dataclasses.replace(batch.text, ids=ids.masked_fill(ids >= vocabulary, 0))
        tasks = self.text.dropout(self.text.norm(self.tasks(ids[places] - vocabulary)))
        text = self.text(words)
        text = text.index_copy(0, places, tasks.to(text.dtype))
        led = with_whole_picture(batch.regions)
        layout = Layout(led.offsets, batch.text.offsets)
        return InputRows(text, self.regions(led), layout, batch.regions.offsets)
