"""Embedding tables: every state in its place, whatever the encoder, words and regions as points."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.properties.batches import CLASSES, FEATURES, VOCABULARY, make_batch
from widgets.neighbours.embedding_table import EmbeddingTable
from workbench.encoders.single_stream import SingleStreamSizes
from workbench.encoders.two_stream import TwoStreamSizes
from workbench.explain.attention import attention_of
from workbench.explain.embedding_tables import (
    SIDE,
    embedding_table,
    embedding_tables_over,
    vocabulary_table,
)
from workbench.explain.layer_rows import layer_rows
from workbench.explain.point_pictures import thumbnail
from workbench.explain.shown import Shown
from workbench.systems import unimo, uniter, vilbert, vlp
from workbench.training.model import Pretraining

torch.set_num_threads(1)
WORDS = ("[CLS]", "tou", "##can", "flies", "[SEP]")
LABELS = ("sun", "toucan", "tree")
ONE = (24, 2, 3, 48, VOCABULARY, 32, FEATURES, CLASSES)


def two_stream(order: str, region_width: int = 24):
    stream = (24, 2, 32, region_width, 2, 24, 16, 2)
    return vilbert.encoder(TwoStreamSizes(order, *stream, VOCABULARY, 32, FEATURES, CLASSES))


ENCODERS = {
    "uniter": lambda: uniter.encoder(SingleStreamSizes(*ONE)),
    "unimo": lambda: unimo.encoder(SingleStreamSizes(*ONE, segments=0)),
    "vlp": lambda: vlp.encoder(SingleStreamSizes(*ONE, segments=6, eps=1e-5), separator_id=3),
    "vilbert": lambda: two_stream("TTCVTCVT"),
}


def model_of(name: str) -> Pretraining:
    torch.manual_seed(0)
    encoder = ENCODERS[name]()
    for parameter in encoder.parameters():  # wide enough to tell rows apart
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, 0.0, 0.3)
    return Pretraining(encoder, torch.nn.Identity()).eval()


def shown(seed: int = 0, words: tuple[str, ...] = WORDS) -> Shown:
    batch = make_batch([5], [3], seed=seed)
    picture = np.arange(40 * 60 * 3, dtype=np.uint8).reshape(40, 60, 3)
    return Shown(batch, words, picture, LABELS, "toucan flies")


def hooked(model: Pretraining, pair: Shown) -> list[torch.Tensor]:
    """What leaves every block of one stream, caught by hooks on the model itself."""
    caught: list[torch.Tensor] = []
    hooks = [
        block.register_forward_hook(lambda _, __, rows: caught.append(rows))
        for block in model.encoder.blocks
    ]
    with torch.no_grad():
        model.encoder(pair.batch, trace={})
    for hook in hooks:
        hook.remove()
    return caught


@pytest.mark.parametrize(
    ("name", "text", "regions"),
    [
        ("uniter", [3, 4, 5, 6, 7], [0, 1, 2]),
        ("unimo", [4, 5, 6, 7, 8], [1, 2, 3]),  # the whole picture leads
        ("vlp", [3, 5, 6, 7, 8], [0, 1, 2]),  # a separator stands after [CLS]
    ],
)
def test_points_are_what_hooks_on_the_blocks_catch(name, text, regions):
    model, pair = model_of(name), shown()
    table = embedding_table(model, [pair], name=name, occurrences=True)
    assert table.names == ("toucan", "flies", *LABELS)
    assert table.kinds == ("word", "word", "region", "region", "region")
    assert table.layer_names == ("input", "block 1", "block 2")
    for layer, rows in enumerate(hooked(model, pair), start=1):
        states = rows.numpy()
        word = states[[text[1], text[2]]].mean(0)  # its two pieces
        np.testing.assert_allclose(table.vectors[layer, 0], word, atol=1e-6)
        np.testing.assert_allclose(table.vectors[layer, 1], states[text[3]], atol=1e-6)
        np.testing.assert_allclose(table.vectors[layer, 2:], states[regions], atol=1e-6)
    with torch.no_grad():
        last = model.encoder(pair.batch, trace={})
    np.testing.assert_allclose(table.vectors[-1, 2:], last.regions.numpy(), atol=1e-6)


def test_two_streams_stand_at_every_step_where_they_last_were():
    model, pair = model_of("vilbert"), shown()
    layers = layer_rows(model, pair)
    record = attention_of(model.encoder, pair.batch, WORDS, pair.picture)
    assert tuple(layers) == ("input", *record.layer_names), (
        "layers are called as those of attention"
    )
    caught: dict[str, torch.Tensor] = {}
    hooks = [
        block.register_forward_hook(lambda _, __, out, key=f"{kind} {i}": caught.update({key: out}))
        for kind in ("text", "region", "cross")
        for i, block in enumerate(getattr(model.encoder, f"{kind}_blocks"))
    ]
    with torch.no_grad():
        last = model.encoder(pair.batch, trace={})
    for hook in hooks:
        hook.remove()
    expected = {  # text, regions without the row of the whole picture
        "text 2": (caught["text 1"], layers["input"][1]),
        "co-attention 1": (caught["cross 0"][0], caught["cross 0"][1][1:]),
        "regions 1 · text 3": (caught["text 2"], caught["region 0"][1:]),
        "regions 2 · text 4": (last.text, last.regions),
    }
    for name, pair_of_rows in expected.items():
        for ours, theirs in zip(layers[name], pair_of_rows, strict=True):
            np.testing.assert_allclose(ours.numpy(), theirs.numpy(), atol=1e-6)
    assert not torch.equal(layers["input"][0], layers["text 1"][0])


def test_streams_of_different_widths_are_spaces_of_their_own():
    model = Pretraining(two_stream("TCVT", region_width=20), torch.nn.Identity()).eval()
    with pytest.raises(ValueError, match=r'spaces of their own: .* kinds=\("word",\)'):
        embedding_table(model, [shown()])
    assert embedding_table(model, [shown()], kinds=("word",)).vectors.shape[2] == 24
    regions = embedding_table(model, [shown()], kinds=("region",))
    assert regions.vectors.shape[2] == 20 and set(regions.kinds) == {"region"}


def test_words_are_brought_together_and_regions_are_not():
    model, pairs = model_of("uniter"), [shown(0), shown(1, (*WORDS[:3], "Flies", "[SEP]"))]
    each = embedding_table(model, pairs, occurrences=True)
    types = embedding_table(model, pairs)
    assert types.names == ("toucan", "flies", *LABELS, *LABELS)
    twice = [i for i, name in enumerate(each.names) if name == "toucan" and each.kinds[i] == "word"]
    assert len(twice) == 2
    np.testing.assert_allclose(types.vectors[:, 0], each.vectors[:, twice].mean(1), atol=1e-6)
    assert types.groups[0] == types.groups[3] == "toucan", "a word and its regions are one concept"
    told = types.frame()
    assert list(told.columns) == ["name", "kind", "concept", "pair", "sentence", "box"]
    assert told.pair.tolist() == ["several", "several", "0", "0", "0", "1", "1", "1"]
    renamed = embedding_table(model, pairs, concept={"flies": "to fly"})
    assert renamed.groups[:2] == ("toucan", "to fly")


def test_regions_bring_their_thumbnails():
    pair = shown()
    table = embedding_table(model_of("uniter"), [pair])
    assert table.thumbnails.shape == (3, SIDE, SIDE, 3)
    assert table.thumbnail.tolist() == [-1, -1, 0, 1, 2]
    box = tuple(pair.batch.regions.boxes[1].tolist())
    np.testing.assert_array_equal(table.thumbnails[1], thumbnail(pair.picture, box, SIDE))
    halves = np.zeros((20, 40, 3), dtype=np.uint8)
    halves[:, 20:] = 200
    assert (thumbnail(halves, (0.5, 0.0, 1.0, 1.0), 8) == 200).all()
    assert thumbnail(halves, (0.9, 0.4, 0.9, 0.4), 8).shape == (8, 8, 3), (
        "an empty box has a middle"
    )


def test_a_table_a_model_and_files_without_pickle(tmp_path):
    models = [("one", model_of("uniter")), ("two", model_of("unimo"))]
    one, two = embedding_tables_over(models, [shown()], kinds=("region",))
    assert (one.model, two.model) == ("one", "two") and one.names == two.names
    one.save(tmp_path / "table.npz")
    again = EmbeddingTable.load(tmp_path / "table.npz")
    assert again.groups == one.groups and again.layer_names == one.layer_names
    np.testing.assert_array_equal(again.vectors, one.vectors)
    np.testing.assert_array_equal(again.columns, one.columns)


def test_training_mode_is_left_as_it_was_and_foreign_pairs_are_refused():
    model = model_of("unimo").train()
    embedding_table(model, [shown()])
    assert model.encoder.training
    pair = shown()
    foreign = replace(pair.batch.text, ids=pair.batch.text.ids + 48)
    other = replace(pair, batch=replace(pair.batch, text=foreign))
    with pytest.raises(ValueError, match="the model knows tokens 0 to 49: take pairs from"):
        embedding_table(model, [other])
    with pytest.raises(ValueError, match="0 pairs without any word or region make no table"):
        embedding_table(model, [])


def test_the_static_table_of_words_is_the_models_own():
    from workbench.data.tokenizers import wordpiece

    tokenizer = wordpiece().restricted_to(["toucan house toucans of"])
    torch.manual_seed(0)
    sizes = SingleStreamSizes(24, 1, 3, 48, tokenizer.vocabulary_size, 32, FEATURES, CLASSES)
    model = Pretraining(uniter.encoder(sizes), torch.nn.Identity()).eval()
    table = vocabulary_table(model, ["toucans", "house"], tokenizer, name="uniter")
    assert table.layer_names == ("word table",) and table.names == ("toucans", "house")
    weight = model.encoder.inputs.text.word.weight
    pieces = tokenizer.encode(["toucans"])
    ids = pieces.ids[pieces.words >= 0]
    assert len(ids) > 1, "the word has several pieces"
    expected = weight[ids].mean(0).detach().numpy()
    np.testing.assert_allclose(table.vectors[0, 0], expected, atol=1e-6)


def test_plurals_of_the_scenes_are_of_one_concept_with_their_names():
    from workbench.data.datasets.scenes import Scenes
    from workbench.quickstart.concepts import concepts_of

    found = concepts_of(Scenes("drawn", "train", 1))
    assert found["houses"] == "house" and found["boats"] == "boat"
    words = ("[CLS]", "boat", "##s", "fly", "[SEP]")
    table = embedding_table(model_of("uniter"), [shown(0, words)], occurrences=True, concept=found)
    assert table.groups[0] == "boat"
