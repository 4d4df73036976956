"""Attention records equal what hooks on the model see, under both patterns and for all systems."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from tests.properties.batches import make_batch
from tests.properties.everything import (
    ENCODERS,
    PATTERNS,
    SEPARATOR,
    SIX,
    batch_of,
    widened,
)
from workbench.explain.attention import attention_of
from workbench.layers.attention import Attention
from workbench.objectives.region_masking import hide_regions
from workbench.patterns import BIDIRECTIONAL, AttentionPattern
from workbench.systems import vlp

torch.set_num_threads(1)
TEXT, REGIONS, SOURCE = 7, 3, 3
WORDS = ["[CLS]", *(f"w{place}" for place in range(TEXT - 2)), "[SEP]"]
PICTURE = np.zeros((4, 6, 3), dtype=np.uint8)
SYSTEMS = ("uniter", "vilbert", "vlp", "unimo")
BOTH = {
    "bidirectional": BIDIRECTIONAL,
    "seq2seq": AttentionPattern("seq2seq", torch.tensor([SOURCE])),
}


def seen_by_hooks(encoder, batch, pattern):
    """Query and key projections of every attention of one forward pass, in the order of calls."""
    found: list[tuple[torch.Tensor, torch.Tensor, int]] = []
    hooks = []
    for module in encoder.modules():
        if isinstance(module, Attention):
            keep: dict[str, torch.Tensor] = {}
            hooks += [
                module.query.register_forward_hook(lambda _, __, out, k=keep: k.update(q=out)),
                module.key.register_forward_hook(lambda _, __, out, k=keep: k.update(k=out)),
                module.register_forward_hook(
                    lambda m, _, __, k=keep: found.append((k["q"], k["k"], m.heads))
                ),
            ]
    with torch.no_grad():
        encoder(batch, pattern)
    for hook in hooks:
        hook.remove()
    return found


def softmax_of(query, key, heads: int, visible: np.ndarray) -> np.ndarray:
    """An explicit softmax, head by head, of one pair's rows; rows that see nothing are zero."""
    maps = []
    width = query.shape[-1] // heads
    for head in range(heads):
        part = slice(head * width, (head + 1) * width)
        scores = (query[:, part] @ key[:, part].T).double().numpy() / math.sqrt(width)
        shares = np.exp(scores - scores.max(-1, keepdims=True)) * visible
        total = shares.sum(-1, keepdims=True)
        maps.append(np.divide(shares, total, out=np.zeros_like(shares), where=total > 0))
    return np.stack(maps)


def expected(name: str, encoder, batch, pattern) -> np.ndarray:
    """The whole record by hooks and hand: [layers, heads, S, S]."""
    added, lead = int(name == "vlp"), int(name in ("vilbert", "unimo"))
    text, regions = TEXT + added, REGIONS + lead
    source = text if pattern.source is None else SOURCE + added
    size = text + regions
    place = np.arange(text)
    among = (place[None] < source) | (place[:, None] >= source) & (place[None] <= place[:, None])
    source_only = np.tile(place < source, (regions, 1))
    whole = np.ones((text, regions), dtype=bool)
    turned = np.roll(np.arange(regions), -lead)
    found, maps = seen_by_hooks(encoder, batch, pattern), []
    if name != "vilbert":
        order = np.concatenate([regions + place, turned])
        visible = np.block([[among, whole], [source_only, np.ones((regions, regions), dtype=bool)]])
        back = np.argsort(order)
        for query, key, heads in found:
            in_stream = softmax_of(query, key, heads, visible[np.ix_(back, back)])
            maps.append(in_stream[:, order][:, :, order])
        return np.stack(maps)
    words, things = slice(0, text), slice(text, size)
    most = max(heads for _, _, heads in found)
    calls = iter(found)
    for step in ("T", "T", "C", "VT", "C", "VT"):
        layer = np.zeros((most, size, size))
        for letter in step:
            if letter in "TC":
                query, key, heads = next(calls)
                ours = softmax_of(query, key, heads, among if letter == "T" else whole)
                if letter == "T":
                    layer[:heads, words, words] = ours
                else:
                    layer[:heads, words, things] = ours[:, :, turned]
            if letter in "VC":
                query, key, heads = next(calls)
                ours = softmax_of(query, key, heads, source_only if letter == "C" else np.True_)
                ours = ours[:, turned]
                if letter == "C":
                    layer[:heads, things, words] = ours
                else:
                    layer[:heads, things, things] = ours[:, :, turned]
        empty = layer.sum(-1) == 0
        maps.append(layer + np.eye(size) * empty[..., None])
    return np.stack(maps)


@pytest.mark.parametrize("name", SYSTEMS)
@pytest.mark.parametrize("kind", list(BOTH))
def test_values_equal_hooks_on_the_model(name, kind):
    encoder, batch, pattern = widened(ENCODERS[name]()), make_batch([TEXT], [REGIONS]), BOTH[kind]
    record = attention_of(encoder, batch, WORDS, PICTURE, pattern=pattern)
    theirs = expected(name, encoder, batch, pattern)
    assert record.attention.shape == theirs.shape
    np.testing.assert_allclose(record.attention, theirs, rtol=0, atol=1e-6)
    np.testing.assert_allclose(record.attention.sum(-1), 1, atol=1e-5)


@pytest.mark.parametrize("name", SYSTEMS)
def test_target_rows_see_nothing_later(name):
    encoder, batch = widened(ENCODERS[name]()), make_batch([TEXT], [REGIONS])
    record = attention_of(encoder, batch, WORDS, PICTURE, pattern=BOTH["seq2seq"])
    words = len(record.words)
    first_target = SOURCE + words - TEXT
    for row in range(words):
        later = record.attention[:, :, row, max(row + 1, first_target) : words]
        assert not later.any(), row
    own = record.attention[:, :, first_target:words, first_target:words]
    assert own.sum(), "a target sees itself"
    regions = record.attention[:, :, words:, first_target:words]
    assert not regions.any(), "no region sees the target"
    free = attention_of(encoder, batch, WORDS, PICTURE).attention
    assert np.triu(free[:, :, :words, :words].sum((0, 1)), 1)[:, first_target:].any()


@pytest.mark.parametrize("name", [*SYSTEMS, "vilbert-gated"])
@pytest.mark.parametrize("kind", list(PATTERNS))
def test_a_trace_of_many_pairs_is_that_of_each_alone(name, kind):
    encoder, batch, pattern = widened(ENCODERS[name]()), batch_of(), PATTERNS[kind]
    together: dict[str, torch.Tensor] = {}
    with torch.no_grad():
        encoder(batch, pattern, together)
    for pair in range(len(batch)):
        alone: dict[str, torch.Tensor] = {}
        source = None if pattern.source is None else pattern.source[pair : pair + 1]
        with torch.no_grad():
            one = batch.select(torch.tensor([pair]))
            encoder(one, AttentionPattern(pattern.kind, source), alone)
        for called, weights in alone.items():
            if weights.ndim == 4:
                _, _, queries, keys = weights.shape
                block = together[called][pair, :, :queries, :keys]
                torch.testing.assert_close(block, weights[0], atol=1e-5, rtol=1e-5)
                assert not together[called][pair, :, :queries, keys:].any()


def test_hidden_regions_that_nobody_may_see_have_no_weight():
    encoder = widened(vlp.encoder(SIX, SEPARATOR))
    encoder.inputs.block_hidden = True
    batch = hide_regions(make_batch([TEXT], [REGIONS]), torch.tensor([False, True, False]))
    for pattern in BOTH.values():
        record = attention_of(encoder, batch, WORDS, PICTURE, pattern=pattern)
        assert not record.attention[..., len(record.words) + 1].any()
        assert record.attention[..., len(record.words) + 2].any()
