from __future__ import annotations

import threading

import pytest
import torch

from workbench.data.example import Example
from workbench.data.store import RegionStore
from workbench.data.stream import PairStream, RegionSource
from workbench.data.tokenizers import wordpiece
from workbench.pairs import Offsets, PairBatch, Regions

FEATURES, CLASSES = 8, 5


def picture(count: int, mark: float) -> Regions:
    return Regions(
        torch.full((count, FEATURES), mark),
        torch.tensor([0.1, 0.2, 0.6, 0.7]).repeat(count, 1),
        torch.full((count,), 0.5),
        torch.full((count, CLASSES), 1 / CLASSES),
        torch.tensor([[320.0, 256.0]]),
        Offsets.from_lengths([count]),
    )


@pytest.fixture(scope="module")
def stores(tmp_path_factory) -> tuple[RegionStore, RegionStore]:
    """Two stores of the same 40 pictures; picture i bears the mark i, in the second i + 100."""
    made = []
    for extra in (0, 100):
        folder = tmp_path_factory.mktemp("regions") / f"s{extra}"
        with RegionStore.create(folder, FEATURES, CLASSES) as store:
            for i in range(40):
                store.append(f"p{i}", picture((i + extra) % 7, float(i + extra)))
        made.append(RegionStore.open(folder))
    return made[0], made[1]


@pytest.fixture(scope="module")
def tokenizer():
    return wordpiece()


EXAMPLES = [
    Example(f"e{i}", f"p{i % 40}", f"picture {i} shows {'a toucan and ' * (i % 4)}an owl")
    for i in range(160)
]


def make(sources, tokenizer, **more) -> PairStream:
    options = {"budget": 120, "seed": 3, **more}
    return PairStream(sources, EXAMPLES, tokenizer, **options)


def same(a: PairBatch, b: PairBatch) -> bool:
    return (
        a.names == b.names
        and torch.equal(a.text.ids, b.text.ids)
        and torch.equal(a.text.words, b.text.words)
        and torch.equal(a.regions.features, b.regions.features)
        and torch.equal(a.regions.boxes, b.regions.boxes)
        and torch.equal(a.regions.offsets.starts, b.regions.offsets.starts)
        and torch.equal(a.text.offsets.starts, b.text.offsets.starts)
    )


def test_the_store_is_a_source(stores):
    assert isinstance(stores[0], RegionSource)


def test_pictures_and_sentences_belong_together(stores, tokenizer):
    stream = make(stores[0], tokenizer)
    batch = stream.batch(4)
    alone = tokenizer.encode([EXAMPLES[int(name[1:])].sentence for name in batch.names])
    assert torch.equal(batch.text.ids, alone.ids)
    assert torch.equal(batch.text.words, alone.words)
    assert torch.equal(batch.text.positions, alone.positions)
    assert batch.matched.all()
    for i, name in enumerate(batch.names):
        one = batch.select(torch.tensor([i])).regions
        number = int(name[1:]) % 40
        assert len(one.features) == number % 7
        assert (one.features == number).all()


def test_budget_kept_and_every_example_once_an_epoch(stores, tokenizer):
    stream = make(stores, tokenizer)
    for epoch in (0, 1):
        first = epoch * stream.steps_per_epoch
        batches = [stream.batch(first + i) for i in range(stream.steps_per_epoch)]
        assert all(b.text.offsets.rows + b.regions.offsets.rows <= 120 for b in batches)
        assert sorted(n for b in batches for n in b.names) == sorted(e.name for e in EXAMPLES)
        assert any((b.regions.offsets.lengths == 0).any() for b in batches), "no regions is legal"


def test_a_batch_is_a_function_of_its_step(stores, tokenizer):
    asked = make(stores, tokenizer)
    for step in (0, 3, 40, 6):
        asked.batch(step)
    assert same(asked.batch(7), make(stores, tokenizer).batch(7))
    assert not same(asked.batch(7), asked.batch(7 + asked.steps_per_epoch))
    assert asked.position(asked.steps_per_epoch + 2).step == 2


def test_sources_are_mixed_by_share_and_anew_each_epoch(stores, tokenizer):
    stream = make(stores, tokenizer, shares=[0.25, 0.75])

    def second(epoch):
        regions = stream.take(range(160), epoch).regions
        marks = regions.features[:, 0]
        whole = [marks[regions.offsets.owner == i] for i in range(160)]
        for i, mark in enumerate(whole):
            assert torch.isin(mark, torch.tensor([i % 40, i % 40 + 100])).all()
            assert len(mark.unique()) <= 1, "a picture comes from one source"
        return torch.tensor([bool(len(m)) and bool(m[0] >= 100) for m in whole])

    assert 0.5 < second(0).float().mean() < 0.8  # 0.75 less the pictures that have no region
    assert not torch.equal(second(0), second(1))
    assert torch.equal(second(2), second(2))
    only = make(stores, tokenizer, shares=[1.0, 0.0]).take(range(160)).regions
    assert (only.features < 100).all()


def test_the_coin_does_not_look_at_the_batch(stores, tokenizer):
    stream = make(stores, tokenizer)
    together = stream.take(range(30), 5).regions
    for i in range(30):
        alone = stream.take([i], 5).regions
        assert torch.equal(alone.features, together.select(torch.tensor([i])).features)


def test_prefetched_equals_direct_and_ends_its_thread(stores, tokenizer):
    stream = make(stores, tokenizer)
    ahead = list(stream.prefetched(5, 25))
    assert len(ahead) == 20
    assert all(same(batch, stream.batch(5 + i)) for i, batch in enumerate(ahead))
    endless = stream.prefetched(0)
    assert same(next(endless), stream.batch(0))
    readers = [t for t in threading.enumerate() if t.name.startswith("pair-stream")]
    assert len(readers) == 1
    endless.close()
    assert not readers[0].is_alive()


def test_an_error_in_the_reading_thread_reaches_the_caller(stores, tokenizer, monkeypatch):
    stream = make(stores[0], tokenizer)

    def broken(keys):
        raise OSError("disk gone")

    monkeypatch.setattr(stores[0], "read", broken)
    with pytest.raises(OSError, match="disk gone"):
        next(stream.prefetched(0, 3))


def test_fingerprint_sees_every_part(stores, tokenizer):
    base = make(stores[0], tokenizer).fingerprint()
    assert base == make(stores[0], tokenizer).fingerprint()
    slim = tokenizer.restricted_to([e.sentence for e in EXAMPLES])
    renamed = [Example("x", "p0", EXAMPLES[0].sentence), *EXAMPLES[1:]]
    others = [
        make(stores[1], tokenizer),
        make(stores, tokenizer),
        make(stores[0], slim),
        make(stores[0], tokenizer, seed=4),
        make(stores[0], tokenizer, budget=121),
        PairStream(stores[0], renamed, tokenizer, 120, 3),
    ]
    assert len({base, *(stream.fingerprint() for stream in others)}) == 7


def test_bad_input_is_named_at_construction(stores, tokenizer):
    def stream(*examples, sources=stores[0], **more):
        options = {"budget": 120, "seed": 0, **more}
        return PairStream(sources, examples, tokenizer, **options)

    good = EXAMPLES[0]
    with pytest.raises(ValueError, match=r"example 'b' needs the picture 'p99'.*1 of 2"):
        stream(good, Example("b", "p99", "an owl"))
    with pytest.raises(ValueError, match="example 'b' has an empty sentence"):
        stream(good, Example("b", "p1", ""))
    with pytest.raises(ValueError, match="example 'b' has 32 tokens but at most 20"):
        stream(good, Example("b", "p1", "owl " * 30), max_tokens=20)
    stream(good, Example("b", "p1", "owl " * 30), max_tokens=20, truncate=True)
    with pytest.raises(ValueError, match="example 'b' has 33 rows"):
        stream(good, Example("b", "p1", "owl " * 30), budget=30)
    with pytest.raises(ValueError, match="at least one example"):
        stream()
    with pytest.raises(ValueError, match="at least one source"):
        stream(good, sources=())
    with pytest.raises(ValueError, match="shares must be 2 numbers"):
        stream(good, sources=stores, shares=[1.0])


def test_sources_of_different_sizes_are_not_mixed(stores, tokenizer, tmp_path):
    with (
        RegionStore.create(tmp_path / "other", 4, CLASSES) as other,
        pytest.raises(ValueError, match=r"\(4, 5\), \(8, 5\)"),
    ):
        make((stores[0], other), tokenizer)
