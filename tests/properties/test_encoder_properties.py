"""No leak, pattern kept, attention paths equal: properties (1)–(3) of every encoder."""

import dataclasses

import pytest
import torch

from tests.properties.batches import VOCABULARY, make_batch, make_uniter, seeded
from workbench.layers.attention import attend
from workbench.pairs import Offsets
from workbench.patterns import BIDIRECTIONAL, AttentionPattern, Layout, Read

torch.set_num_threads(1)
TEXT, REGIONS = [5, 9, 3, 6], [4, 0, 7, 2]
SOURCES = torch.tensor([2, 4, 3, 6])
PATTERNS = [BIDIRECTIONAL, AttentionPattern("seq2seq", SOURCES)]


@pytest.fixture
def encoder():
    return make_uniter().encoder


def pattern_of(pattern, chosen):
    source = pattern.source
    return pattern if source is None else AttentionPattern("seq2seq", source[chosen])


@pytest.mark.parametrize("pattern", PATTERNS, ids=["bidirectional", "seq2seq"])
def test_a_pair_alone_equals_itself_in_any_batch(encoder, pattern):
    batch = make_batch(TEXT, REGIONS)
    with torch.no_grad():
        together = encoder(batch, pattern)
        for order in ([2, 0, 3, 1], [3], [1, 1, 0]):
            chosen = torch.tensor(order)
            apart = encoder(batch.select(chosen), pattern_of(pattern, chosen))
            rows, _ = batch.text.offsets.select(chosen)
            torch.testing.assert_close(apart.text, together.text[rows], atol=1e-5, rtol=1e-5)
            rows, _ = batch.regions.offsets.select(chosen)
            torch.testing.assert_close(apart.regions, together.regions[rows], atol=1e-5, rtol=1e-5)
            torch.testing.assert_close(apart.pair, together.pair[chosen], atol=1e-5, rtol=1e-5)


def test_changing_a_hidden_row_changes_nothing_that_may_not_see_it(encoder):
    pattern = PATTERNS[1]
    batch = make_batch(TEXT, REGIONS)
    layout = Layout.of(batch)

    def joint(encoding):
        rows = torch.empty(layout.joint.rows, encoding.text.shape[-1])
        rows[layout.text_rows], rows[layout.region_rows] = encoding.text, encoding.regions
        return rows

    with torch.no_grad():
        before = joint(encoder(batch, pattern))
        for pair in range(len(batch)):
            visible = pattern.visible(batch, pair)
            regions = REGIONS[pair]
            for token in range(TEXT[pair]):
                row = int(batch.text.offsets.starts[pair]) + token
                ids = batch.text.ids.clone()
                ids[row] = (ids[row] + 7) % VOCABULARY
                changed = dataclasses.replace(batch, text=dataclasses.replace(batch.text, ids=ids))
                after = joint(encoder(changed, pattern))
                start = int(layout.joint.starts[pair])
                moved = (after - before).abs().amax(1) > 1e-6
                expected = torch.zeros_like(moved)
                expected[start : start + len(visible)] = visible[:, regions + token]
                assert torch.equal(moved, expected), (pair, token)


@pytest.mark.parametrize("pattern", PATTERNS, ids=["bidirectional", "seq2seq"])
def test_states_are_the_same_with_and_without_a_trace(encoder, pattern):
    batch, trace = make_batch(TEXT, REGIONS), {}
    with torch.no_grad():
        plain, traced = encoder(batch, pattern), encoder(batch, pattern, trace)
    torch.testing.assert_close(plain.text, traced.text, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(plain.regions, traced.regions, atol=1e-5, rtol=1e-5)
    if pattern is BIDIRECTIONAL:
        weights = trace["blocks.1.attention"]
        sums = weights.sum(-1)
        lengths = batch.text.offsets.lengths + batch.regions.offsets.lengths
        for pair, rows in enumerate(lengths.tolist()):
            torch.testing.assert_close(sums[pair, :, :rows], torch.ones_like(sums[pair, :, :rows]))
            assert (weights[pair, :, :rows, rows:] == 0).all()


def reference(query, key, value, read):
    """Attention written row by row, as plainly as it can be."""
    answers = []
    for pair in range(len(read.key_offsets)):
        q0, q1 = read.query_offsets.starts[pair : pair + 2].tolist()
        k0, k1 = read.key_offsets.starts[pair : pair + 2].tolist()
        for row in range(q0, q1):
            seen = k1 - (q1 - 1 - row) if read.causal else k1
            scores = (key[k0:seen] * query[row]).sum(-1) / query.shape[-1] ** 0.5
            answers.append((scores.softmax(0)[..., None] * value[k0:seen]).sum(0))
    return torch.stack(answers)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("path", ["sdpa", "explicit", "traced", "bfloat16"])
def test_attention_paths_equal_plain_arithmetic(causal, path):
    rng = seeded(3)
    queries, keys = Offsets.from_lengths([2, 3, 0, 1]), Offsets.from_lengths([4, 3, 2, 5])
    read = Read(None, queries, None, keys, causal)
    query = torch.randn(queries.rows, 2, 4, generator=rng)
    key, value = (torch.randn(keys.rows, 2, 4, generator=rng) for _ in range(2))
    expected = reference(query, key, value, read)
    if path == "bfloat16":
        given = (tensor.bfloat16() for tensor in (query, key, value))
        ours, tolerance = attend(*given, read).float(), 3e-2
    else:
        ours = attend(query, key, value, read, weights=[] if path == "traced" else None)
        tolerance = 1e-5
    torch.testing.assert_close(ours, expected, atol=tolerance, rtol=tolerance)


def test_a_query_that_may_see_nothing_gets_zeros():
    queries, keys = Offsets.from_lengths([2, 1]), Offsets.from_lengths([0, 2])
    read = Read(None, queries, None, keys)
    query, key = torch.ones(3, 1, 2), torch.ones(2, 1, 2)
    for weights in (None, []):
        mixed = attend(query, key, key, read, weights=weights)
        assert torch.equal(mixed[:2], torch.zeros(2, 1, 2)) and mixed[2].ne(0).all()


def test_patterns_ask_for_what_they_need():
    with pytest.raises(ValueError, match="seq2seq pattern needs"):
        AttentionPattern("seq2seq")
    with pytest.raises(ValueError, match="bidirectional one needs none"):
        AttentionPattern("bidirectional", torch.tensor([1]))


def test_bad_batches_are_refused(encoder):
    batch = make_batch([4, 40], [2, 2])
    with pytest.raises(
        ValueError, match=r"40 tokens stands at position 39 but .* only 32 positions"
    ):
        encoder(batch)
    with pytest.raises(ValueError, match="'pair-1' has neither tokens nor regions"):
        encoder(make_batch([4, 0], [2, 0]))
    batch = make_batch([4], [2])
    wide = dataclasses.replace(batch.regions, features=torch.zeros(2, 5))
    with pytest.raises(ValueError, match="5 numbers each but this model was built for 12"):
        encoder(dataclasses.replace(batch, regions=wide))
