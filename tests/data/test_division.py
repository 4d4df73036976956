"""The pieces of a batch, read one by one, are the batch: nothing twice, nothing left out."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.data.pieces import size_of_pieces
from tests.properties.batches import make_batch
from workbench.data.division import Divisible, piece_of
from workbench.data.example import Example
from workbench.data.store import RegionStore
from workbench.data.stream import PairStream
from workbench.data.tokenizers import wordpiece
from workbench.data.unpaired import Ratio, UnpairedStream
from workbench.pairs import Offsets, Regions

torch.set_num_threads(1)

EVEN = Ratio(1.0, 1.0, 1.0)


class Noted:
    """A source of regions that remembers which pictures were read."""

    def __init__(self, source) -> None:
        self.source, self.seen = source, []
        self.feature_size, self.classes = source.feature_size, source.classes

    def __contains__(self, key):
        return key in self.source

    def counts(self, keys):
        return self.source.counts(keys)

    def read(self, keys):
        self.seen += keys
        return self.source.read(keys)

    def fingerprint(self):
        return self.source.fingerprint()


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    """Batches of one to five pairs from two sources, whose every read is noted."""
    sources = []
    for extra in (0, 1):
        folder = tmp_path_factory.mktemp("division") / str(extra)
        rng = np.random.default_rng(extra)
        with RegionStore.create(folder, 4, 3) as store:
            for i in range(30):
                count = 1 + i % 4
                boxes = np.sort(rng.random((count, 2, 2), np.float32), axis=1).reshape(-1, 4)
                store.append(
                    f"p{i}",
                    Regions(
                        torch.from_numpy(rng.random((count, 4), np.float32)),
                        torch.from_numpy(boxes),
                        torch.ones(count),
                        torch.full((count, 3), 1 / 3),
                        torch.tensor([[64.0, 64.0]]),
                        Offsets.from_lengths([count]),
                    ),
                )
        sources.append(Noted(RegionStore.open(folder)))
    words = ["a", "toucan", "and", "an", "owl"]
    examples = [
        Example(f"e{i}", f"p{i}", " ".join(words[: 1 + i % 5] * (1 + i % 3))) for i in range(30)
    ]
    return PairStream(sources, examples, wordpiece(), budget=40, seed=3, shares=[2.0, 1.0])


@pytest.mark.parametrize("shards", [1, 2, 3, 7])
def test_the_pieces_are_the_batch(pairs, shards):
    unpaired = UnpairedStream(pairs, 5, ratio=EVEN)
    only_pairs = UnpairedStream(pairs, 5, ratio=EVEN, unpaired=False)
    nested = UnpairedStream(unpaired, 6, without=["texts"])
    sizes = set()
    for stream in (pairs, unpaired, only_pairs, nested):
        assert isinstance(stream, Divisible)
        sizes |= {size_of_pieces(stream, step, shards) for step in range(5)}
    assert len(sizes) > 1 and min(sizes) < 7


def test_only_what_is_needed_is_read(pairs):
    stream = UnpairedStream(pairs, 5, unpaired=False)
    for step in range(6):
        for source in pairs.sources:
            source.seen.clear()
        images = [image for shard in range(3) for image in piece_of(stream, step, shard, 3).images]
        read = [key for source in pairs.sources for key in source.seen]
        assert sorted(read) == sorted(images)


def test_a_stream_that_cannot_is_readsize_of_pieces():
    class Batches:
        def batch(self, step):
            return make_batch([3, 4, 5], [2, 1, 2], seed=step)

        def fingerprint(self):
            return "three"

    for stream in (Batches(), UnpairedStream(Batches(), 1)):
        assert size_of_pieces(stream, 4, 2) == 3
