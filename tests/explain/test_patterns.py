"""What is said of a forward pass is what the model does: who sees whom, what is asked, the loss."""

import dataclasses

import numpy as np
import pytest
import torch

from tests.properties.everything import ENCODERS, MIXES, PATTERNS, batch_of, widened
from workbench.explain.attention import WHOLE_PICTURE
from workbench.explain.patterns import (
    by_pattern,
    millions,
    passes,
    reads_row,
    with_hidden,
)
from workbench.explain.visibility import (
    HIDDEN,
    SEEN,
    SEEN_ACROSS,
    input_rows,
    own_places,
    who_sees_whom,
)

torch.set_num_threads(1)


def pieces(ids):
    return [f"w{int(i)}" for i in ids]


@pytest.fixture(scope="module", params=list(MIXES))
def told(request):
    """A system's model, the batch, and every kind of pass that its steps can hold."""
    torch.manual_seed(0)
    model, batch = MIXES[request.param](), batch_of()
    return request.param, model, batch, passes(model, batch, pieces, pair="pair-0", seeds=60)


@pytest.mark.parametrize("name", list(ENCODERS))
@pytest.mark.parametrize("pattern", list(PATTERNS.values()), ids=list(PATTERNS))
def test_what_is_drawn_is_what_the_pattern_says(name, pattern):
    encoder, batch = ENCODERS[name](), batch_of()
    given = input_rows(encoder, batch, pattern)
    text, regions = own_places(given)
    for pair, how in enumerate(who_sees_whom(encoder, given, pattern)):
        start = int(given.layout.joint.starts[pair])
        mine = [
            rows[offsets.owner == pair] - start
            for rows, offsets in ((regions, batch.regions.offsets), (text, batch.text.offsets))
        ]
        own = torch.cat(mine).numpy()
        visible = pattern.visible(batch, pair).numpy()
        assert np.array_equal(how[np.ix_(own, own)] != HIDDEN, visible), pair
        across = how == SEEN_ACROSS
        if name.startswith("vilbert") and "single" not in name:
            in_text = np.isin(np.arange(len(how)), mine[1].numpy())
            assert np.array_equal(across, (in_text[:, None] != in_text[None]) & (how != HIDDEN))
        else:
            assert not across.any() and set(np.unique(how)) <= {HIDDEN, SEEN}


def test_each_kind_of_pass_is_told_once(told):
    name, _, _, seen = told
    kinds = {("+".join(one.objectives), one.pattern) for one in seen}
    assert len(kinds) == len(seen)
    assert (
        kinds
        == {
            "uniter": {(one, "bidirectional") for one in ("itm", "mlm", "mrfr", "mrc-kl")},
            "vilbert": {("itm+mlm+mrc-kl", "bidirectional")},
            "vilbert-single-stream": {("itm+mlm+mrc-kl", "bidirectional")},
            "vlp": {("mlm", "bidirectional"), ("seq2seq", "seq2seq")},
            "unimo": {
                ("mlm+mrfr+mrc-kl", "bidirectional"),
                ("fragments+mrfr+mrc-kl", "seq2seq"),
                ("cmcl", "bidirectional"),
            },
            "unimo-without-contrast": {
                ("mlm+mrfr+mrc-kl", "bidirectional"),
                ("fragments+mrfr+mrc-kl", "seq2seq"),
                ("itm", "bidirectional"),
            },
            "visualbert": {("itm+mlm", "bidirectional")},
        }[name]
    )


def test_views_say_what_was_hidden_and_asked(told):
    _, _, batch, seen = told
    whole = {pair: pieces(ids) for pair, ids in zip(batch.names, texts(batch), strict=True)}
    for one in seen:
        assert set(one.losses) == set(one.objectives)
        assert all(np.isfinite(loss) and loss > 0 for loss in one.losses.values())
        asks_words = {"mlm", "seq2seq", "fragments"} & set(one.objectives)
        asks_regions = {"mrfr", "mrc", "mrc-kl"} & set(one.objectives)
        words = sum(view.asked[view.first_text :].sum() for view in one.pairs)
        regions = sum(view.asked[: view.first_text].sum() for view in one.pairs)
        assert bool(words) == bool(asks_words) and bool(regions) == bool(asks_regions)
        assert words == sum(len(view.answers) for view in one.pairs)
        assert words + regions == one.asked_rows
        for view in one.pairs:
            size = len(view.rows)
            assert view.how.shape == (size, size) and len(view.asked) == len(view.added) == size
            assert not (view.asked & view.added).any()
            assert (np.diag(view.how) == SEEN).all()
            assert len(view.hidden) == len(view.boxes)
            assert len(view.wanted) == view.asked.sum()
            if view.matched and asks_words and "fragments" not in one.objectives:
                told_words = zip(view.words, whole[view.name], strict=True)
                changed = [i for i, (now, was) in enumerate(told_words) if now != was]
                own = [row for row in range(view.first_text, size) if not view.added[row]]
                assert set(changed) <= {i for i, row in enumerate(own) if view.asked[row]}
    chosen = by_pattern(seen)
    assert set(chosen) == {one.pattern for one in seen}
    assert list(chosen) == sorted(chosen)
    for one in seen:
        assert one.asked_words <= chosen[one.pattern].asked_words


def test_a_named_pair_keeps_its_picture_where_it_can(told):
    name, model, batch, seen = told
    for one in seen:
        assert one.of("pair-0").matched, one.objectives
    anywhere = passes(model, batch, pieces, seeds=60)
    assert {one.objectives for one in anywhere} >= {one.objectives for one in seen}
    assert not passes(model, batch, pieces, pair="nobody", seeds=3)
    moved = [one for one in anywhere if "itm" in one.objectives]
    assert bool(moved) == (name not in ("vlp", "unimo"))


def texts(batch):
    return batch.text.ids.split(batch.text.offsets.lengths.tolist())


def test_nothing_is_trained_and_no_mode_is_changed(told):
    _, model, batch, seen = told
    assert all(parameter.grad is None for parameter in model.parameters())
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    model.train()
    again = passes(model, batch, pieces, pair="pair-0", seeds=60)
    assert model.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert [one.losses for one in again] == [one.losses for one in seen]


def test_tables_have_a_row_for_everything(told):
    name, model, _, seen = told
    for one in seen:
        row = one.summary()
        assert row["objectives"] == " + ".join(one.objectives)
        text = sum(len(view.words) for view in one.pairs)
        asked, of_text = str(row["words asked"]).split(" of ")
        assert int(of_text) == text and int(asked) <= text
        assert int(str(row["wrong pairs"])) == sum(not view.matched for view in one.pairs)
    row = reads_row(model, seen[0].of("pair-0"))
    assert row["streams"] == (2 if name == "vilbert" else 1)
    own = {"vlp": "[SEP]", "uniter": "none", "visualbert": "none"}.get(name, WHOLE_PICTURE)
    assert row["rows of its own"] == own
    assert row["parameters"] == sum(parameter.numel() for parameter in model.parameters())
    words = model.encoder.inputs.text.word.weight.numel()
    assert millions(model) == pytest.approx((int(str(row["parameters"])) - words) / 1e6)
    with pytest.raises(KeyError, match="no pair 'nobody'"):
        seen[0].of("nobody")


def test_hidden_regions_are_painted_over():
    model = widened(MIXES["uniter"]())
    one = next(one for one in passes(model, batch_of(), pieces) if "mrfr" in one.objectives)
    view = next(view for view in one.pairs if view.hidden.any())
    picture = np.full((100, 200, 3), 255, dtype=np.uint8)
    boxes = np.array([[0.1, 0.2, 0.5, 0.6]] * len(view.boxes), dtype=np.float32)
    painted = with_hidden(picture, dataclasses.replace(view, boxes=boxes))
    assert (painted[20:60, 20:100] == 105).all()
    assert (painted[:20] == 255).all() and (painted[:, 100:] == 255).all()
    assert (picture == 255).all()
    bare = dataclasses.replace(view, boxes=boxes, hidden=np.zeros(len(boxes), dtype=bool))
    assert (with_hidden(picture, bare) == 255).all()
