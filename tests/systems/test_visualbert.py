"""A fifth system in one short file: equal to ``transformers``' VisualBERT, on random weights."""

import dataclasses
from pathlib import Path

import pytest
import torch
from torch.nn.utils.rnn import pad_sequence
from transformers import VisualBertConfig, VisualBertForPreTraining

from tests.properties.batches import CLASSES, FEATURES, MASK, VOCABULARY, make_batch, seeded
from workbench.encoders.single_stream import SingleStreamSizes
from workbench.objectives.objective import Corrupted
from workbench.systems import visualbert

torch.set_num_threads(1)
CLOSE = {"atol": 5e-5, "rtol": 5e-5}
LAYERS = 3
TEXT, REGIONS = [5, 9, 3, 6], [4, 1, 7, 2]
SIZES = SingleStreamSizes(24, LAYERS, 3, 40, VOCABULARY, 16, FEATURES, CLASSES, segments=3)


@pytest.fixture(scope="module")
def theirs():
    """Their model with weights wide enough that a wrong row shows."""
    torch.manual_seed(0)
    config = VisualBertConfig(
        vocab_size=VOCABULARY,
        hidden_size=SIZES.width,
        visual_embedding_dim=FEATURES,
        num_hidden_layers=LAYERS,
        num_attention_heads=SIZES.heads,
        intermediate_size=SIZES.inner,
        max_position_embeddings=SIZES.positions,
        type_vocab_size=SIZES.segments,
        attn_implementation="eager",
    )
    model = VisualBertForPreTraining(config).eval()
    rng = seeded(1)
    for parameter in model.parameters():
        parameter.data.add_(torch.randn(parameter.shape, generator=rng), alpha=0.2)
    return model


@pytest.fixture(scope="module")
def ours(theirs):
    model = visualbert.pretraining(SIZES, MASK, (5, VOCABULARY)).eval()
    state = visualbert.ORIGINAL_NAMES.read(theirs.state_dict(), model.state_dict(), LAYERS)
    model.load_state_dict(state)
    return model


def padded(batch):
    """Their arguments for a batch: both modalities padded by themselves, each with its mask."""
    text, regions = batch.text.offsets, batch.regions.offsets

    def blocks(rows, offsets):
        return pad_sequence(rows.split(offsets.lengths.tolist()), batch_first=True)

    return {
        "input_ids": blocks(batch.text.ids, text),
        "attention_mask": blocks(torch.ones(text.rows), text),
        "token_type_ids": blocks(batch.text.segments, text),
        "visual_embeds": blocks(batch.regions.features, regions),
        "visual_attention_mask": blocks(torch.ones(regions.rows), regions),
    }


def test_states_and_attention_equal_theirs(theirs, ours):
    batch, trace = make_batch(TEXT, REGIONS), {}
    with torch.no_grad():
        expected = theirs.visual_bert(**padded(batch), output_attentions=True)
        encoding = ours.encoder(batch, trace=trace)
    torch.testing.assert_close(encoding.pair, expected.pooler_output, **CLOSE)
    longest = max(TEXT)
    text = torch.cat([expected.last_hidden_state[i, :n] for i, n in enumerate(TEXT)])
    regions = [expected.last_hidden_state[i, longest : longest + n] for i, n in enumerate(REGIONS)]
    torch.testing.assert_close(encoding.text, text, **CLOSE)
    torch.testing.assert_close(encoding.regions, torch.cat(regions), **CLOSE)
    for layer, attention in enumerate(expected.attentions):
        for pair, (t, r) in enumerate(zip(TEXT, REGIONS, strict=True)):
            order = torch.tensor([*range(longest, longest + r), *range(t)])
            mine = trace[f"blocks.{layer}.attention"][pair, :, : t + r, : t + r]
            torch.testing.assert_close(mine, attention[pair][:, order][:, :, order], **CLOSE)


def test_segments_of_a_task_reach_both_sides(theirs, ours):
    batch = make_batch(TEXT, REGIONS)
    given = padded(batch)
    text = dataclasses.replace(batch.text, segments=batch.text.segments + 2)
    segments = torch.full((sum(REGIONS),), 2)
    regions = dataclasses.replace(batch.regions, segments=segments)
    given["token_type_ids"] = given["token_type_ids"] + 2
    given["visual_token_type_ids"] = torch.full(given["visual_embeds"].shape[:2], 2)
    with torch.no_grad():
        expected = theirs.visual_bert(**given).pooler_output
        encoding = ours.encoder(dataclasses.replace(batch, regions=regions, text=text))
    torch.testing.assert_close(encoding.pair, expected, **CLOSE)


def test_pretraining_scores_and_loss_equal_theirs(theirs, ours):
    batch = make_batch(TEXT, REGIONS)
    rows = torch.tensor([1, 3, 7, 15, 19])
    longest = max(TEXT)
    labels = torch.full((4, longest + max(REGIONS)), -100)
    owner, place = batch.text.offsets.owner[rows], batch.text.offsets.within[rows]
    labels[owner, place] = batch.text.ids[rows]
    apart = torch.tensor([0, 1, 0, 1])
    with torch.no_grad():
        expected = theirs(**padded(batch), labels=labels, sentence_image_labels=apart)
        encoding = ours.encoder(batch)
        words, pairs = ours.mix["mlm"], ours.mix["itm"]
        hidden = Corrupted(batch, rows, batch.text.ids[rows])
        moved = Corrupted(batch, torch.arange(4), apart)
        scores = words.head(encoding.text[rows])
        torch.testing.assert_close(scores, expected.prediction_logits[owner, place], **CLOSE)
        torch.testing.assert_close(
            pairs.head(encoding.pair), expected.seq_relationship_logits, **CLOSE
        )
        total = words.loss(encoding, hidden).mean() + pairs.loss(encoding, moved).mean()
    torch.testing.assert_close(total, expected.loss, **CLOSE)


@pytest.mark.parametrize("whole", [True, False], ids=["pre-training", "encoder"])
def test_names_are_strict_and_invertible(theirs, ours, whole):
    table = visualbert.ORIGINAL_NAMES if whole else visualbert.ORIGINAL_ENCODER_NAMES
    original = (theirs if whole else theirs.visual_bert).state_dict()
    model = ours if whole else ours.encoder
    written = table.write(model.state_dict(), LAYERS)
    assert written.keys() == original.keys()
    assert all(torch.equal(written[name], tensor) for name, tensor in original.items())
    for broken, complaint in (
        ({**original, "stranger": torch.zeros(1)}, "unknown in the checkpoint: stranger"),
        (dict(list(original.items())[1:]), "not in this checkpoint"),
    ):
        with pytest.raises(ValueError, match=complaint):
            table.read(broken, model.state_dict(), LAYERS)


def test_aligned_pairs_are_class_0_and_a_step_trains_both(ours):
    batch = make_batch([6] * 40, [3] * 40)
    broken = ours.mix["itm"].corrupt(batch, seeded(0))
    moved = (broken.batch.text.ids != batch.text.ids).view(40, 6).any(1)
    assert 5 < int(moved.sum()) < 35
    assert torch.equal(broken.targets, moved.long())
    assert torch.equal(broken.batch.regions.features, batch.regions.features)
    fresh = visualbert.pretraining(visualbert.tiny(VOCABULARY, FEATURES, CLASSES), MASK, (5, 50))
    scored = fresh(batch, seeded(1))
    assert set(scored.losses) == {"itm", "mlm"}
    scored.total.backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in fresh.parameters())


def test_visual_tables_begin_as_the_texts():
    inputs = visualbert.encoder(SIZES).inputs
    assert torch.equal(inputs.regions.segment.weight, inputs.text.segment.weight)
    assert torch.equal(inputs.regions.position.weight, inputs.text.position.weight)
    assert inputs.regions.segment.weight is not inputs.text.segment.weight


def test_base_is_berts_size():
    with torch.device("meta"):
        encoder = visualbert.encoder(visualbert.base())
    total = sum(parameter.numel() for parameter in encoder.parameters())
    words = encoder.inputs.text.word.weight.numel()
    assert 85e6 < total - words < 90e6


def test_the_system_is_one_short_file():
    lines = Path(visualbert.__file__).read_text("utf-8").splitlines()
    assert len(lines) < 150
