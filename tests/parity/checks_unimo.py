"""Our UNIMO equals the released one: encoder and language head (goldens/unimo)."""

import torch

from tests.parity import originals
from tests.parity.originals import Golden
from workbench.encoders.single_stream import SingleStream, SingleStreamSizes
from workbench.layers.heads import TiedHead
from workbench.objectives.language_losses import smoothed_cross_entropy
from workbench.objectives.masked_language import MaskedLanguage
from workbench.objectives.objective import Corrupted
from workbench.pairs import Offsets, PairBatch, Regions, TextTokens
from workbench.patterns import BIDIRECTIONAL, AttentionPattern
from workbench.systems import unimo
from workbench.systems.unimo_inputs import ObjectTags, with_object_tags
from workbench.systems.unimo_names import original_names


def close(ours, theirs, name=""):
    originals.close(ours, theirs, name, originals.LOOSE)


class Released(torch.nn.Module):
    """A released graph: the encoder, and the language head where it has one."""

    def __init__(self, encoder: SingleStream, head: TiedHead | None) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = head


def released(golden: Golden) -> Released:
    """The model of a case with its weights, read strictly and written back to the bit."""
    config, params = golden.config, golden.group("param")
    sizes = SingleStreamSizes(
        config["hidden_size"],
        config["num_hidden_layers"],
        config["num_attention_heads"],
        4 * config["hidden_size"],
        config["vocab_size"],
        config["max_position_embeddings"],
        config["image_embedding_size"],
        3,
        segments=0,
        dropout=0.0,
        attention_dropout=0.0,
        eps=1e-5,
    )
    encoder = unimo.encoder(sizes, activation=golden.activation)
    head = None
    if "mask_lm_out_fc.b_0" in params:
        head = unimo.language_head(encoder, activation=golden.activation)
    model = Released(encoder, head).eval()
    names = original_names(
        heads=() if head is None else ("head.",),
        regions="image_emb.w_0" in params,
        poolers="pooled_fc_text.w_0" in params,
    )
    state = names.read(params, model.state_dict(), sizes.layers)
    model.load_state_dict({**model.state_dict(), **state})
    written = names.write(model.state_dict(), sizes.layers)
    assert written.keys() == params.keys()
    assert all(torch.equal(written[name], tensor) for name, tensor in params.items())
    return model


def valid(mask: torch.Tensor) -> torch.Tensor:
    """Which rows of a square attention mask are real: those that see themselves."""
    return mask.diagonal(dim1=1, dim2=2) > 0


def tokens(ids: torch.Tensor, positions: torch.Tensor, there: torch.Tensor) -> TextTokens:
    """The rows of padded [B, n] text that are ``there``; their positions begin at 2, ours at 0."""
    packed = ids[there]
    return TextTokens(
        packed,
        torch.zeros_like(packed),
        positions[there] - unimo.FIRST_POSITION,
        torch.full_like(packed, -1),
        Offsets.from_lengths(there.sum(1)),
    )


def pictures(features: torch.Tensor, places: torch.Tensor, there: torch.Tensor) -> Regions:
    """The regions that are ``there`` without slot 0, which the encoder makes anew."""
    own = there.clone()
    own[:, 0] = False
    rows = features[own]
    return Regions(
        rows,
        places[own][:, :4],
        torch.ones(len(rows)),
        torch.zeros(len(rows), 3),
        torch.ones(len(there), 2),
        Offsets.from_lengths(own.sum(1)),
    )


def pairs(regions: Regions, text: TextTokens) -> PairBatch:
    names = tuple(str(i) for i in range(len(text)))
    return PairBatch(regions, text, torch.ones(len(text), dtype=torch.bool), names)


def encoded(model: Released, batch: PairBatch, pattern=BIDIRECTIONAL):
    """The encoding of the pairs that have any rows, their numbers, and the rows of each layer."""
    held = (batch.text.offsets.lengths + batch.regions.offsets.lengths).nonzero().squeeze(1)
    assert len(held) == len(batch), "every sample of a graph has something to encode"
    trace: dict[str, torch.Tensor] = {}
    with torch.no_grad():
        encoding = model.encoder(batch, pattern, trace)
    layers = [trace[f"blocks.{i}.rows"] for i in range(len(model.encoder.blocks))]
    return encoding, layers


def encoder(golden: Golden) -> None:
    """All layers and both poolers of a pair, a text and a picture; tags before the text."""
    model = released(golden)
    given, expected = golden.group("input"), golden.group("output")
    slots = given["image_embedding"].shape[1]
    ids, positions = given["token_ids"], given["pos_ids"]
    regions = given["image_embedding"], given["image_loc"]

    there = valid(given["mask_vl"])
    batch = pairs(pictures(*regions, there[:, :slots]), tokens(ids, positions, there[:, slots:]))
    encoding, layers = encoded(model, batch)
    for number, rows in enumerate(layers):
        close(rows, expected[f"vl/layer_{number}"][there], f"layer {number}")
    seen, read = there[:, :slots].any(1), there[:, slots:].any(1)
    close(encoding.text, expected["vl/enc_l_out"][there[:, slots:]], "text")
    beyond = there[:, :slots].clone()
    beyond[:, 0] = False
    close(encoding.regions, expected["vl/enc_v_out"][beyond], "regions")
    close(encoding.image_summary[seen], expected["vl/pooled_visual"][seen], "image")
    close(encoding.text_summary[read], expected["vl/pooled_text"][read], "text")
    assert not encoding.image_summary[~seen].any() and not encoding.text_summary[~read].any()

    there = valid(given["mask_l"])
    alone = pairs(batch.regions, tokens(ids, positions, there)).without_regions()
    encoding, _ = encoded(model, alone)
    close(encoding.text, expected["l/enc_l_out"][there], "text alone")
    close(encoding.text_summary, expected["l/pooled_text"], "text alone, pooled")

    there = valid(given["mask_vol"])
    tags = tokens(
        given["obj_ids"], given["obj_pos"], there[:, slots:][:, : given["obj_ids"].shape[1]]
    )
    text = tokens(ids, positions, there[:, slots + given["obj_ids"].shape[1] :])
    tagged, pattern = with_object_tags(
        pairs(pictures(*regions, there[:, :slots]), text), ObjectTags(tags.ids, tags.offsets)
    )
    assert_same_mask(tagged, pattern, given["mask_vol"], there)
    _, layers = encoded(model, tagged, pattern)
    close(layers[-1], expected["vol/enc_vol_out"][there], "picture, tags, text")

    there = valid(given["mask_vo"])
    tags = tokens(given["obj_ids"], given["obj_pos"], there[:, slots:])
    encoding, _ = encoded(model, pairs(pictures(*regions, there[:, :slots]), tags))
    beyond = there[:, :slots].clone()
    beyond[:, 0] = False
    close(encoding.regions, expected["vo/enc_v_out"][beyond], "picture, tags")


def assert_same_mask(batch, pattern, mask, there) -> None:
    """Our pattern, drawn pair by pair over [[IMG] regions | text], is the original's mask."""
    for number in range(len(batch)):
        rows = there[number].nonzero().squeeze(1)
        drawn = pattern.visible(batch, number)
        original = mask[number][rows][:, rows] > 0
        lead = len(original) - len(drawn)  # the row for the whole picture, seen by all
        assert torch.equal(drawn, original[lead:, lead:])
        assert original[:, :lead].all()


def mlm(golden: Golden) -> None:
    """Scores and loss of hidden tokens, beside a picture and without one."""
    model = released(golden)
    given, expected = golden.group("input"), golden.group("output")
    slots = given["image_embedding"].shape[1]
    objective = MaskedLanguage(model.head, golden.facts["special_ids"]["MASK"], (4, 5))
    for graph in ("vl", "l"):
        there = valid(given[f"mask_{graph}"])
        looks = (
            there[:, :slots]
            if graph == "vl"
            else torch.zeros_like(given["image_loc"][..., 0]).bool()
        )
        reads = there[:, slots:] if graph == "vl" else there
        regions = pictures(given["image_embedding"], given["image_loc"], looks)
        batch = pairs(regions, tokens(given["token_ids"], given["pos_ids"], reads))
        # these places were drawn at random, so their areas do not follow from their corners
        places = given["image_loc"][looks]
        model.encoder.inputs.regions.code = lambda _, places=places: places
        broken = Corrupted(batch, rows_of(given["mask_pos"], reads), given["labels"])
        with torch.no_grad():
            encoding = model.encoder(batch)
            close(objective.scores(encoding, broken), expected[f"{graph}/logits"], graph)
            loss = objective.loss(encoding, broken)
        close(loss.mean(), expected[f"{graph}/loss"].squeeze(), graph)


def rows_of(flat: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
    """Packed rows of the text at these flat places in padded [B, n] text."""
    row = torch.full(there.shape, -1).masked_scatter(there, torch.arange(int(there.sum())))
    return row.flatten()[flat.flatten()]


def generated(golden: Golden, batch: PairBatch, pattern: AttentionPattern, rows, smoothing):
    """Scores and mean smoothed loss of a target that each row's state gives the next token of."""
    model = released(golden)
    with torch.no_grad():
        scores = model.head(model.encoder(batch, pattern).text[rows])
    labels = golden.group("input")["tgt_label"].flatten()
    return scores, {s: smoothed_cross_entropy(scores, labels, s).mean() for s in smoothing}


def seq2seq_train(golden: Golden) -> None:
    """Text from text: states, scores and label-smoothed loss under teacher forcing."""
    given, expected = golden.group("input"), golden.group("output")
    mask, smoothing = given["input_mask"], golden.facts["args"]["label_smooth"]
    there = valid(mask)
    nothing = torch.zeros(*there.shape, golden.config["image_embedding_size"])
    regions = pictures(nothing, nothing[..., :5], torch.zeros_like(there))
    batch = pairs(regions, tokens(given["token_ids"], given["pos_ids"], there))
    pattern = AttentionPattern("seq2seq", mask[:, 0].sum(1).long())
    assert_same_mask(batch, pattern, mask, there)
    rows = rows_of(given["tgt_pos"], there)
    scores, loss = generated(golden, batch, pattern, rows, [smoothing])
    close(scores, expected["logits"], "scores")
    close(loss[smoothing], expected["loss"].squeeze(), "loss")
    encoding, _ = encoded(released(golden), batch, pattern)
    close(encoding.text, expected["enc_l_out"][there], "states")


def captions(golden: Golden) -> None:
    """The part of ``img2txt_train`` without adversarial steps: states, scores and losses."""
    given, expected = golden.group("input"), golden.group("output")
    mask, (slots, tagged) = (
        given["input_mask"],
        (
            given["image_loc"].shape[1],
            given["obj_token_ids"].shape[1],
        ),
    )
    there = valid(mask)
    looks, named, reads = there.split([slots, tagged, there.shape[1] - slots - tagged], 1)
    regions = pictures(given["image_embedding"], given["image_loc"], looks)
    tags = tokens(given["obj_token_ids"], given["obj_pos_ids"], named)
    text = tokens(given["token_ids"], given["pos_ids"], reads)
    batch, pattern = with_object_tags(pairs(regions, text), ObjectTags(tags.ids, tags.offsets))
    assert_same_mask(batch, pattern, mask, there)
    said = batch.text.offsets.within >= tags.offsets.lengths[batch.text.offsets.owner]
    rows = said.nonzero().squeeze(1)[rows_of(given["tgt_pos"], reads)]
    scores, losses = generated(golden, batch, pattern, rows, [0.0, 0.1])
    close(scores, expected["logits"], "scores")
    close(losses[0.0], expected["loss_plain"].squeeze(), "loss")
    close(losses[0.1], expected["loss_label_smooth_0.1"].squeeze(), "smoothed loss")
    encoding, _ = encoded(released(golden), batch, pattern)
    close(encoding.text[said], expected["enc_l_out"][reads], "states")


CHECKS = {"encoder": encoder, "mlm": mlm, "seq2seq_train": seq2seq_train}
"""The check of every kind of case that is covered whole."""
