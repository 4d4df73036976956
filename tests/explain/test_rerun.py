"""Looking again: what is taken away is gone, all else stays to the bit, the model is as it was."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from tests.properties.batches import make_batch
from tests.properties.everything import MIXES, widened
from widgets.attention.change import AttentionChange
from workbench.explain.attention import attention_on
from workbench.explain.joint_maps import layers_of
from workbench.explain.questions import masked_language
from workbench.explain.rerun import attention_at, rerun, silenced
from workbench.explain.shown import Shown
from workbench.patterns import BIDIRECTIONAL, AttentionPattern

torch.set_num_threads(1)
WORDS = ("[CLS]", "a", "red", "ball", "lies", "[SEP]")
SYSTEMS = ("uniter", "vilbert", "vlp", "unimo")
SEQ2SEQ = AttentionPattern("seq2seq", torch.tensor([2]))


def model_of(name: str):
    return widened(MIXES[name]())


def shown() -> Shown:
    picture = np.zeros((4, 6, 3), dtype=np.uint8)
    return Shown(make_batch([6], [3]), WORDS, picture, ("sun", "ball", "tree"), "a red ball lies")


def state_of(model) -> dict:
    hooks = {n: len(m._forward_pre_hooks) + len(m._forward_hooks) for n, m in model.named_modules()}
    weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    modes = {name: module.training for name, module in model.named_modules()}
    return {"hooks": hooks, "weights": weights, "modes": modes}


def same(one: dict, other: dict) -> bool:
    weights = all(torch.equal(tensor, other["weights"][n]) for n, tensor in one["weights"].items())
    return weights and one["hooks"] == other["hooks"] and one["modes"] == other["modes"]


def layers_in(model, pattern=BIDIRECTIONAL) -> list[list[str]]:
    trace: dict[str, torch.Tensor] = {}
    with torch.no_grad():
        model.encoder(shown().batch, pattern, trace)
    return list(layers_of(name for name, tensor in trace.items() if tensor.ndim == 4).values())


def every_head(model, layer: int) -> tuple[tuple[int, int], ...]:
    heads = max(attention_at(model.encoder, name).heads for name in layers_in(model)[layer])
    return tuple((layer, head) for head in range(heads))


@pytest.mark.parametrize("name", SYSTEMS)
@pytest.mark.parametrize("pattern", [BIDIRECTIONAL, SEQ2SEQ], ids=["bidirectional", "seq2seq"])
def test_no_change_is_the_record_itself(name, pattern):
    model, pair = model_of(name), shown()
    plain = attention_on(model, pair, pattern)
    again = rerun(model, pair, pattern)(AttentionChange())
    np.testing.assert_array_equal(again.attention, plain.attention)
    assert (again.words, again.labels, again.layer_names) == (
        plain.words,
        plain.labels,
        plain.layer_names,
    )
    assert (again.added == plain.added).all() and (again.boxes == plain.boxes).all()


@pytest.mark.parametrize("name", SYSTEMS)
def test_words_and_regions_are_those_of_the_record(name):
    model, pair = model_of(name), shown()
    plain = attention_on(model, pair)
    word = plain.words.index("ball")
    look = rerun(model, pair)
    masked = look(AttentionChange(words=(word,)))
    mask = masked_language(model).mask_id
    by_hand = attention_on(model, pair.with_words_hidden([3], mask))
    np.testing.assert_array_equal(masked.attention, by_hand.attention)
    assert masked.words == plain.words and not np.allclose(masked.attention, plain.attention)
    hidden = look(AttentionChange(regions=(1,)))
    by_hand = attention_on(model, pair.with_regions_hidden([1]))
    np.testing.assert_array_equal(hidden.attention, by_hand.attention)
    assert not np.allclose(hidden.attention, plain.attention)
    both = look(AttentionChange(words=(word,), regions=(1, 2)))
    by_hand = attention_on(model, pair.with_words_hidden([3], mask).with_regions_hidden([1, 2]))
    np.testing.assert_array_equal(both.attention, by_hand.attention)


@pytest.mark.parametrize("name", SYSTEMS)
def test_all_heads_silent_is_an_output_projection_given_zeros(name):
    model, pair = model_of(name), shown()
    layers = layers_in(model)
    for layer in {0, len(layers) - 2}:
        found = rerun(model, pair)(AttentionChange(heads=every_head(model, layer)))
        twin = copy.deepcopy(model)
        for traced in layers[layer]:
            output = attention_at(twin.encoder, traced).output
            with torch.no_grad():
                output.weight.zero_()  # what it is given no longer matters; its bias stays
        theirs = attention_on(twin, pair)
        np.testing.assert_allclose(found.attention, theirs.attention, atol=1e-6)
        plain = attention_on(model, pair)
        assert not np.allclose(found.attention[layer + 1 :], plain.attention[layer + 1 :])


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_silent_head_is_that_slice_of_the_projection_and_no_other(name):
    model, pair = model_of(name), shown()
    layer = 2 if name == "vilbert" else 0
    found = rerun(model, pair)(AttentionChange(heads=((layer, 1),)))
    twin = copy.deepcopy(model)
    for traced in layers_in(model)[layer]:
        attention = attention_at(twin.encoder, traced)
        width = attention.output.in_features // attention.heads
        with torch.no_grad():
            attention.output.weight[:, width : 2 * width] = 0.0
    theirs = attention_on(twin, pair).attention
    np.testing.assert_allclose(found.attention, theirs, atol=1e-6)
    other = rerun(model, pair)(AttentionChange(heads=((layer, 0),)))
    assert not np.allclose(found.attention, other.attention)


@pytest.mark.parametrize("name", SYSTEMS)
def test_what_comes_before_a_silent_head_is_equal_to_the_bit(name):
    model, pair = model_of(name), shown()
    plain, last = attention_on(model, pair), len(layers_in(model)) - 1
    for layer in range(last + 1):
        found = rerun(model, pair)(AttentionChange(heads=every_head(model, layer)))
        np.testing.assert_array_equal(
            found.attention[: layer + 1], plain.attention[: layer + 1], err_msg=f"layer {layer}"
        )


def test_a_layer_of_two_streams_is_silent_in_both():
    model = model_of("vilbert")
    layers = layers_in(model)
    assert layers[2] == ["cross.0.text_to_regions", "cross.0.regions_to_text"]
    assert layers[3] == ["regions.0.attention", "text.2.attention"]
    given: dict[str, torch.Tensor] = {}

    def keep(name):
        return lambda _, rows: given.update({name: rows[0].detach().clone()})

    with silenced(model.encoder, layers, [(2, 0), (3, 2)]):
        for name in (*layers[2], *layers[3]):
            attention_at(model.encoder, name).output.register_forward_pre_hook(keep(name))
        model.encoder(shown().batch)
    for name in layers[2]:  # two heads of eight units, the first of them silent
        assert not given[name][:, :8].any() and given[name][:, 8:].any()
    text, regions = given["text.2.attention"], given["regions.0.attention"]
    assert not text[:, 16:].any() and text[:, :16].any(), "the third head of the text block"
    assert regions.view(len(regions), 2, -1).any(-1).all(), "the region block has but two heads"


@pytest.mark.parametrize("name", ["uniter", "vilbert"])
def test_the_model_is_as_it_was_even_after_an_exception(name):
    model, pair = model_of(name).train(), shown()
    model.encoder.inputs.eval()  # parts may stand still while the rest learns
    before, look = state_of(model), rerun(model, pair)
    look(AttentionChange(words=(2,), regions=(0,), heads=((0, 0), (1, 1))))
    assert same(state_of(model), before)
    original = model.encoder.summary

    class Broken(torch.nn.Module):
        def forward(self, *_):
            raise RuntimeError("out of order")

    model.encoder.summary = Broken()
    with pytest.raises(RuntimeError, match="out of order"):
        look(AttentionChange(heads=((0, 0), (1, 1))))
    model.encoder.summary = original
    assert same(state_of(model), before)


@pytest.mark.parametrize(
    ("name", "change", "error", "says"),
    [
        ("vlp", AttentionChange(words=(1,)), ValueError, "word 1 is a row that the encoder adds"),
        ("unimo", AttentionChange(regions=(3,)), ValueError, "region 3 is a row that the encoder"),
        ("uniter", AttentionChange(words=(6,)), IndexError, "no word 6: this record has words 0"),
        ("uniter", AttentionChange(regions=(3,)), IndexError, "no region 3"),
        ("uniter", AttentionChange(heads=((2, 0),)), IndexError, "no layer 2"),
        ("uniter", AttentionChange(heads=((0, 3),)), IndexError, "no head 3 in layer 0"),
        ("vilbert", AttentionChange(heads=((0, -1),)), IndexError, "no head -1"),
    ],
)
def test_changes_that_cannot_be_made_are_told(name, change, error, says):
    with pytest.raises(error, match=says):
        rerun(model_of(name), shown())(change)


def test_a_model_without_a_mask_can_still_be_shown_without_regions_and_heads():
    model = model_of("uniter")
    del model.mix.by_name["mlm"]
    look = rerun(model, shown())
    look(AttentionChange(regions=(0,), heads=((0, 0),)))
    with pytest.raises(ValueError, match="not trained to guess hidden words"):
        look(AttentionChange(words=(1,)))
