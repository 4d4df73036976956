"""A text encoder's weights give its states on text alone, in every encoder, cut down or not."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from tests.properties.batches import MASK, make_batch
from workbench.data.tokenizers import wordpiece
from workbench.encoders.single_stream import SingleStreamSizes
from workbench.systems import unimo, uniter, vilbert
from workbench.systems.text_initialisation import (
    ROBERTA_FIRST_POSITION,
    SIX_SEGMENTS_OF_TWO,
    load_text_encoder,
    load_text_model,
    minilm_sizes,
    minilm_weights,
    open_text_encoder,
)

torch.set_num_threads(1)
SENTENCES = ["an owl to the left of a pear.", "two flags."]
WIDTH, LAYERS, HEADS, INNER, WORDS, FEATURES, CLASSES = 24, 3, 3, 48, 50, 12, 7
CLOSE = {"atol": 5e-5, "rtol": 5e-5}


def text_only(lengths, seed=0):
    """Sentences without regions."""
    return make_batch(lengths, [0] * len(lengths), seed)


def bert(head=False, **changes):
    """A small random model of ``transformers`` with its states on a padded batch."""
    from transformers import BertConfig, BertForPreTraining, BertModel

    config = BertConfig(
        vocab_size=WORDS,
        hidden_size=WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=INNER,
        max_position_embeddings=32,
        layer_norm_eps=1e-5,
        **changes,
    )
    return strong(BertForPreTraining(config) if head else BertModel(config))


def roberta(head=False):
    from transformers import RobertaConfig, RobertaForMaskedLM, RobertaModel

    config = RobertaConfig(
        vocab_size=WORDS,
        hidden_size=WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=INNER,
        max_position_embeddings=34,
        type_vocab_size=1,
        layer_norm_eps=1e-5,
    )
    return strong(RobertaForMaskedLM(config) if head else RobertaModel(config))


def strong(model):
    """Weights far from zero, so that a wrong row shows."""
    rng = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=rng) * 0.3)
    return model.eval()


def states_of(model, batch):
    """Last rows of a text model for a packed batch, one sentence at a time (no padding)."""
    found = []
    for start, end in zip(batch.text.offsets.starts, batch.text.offsets.starts[1:], strict=False):
        with torch.no_grad():
            answer = model(batch.text.ids[start:end][None], output_hidden_states=True)
        found.append(answer.hidden_states[-1][0])
    return torch.cat(found)


def single(layers=LAYERS, positions=32, segments=2):
    sizes = SingleStreamSizes(
        WIDTH, layers, HEADS, INNER, WORDS, positions, FEATURES, CLASSES, segments, 0.0, 0.0, 1e-5
    )
    return sizes


def encoders():
    """One encoder of each kind: positions and segments, two streams, positions from 2 on."""
    from workbench.encoders.two_stream import TwoStreamSizes

    two = TwoStreamSizes(
        *("TTCVT", WIDTH, HEADS, INNER, 36, 3, 40, 30, 3, WORDS, 32, FEATURES, CLASSES),
        dropout=0.0,
        attention_dropout=0.0,
        eps=1e-5,
    )
    return {
        "single": uniter.encoder(single()).eval(),
        "two": vilbert.encoder(two).eval(),
        "without segments": unimo.encoder(single(positions=34, segments=0)).eval(),
    }


@pytest.mark.parametrize("kind", ["single", "two", "without segments"])
@pytest.mark.parametrize(("family", "first"), [(bert, 0), (roberta, ROBERTA_FIRST_POSITION)])
def test_states_equal_those_of_transformers(kind, family, first):
    model, encoder, batch = family(), encoders()[kind], text_only([9, 4, 1])
    before = encoder.state_dict()
    before = {name: tensor.clone() for name, tensor in before.items()}
    filling = load_text_encoder(encoder, model.state_dict(), first_position=first)
    if (
        kind == "two"
    ):  # text blocks alone: co-attention has nothing to read, but is not the identity
        with torch.no_grad():
            trace = {}
            encoder(batch, trace=trace)
            expected = model(batch.text.ids[:9][None], output_hidden_states=True).hidden_states
        torch.testing.assert_close(trace["text.embeddings.rows"][:9], expected[0][0], **CLOSE)
        torch.testing.assert_close(trace["text.1.rows"][:9], expected[2][0], **CLOSE)
    else:
        with torch.no_grad():
            ours = encoder(batch).text
        torch.testing.assert_close(ours, states_of(model, batch), **CLOSE)
    after = encoder.state_dict()
    assert set(filling.filled) | {n.partition("[")[0] for n in filling.fresh} == set(after)
    for name in filling.fresh:
        if "[" not in name:
            assert torch.equal(after[name], before[name]), name
    assert any(name.startswith("inputs.regions.") for name in filling.fresh)
    assert all(filling.fresh.values()) and all(filling.unused.values())


def test_the_pooler_is_taken_where_it_is_of_the_same_form():
    model, batch = bert(), text_only([6, 3])
    encoder = encoders()["single"]
    filling = load_text_encoder(encoder, model.state_dict())
    assert "summary.pooler.dense.weight" in filling.filled and not filling.unused
    with torch.no_grad():
        pooled = model(batch.text.ids[:6][None]).pooler_output[0]
        torch.testing.assert_close(encoder(batch).pair[0], pooled, **CLOSE)
    filling = load_text_encoder(encoders()["two"], model.state_dict())
    assert filling.unused["pooler.dense.weight"] == "our summary is of another form"
    assert "summary.text.dense.weight" in filling.fresh


def test_tables_of_another_length():
    weights = bert().state_dict()
    segments = weights["embeddings.token_type_embeddings.weight"]
    six = uniter.encoder(single(segments=6))
    load_text_encoder(six, weights, segment_rows=SIX_SEGMENTS_OF_TWO)
    assert torch.equal(six.inputs.text.segment.weight, segments[[0, 1, 0, 0, 0, 1]])
    filling = load_text_encoder(uniter.encoder(single(segments=6)), weights)
    assert filling.fresh["inputs.text.segment.weight[2:]"] == "the text encoder has no such row"
    one = load_text_encoder(uniter.encoder(single()), roberta().state_dict(), first_position=2)
    assert "inputs.text.segment.weight[1:]" in one.fresh
    with pytest.raises(ValueError, match=r"segment_rows \(0, 2\) do not fit"):
        load_text_encoder(uniter.encoder(single()), weights, segment_rows=(0, 2))
    with pytest.raises(ValueError, match="positions for 32 rows and the model for 40"):
        load_text_encoder(uniter.encoder(single(positions=40)), weights)
    led = unimo.encoder(single(positions=20, segments=0))
    filling = load_text_encoder(led, weights)
    assert filling.fresh["inputs.text.position.weight[:2]"] == "texts do not stand there"
    short = load_text_encoder(uniter.encoder(single(layers=1)), weights)
    assert short.unused["encoder.layer.2.output.dense.bias"] == "a layer above ours"


@pytest.mark.parametrize(("family", "first"), [(bert, 0), (roberta, ROBERTA_FIRST_POSITION)])
def test_language_heads_begin_with_the_text_models_own(family, first):
    theirs = family(head=True)
    model = uniter.pretraining(single(), MASK, (5, WORDS)).eval()
    kept = model.mix["mrfr"].head.transform.dense.weight.clone()
    filling = load_text_model(model, theirs.state_dict(), first_position=first)
    batch = text_only([7])
    with torch.no_grad():
        answer = theirs(batch.text.ids[None])
        expected = answer.prediction_logits if family is bert else answer.logits
        scores = model.mix["mlm"].head(model.encoder(batch).text)
    torch.testing.assert_close(scores, expected[0], **CLOSE)
    assert torch.equal(model.mix["mrfr"].head.transform.dense.weight, kept)
    assert "mix.by_name.mlm.head.bias" in filling.filled
    assert filling.fresh["mix.by_name.itm.head.weight"] == "a head of an objective"
    named = {name.partition("[")[0] for name in filling.fresh} | set(filling.filled)
    assert set(model.state_dict()) - named == {"mix.by_name.mlm.head.weight"}
    used = {"bias", "weight"} & {name.rpartition(".")[2] for name in filling.unused}
    assert used, "the tied copy of the word embeddings is listed as not used"


def test_folders_and_files_of_the_hubs_form_are_opened(tmp_path):
    model = roberta(head=True)
    save_file({k: v.clone() for k, v in model.state_dict().items()}, tmp_path / "model.safetensors")
    facts = {"model_type": "roberta", "pad_token_id": 1}
    (tmp_path / "config.json").write_text(json.dumps(facts))
    opened = open_text_encoder(tmp_path)
    assert opened.first_position == ROBERTA_FIRST_POSITION
    encoder, batch = encoders()["single"], text_only([5])
    load_text_encoder(encoder, opened.state, first_position=opened.first_position)
    with torch.no_grad():
        ours = encoder(batch).text
    torch.testing.assert_close(ours, states_of(model, batch), **CLOSE)
    old = {
        f"bert.{n}".replace("LayerNorm.weight", "LayerNorm.gamma"): t
        for n, t in bert().state_dict().items()
    }
    unilm = tmp_path / "unilm" / "model_153999_cpu.bin"
    unilm.parent.mkdir()
    torch.save(old, unilm)
    opened = open_text_encoder(unilm)
    assert opened.first_position == 0
    load_text_encoder(encoder, opened.state)
    words = bert().state_dict()["embeddings.word_embeddings.weight"]
    assert torch.equal(encoder.inputs.text.word.weight, words)
    (tmp_path / "none").mkdir()
    with pytest.raises(ValueError, match=r"neither model\.safetensors nor pytorch_model\.bin"):
        open_text_encoder(tmp_path / "none")


@pytest.mark.parametrize("slim", [False, True])
def test_minilm_gives_its_states(slim):
    from transformers import BertConfig, BertModel

    weights = minilm_weights()
    full = wordpiece()
    tokenizer = full.restricted_to(SENTENCES) if slim else full
    encoder = uniter.encoder(minilm_sizes(tokenizer.vocabulary_size, 12, 7, layers=2)).eval()
    load_text_encoder(encoder, weights, tokenizer.original_ids)
    config = BertConfig(
        hidden_size=384, num_hidden_layers=2, num_attention_heads=12, intermediate_size=1536
    )
    theirs = BertModel(config).eval()
    theirs.load_state_dict(weights, strict=False)
    ids = full.encode(SENTENCES[:1]).ids[None]
    text = tokenizer.encode(SENTENCES)
    batch = text_only(text.offsets.lengths.tolist())
    batch = type(batch)(batch.regions, text, batch.matched, batch.names)
    with torch.no_grad():
        expected = theirs(ids).last_hidden_state[0]
        ours = encoder(batch).text[: ids.shape[1]]
    torch.testing.assert_close(ours, expected, atol=2e-4, rtol=2e-4)


def test_the_region_side_stays_fresh_and_misfits_are_named():
    weights = minilm_weights()
    tokenizer = wordpiece().restricted_to(SENTENCES)
    encoder = uniter.encoder(minilm_sizes(tokenizer.vocabulary_size, 8, 3, layers=1))
    before = encoder.inputs.regions.feature.weight.clone()
    load_text_encoder(encoder, weights, tokenizer.original_ids)
    assert torch.equal(encoder.inputs.regions.feature.weight, before)
    with pytest.raises(ValueError, match=r"of another shape: inputs\.text\.word\.weight"):
        load_text_encoder(encoder, weights, np.arange(7))
    with pytest.raises(ValueError, match="0 names end in"):
        load_text_encoder(encoder, {}, None)
    part = {n: t for n, t in weights.items() if "intermediate" not in n}
    with pytest.raises(ValueError, match="not in this checkpoint"):
        load_text_encoder(encoder, part, tokenizer.original_ids)
    strange = {**weights, "encoder.relative.weight": torch.zeros(2)}
    with pytest.raises(ValueError, match=r"unknown in the checkpoint: encoder\.relative"):
        load_text_encoder(encoder, strange, tokenizer.original_ids)
    with pytest.raises(ValueError, match="MiniLM has 6 layers"):
        minilm_sizes(10, 8, 3, layers=7)
    with pytest.raises(TypeError, match="not Linear"):
        load_text_encoder(torch.nn.Linear(2, 2), weights)
