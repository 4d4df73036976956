"""Small seeded batches and models for property tests."""

import torch

from workbench.encoders.single_stream import SingleStreamSizes
from workbench.pairs import Offsets, PairBatch, Regions, TextTokens
from workbench.systems import uniter

VOCABULARY, FEATURES, CLASSES, MASK = 50, 12, 7, 4


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def make_batch(text_lengths, region_lengths, seed=0, images=None) -> PairBatch:
    """Random pairs; each sentence is [CLS] words... [SEP] with two sub-words to a word."""
    rng = seeded(seed)
    text, regions = Offsets.from_lengths(text_lengths), Offsets.from_lengths(region_lengths)
    ids = torch.randint(5, VOCABULARY, (text.rows,), generator=rng)
    words = (text.within - 1) // 2
    last = text.within == text.lengths[text.owner] - 1
    special = (text.within == 0) | last
    ids = torch.where(text.within == 0, 2, torch.where(last, 3, ids))
    low = torch.rand(regions.rows, 2, generator=rng) * 0.5
    names = tuple(f"pair-{i}" for i in range(len(text_lengths)))
    return PairBatch(
        Regions(
            torch.randn(regions.rows, FEATURES, generator=rng),
            torch.cat([low, low + 0.1 + 0.4 * torch.rand(regions.rows, 2, generator=rng)], 1),
            torch.rand(regions.rows, generator=rng),
            torch.rand(regions.rows, CLASSES, generator=rng).softmax(-1),
            torch.full((len(names), 2), 100.0),
            regions,
        ),
        TextTokens(ids, torch.zeros_like(ids), text.within, torch.where(special, -1, words), text),
        torch.ones(len(names), dtype=torch.bool),
        names,
        tuple(images) if images else (),
    )


def make_uniter(seed=0, **options):
    """A two-layer UNITER with all five objectives, in evaluation mode."""
    torch.manual_seed(seed)
    sizes = SingleStreamSizes(24, 2, 3, 48, VOCABULARY, 32, FEATURES, CLASSES)
    model = uniter.pretraining(sizes, MASK, (5, VOCABULARY), **options).eval()
    for parameter in model.parameters():  # BERT's 0.02 would hide a leak in rounding
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, 0.0, 0.3)
    return model
