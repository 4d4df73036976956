"""A made-up look for sessions: answers about pairs of sentences and pictures, by plain arrays."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import numpy as np

from tests.widgets import attribution_sample, guess_samples, neighbourhood_sample, retrieval_sample
from tests.widgets import widget_samples as samples
from widgets import AttentionRecord
from widgets.attention.change import AttentionChange


def attention_of(words: int) -> AttentionRecord:
    """The sample record with the first words only, its rows summing to 1 again."""
    record = samples.attention_record(seed=words)
    rows = np.r_[:words, len(record.words) : record.attention.shape[-1]]
    weights = record.attention[:, :, rows][:, :, :, rows]
    weights = weights / weights.sum(-1, keepdims=True)
    return replace(record, words=record.words[:words], attention=weights, title=f"{words} words")


class Made:
    """Made-up answers: pair (i, j) has 16 − 4i words; every question is counted."""

    def __init__(self) -> None:
        self.asked: list[tuple] = []

    def attention(self, sentence: int, picture: int) -> AttentionRecord:
        self.asked.append(("attention", sentence, picture))
        return attention_of(16 - 4 * sentence)

    def rerun(self, sentence: int, picture: int):
        def look(change: AttentionChange) -> AttentionRecord:
            self.asked.append(("rerun", sentence, picture))
            return attention_of(16 - 4 * sentence)

        return look

    def attribution(self, sentence: int, picture: int):
        self.asked.append(("attribution", sentence, picture))
        words = 16 - 4 * sentence
        record = attribution_sample.attribution_record()
        size = len(record.words)
        rows = np.r_[:words, size : record.values.shape[1]]
        return replace(
            record,
            words=record.words[:words],
            values=record.values[:, rows],
            fixed=record.fixed[rows],
            layers=None if record.layers is None else record.layers[:, rows],
        )

    def guesses(self, sentence: int, picture: int):
        return guess_samples.guess_record()

    @cached_property
    def _run(self):
        return retrieval_sample.retrieval_run()

    def retrieval(self):
        return self._run

    def embeddings(self):
        return neighbourhood_sample.tables()[0]
