"""Our UNITER equals the released one on its own numbers (goldens/uniter)."""

import dataclasses

import pytest
import torch

from tests.parity.originals import TOLERANCE, Golden, batch_of, joint_to_packed, lengths_of, pack
from workbench.encoders.single_stream import SingleStreamSizes
from workbench.objectives.objective import Corrupted
from workbench.objectives.transport import cosine_cost, transport_distance, transport_plan
from workbench.systems import uniter

torch.set_num_threads(1)


def sizes_of(golden: Golden, classes: int = 3) -> SingleStreamSizes:
    config = golden.config
    return SingleStreamSizes(
        config["hidden_size"],
        config["num_hidden_layers"],
        config["num_attention_heads"],
        config["intermediate_size"],
        config["vocab_size"],
        config["max_position_embeddings"],
        golden.facts["constructor_args"]["img_dim"],
        classes,
        segments=config["type_vocab_size"],
    )


def close(ours, theirs, name=""):
    torch.testing.assert_close(ours, theirs, **TOLERANCE, msg=lambda text: f"{name}: {text}")


@pytest.fixture(params=["uniter_encoder_A", "uniter_encoder_C", "uniter_encoder_eps_C"])
def encoder_case(request):
    golden = Golden("uniter", request.param)
    encoder = uniter.encoder(sizes_of(golden), activation=golden.activation).eval()
    state = encoder.state_dict()
    read = uniter.ORIGINAL_ENCODER_NAMES.read(golden.group("param"), state, len(encoder.blocks))
    encoder.load_state_dict(read)
    written = uniter.ORIGINAL_ENCODER_NAMES.write(encoder.state_dict(), len(encoder.blocks))
    assert written.keys() == golden.group("param").keys()
    for name, tensor in golden.group("param").items():
        assert torch.equal(written[name], tensor), name
    return golden, encoder


def test_encoder_equals_the_original_row_by_row(encoder_case):
    golden, encoder = encoder_case
    given, expected = golden.group("input"), golden.group("output")
    batch, (text, regions) = batch_of(given), lengths_of(given)
    trace = {}
    with torch.no_grad():
        encoding = encoder(batch, trace=trace)
    close(encoding.pair, expected["pooled_output"], "pooled")
    ours_text, ours_regions = joint_to_packed(expected["sequence_output"], text, regions)
    close(encoding.text, ours_text, "text")
    close(encoding.regions, ours_regions, "regions")
    for layer in range(len(encoder.blocks)):
        theirs = expected[f"attention_probs/{layer}"]
        for pair, (t, r) in enumerate(zip(text.tolist(), regions.tolist(), strict=True)):
            # ours stands [regions | text], theirs [text | regions]
            order = [*range(t, t + r), *range(t)]
            ours = trace[f"blocks.{layer}.attention"][pair, :, : t + r, : t + r]
            close(ours, theirs[pair][:, order][:, :, order], f"attention {layer}")


def test_encoder_with_hidden_regions(encoder_case):
    golden, encoder = encoder_case
    given, expected = golden.group("input"), golden.group("output")
    text, regions = lengths_of(given)
    given = given | golden.group("input/masked")
    with torch.no_grad():
        encoding = encoder(batch_of(given))
    ours_text, ours_regions = joint_to_packed(expected["masked/sequence_output"], text, regions)
    close(encoding.text, ours_text)
    close(encoding.regions, ours_regions)
    close(encoding.pair, expected["masked/pooled_output"])


def test_encoder_with_given_segments(encoder_case):
    golden, encoder = encoder_case
    given, expected = golden.group("input"), golden.group("output")
    if "types/sequence_output" not in expected:
        pytest.skip("this case has no segment numbers")
    text, regions = lengths_of(given)
    segments = given["types/txt_type_ids"], given["types/img_type_ids"]
    with torch.no_grad():
        encoding = encoder(batch_of(given, segments=segments))
    ours_text, ours_regions = joint_to_packed(expected["types/sequence_output"], text, regions)
    close(encoding.text, ours_text)
    close(encoding.regions, ours_regions)


def test_encoder_with_one_modality_absent(encoder_case):
    golden, encoder = encoder_case
    given, expected = golden.group("input"), golden.group("output")
    text, regions = lengths_of(given)
    batch = batch_of(given)
    with torch.no_grad():
        blind = encoder(batch.without_regions())
        mute = encoder(
            dataclasses.replace(batch, text=_no_text(batch.text)),
        )
    close(blind.text, pack(expected["text_only/sequence_output"], text))
    close(blind.pair, expected["text_only/pooled_output"])
    close(mute.regions, pack(expected["image_only/sequence_output"], regions))
    close(mute.pair, expected["image_only/pooled_output"])


def _no_text(text):
    from workbench.pairs import Offsets, TextTokens

    nothing = text.ids[:0]
    return TextTokens(
        nothing, nothing, nothing, nothing, Offsets.from_lengths([0] * len(text.offsets))
    )


PRETRAIN = ["uniter_pretrain_A", "uniter_pretrain_C", "uniter_pretrain_vcr_A"]
NAMES = {"mlm": "mlm", "itm": "itm", "mrfr": "mrfr", "mrc": "mrc", "mrc-kl": "mrckl"}


def model_of(golden: Golden, transport: float = 0.0):
    """The released pre-training model with the case's weights."""
    params = golden.group("param")
    sizes = dataclasses.replace(
        sizes_of(golden, golden.facts["constructor_args"]["img_label_dim"]),
        vocabulary=len(params["uniter.embeddings.word_embeddings.weight"]),
        segments=len(params["uniter.embeddings.token_type_embeddings.weight"]),
    )
    model = uniter.pretraining(
        sizes, 1, (2, 4), activation=golden.activation, transport=transport
    ).eval()
    layers = len(model.encoder.blocks)
    state = uniter.ORIGINAL_NAMES.read(params, model.state_dict(), layers)
    model.load_state_dict(state)
    return model


@pytest.fixture(params=PRETRAIN)
def pretrain_case(request):
    golden = Golden("uniter", request.param)
    return golden, model_of(golden)


def corruption(golden: Golden, objective: str) -> Corrupted:
    """The original's own corrupted batch for one objective."""
    given = golden.group("input/" + {"mlm": "mlm", "itm": "itm"}.get(objective, "mrm"))
    segments = given.get("txt_type_ids")
    if segments is not None:
        segments = segments, torch.ones(given["img_feat"].shape[:2], dtype=torch.int64)
    batch = batch_of(given, segments=segments)
    if objective == "mlm":
        labels = pack(given["txt_labels"], lengths_of(given)[0])
        rows = (labels != -1).nonzero().squeeze(1)
        return Corrupted(batch, rows, labels[rows])
    if objective == "itm":
        return Corrupted(batch, torch.arange(len(batch)), given["targets"])
    rows = batch.regions.hidden.nonzero().squeeze(1)
    targets = {
        "mrfr": given["feat_targets"],
        "mrc-kl": given["label_targets"],
        "mrc": given["label_targets"][:, 1:].argmax(-1) + 1,
    }
    return Corrupted(batch, rows, targets[objective])


@pytest.mark.parametrize("objective", ["mlm", "itm", "mrfr", "mrc", "mrc-kl"])
def test_losses_equal_the_originals(pretrain_case, objective):
    golden, model = pretrain_case
    expected = golden.group("output")
    if f"{NAMES[objective]}/loss_mean" not in expected:
        pytest.skip("this case has no such task")
    broken = corruption(golden, objective)
    with torch.no_grad():
        loss = model.mix[objective].loss(model.encoder(broken.batch), broken)
    close(loss.mean(), expected[f"{NAMES[objective]}/loss_mean"])
    assert loss.count == len(broken.rows)


def test_scores_equal_the_originals(pretrain_case):
    golden, model = pretrain_case
    expected = golden.group("output")
    checks = {"mlm": "mlm/scores", "mrfr": "mrfr/pred", "mrc": "mrc/scores", "itm": "itm/scores"}
    for objective, name in checks.items():
        if name not in expected:
            continue
        broken = corruption(golden, objective)
        with torch.no_grad():
            encoding = model.encoder(broken.batch)
            rows = {
                "mlm": encoding.text,
                "itm": encoding.pair,
            }.get(objective, encoding.regions)[broken.rows]
            close(model.mix[objective].head(rows), expected[name], name)


def test_transport_equals_the_original():
    golden = Golden("uniter", "uniter_pretrain_ot_A")
    expected = golden.group("output")
    model = model_of(golden, transport=0.1)
    broken = corruption(golden, "itm")
    with torch.no_grad():
        encoding = model.encoder(broken.batch)
        distance = transport_distance(encoding, broken.batch)
        loss = model.mix["itm"].loss(encoding, broken)
    close(distance, expected["ot/dist"].flatten(), "distance")
    close(loss.mean(), expected["loss_total"], "loss")
    given = golden.group("input/ot_only")
    cost = cosine_cost(given["txt_emb"], given["img_emb"])
    filler = given["txt_pad"].bool(), given["img_pad"].bool()
    cost = cost.masked_fill(filler[0][:, :, None] | filler[1][:, None], 0)
    close(cost, expected["ot_only/cost"], "cost")
    for name, options in {
        "default": {},
        "beta0.1_it10": {"beta": 0.1, "iterations": 10},
        "beta1_it1": {"beta": 1.0, "iterations": 1},
    }.items():
        close(transport_plan(cost, *filler, **options), expected[f"ot_only/{name}/plan"], name)


def test_gradients_equal_the_originals():
    golden = Golden("uniter", "uniter_pretrain_grad_C")
    model = model_of(golden, transport=0.1)
    expected, total = golden.group("output"), torch.zeros(())
    for objective, theirs in {**NAMES, "itm": "itm_ot"}.items():
        broken = corruption(golden, objective)
        loss = model.mix[objective].loss(model.encoder(broken.batch), broken).mean()
        close(loss.detach(), expected[f"loss/{theirs}"], theirs)
        total = total + loss
    total.backward()
    parameters = dict(model.named_parameters(remove_duplicate=False))
    gradients, checked = golden.group("grad"), set()
    for theirs, mine in uniter.ORIGINAL_NAMES.expanded(len(model.encoder.blocks)):
        if theirs in gradients:
            ours = parameters[mine].grad
            # row 0 of the mask embedding is never read, so it has no gradient to compare
            close(ours, gradients[theirs], theirs)
            checked.add(theirs)
    assert checked == gradients.keys()


def test_table_refuses_what_does_not_fit(pretrain_case):
    golden, model = pretrain_case
    layers = len(model.encoder.blocks)
    params = golden.group("param")
    name, *_ = params
    with pytest.raises(ValueError, match="not in this checkpoint"):
        uniter.ORIGINAL_NAMES.read(
            {k: v for k, v in params.items() if k != name}, model.state_dict(), layers
        )
    with pytest.raises(ValueError, match="unknown in the checkpoint: stranger"):
        uniter.ORIGINAL_NAMES.read(
            params | {"stranger": torch.zeros(1)}, model.state_dict(), layers
        )
    with pytest.raises(ValueError, match="another shape"):
        uniter.ORIGINAL_NAMES.read(params | {name: torch.zeros(1)}, model.state_dict(), layers)
