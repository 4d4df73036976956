"""Paper and released code: each difference a field, a table that is right, names anywhere."""

import dataclasses
import json
import re
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from tests.properties.batches import CLASSES, FEATURES, MASK, VOCABULARY, make_batch, seeded
from tests.systems.test_conversion import given, original_of
from tests.systems.test_hub import WORDS, assert_same, built, descriptions
from workbench.encoders.encoding import Encoding
from workbench.systems import optimisation, published, tiny, unimo, uniter, vilbert, vlp
from workbench.systems.conversion import convert, convert_back
from workbench.systems.hub import from_pretrained, save_pretrained
from workbench.systems.tiny_unimo import unimo_tiny
from workbench.systems.tiny_vilbert import vilbert_single_stream_tiny, vilbert_tiny
from workbench.systems.tiny_vlp import vlp_tiny
from workbench.weights.files import Packaging, read, write

torch.set_num_threads(1)
SYSTEMS = {"uniter": uniter, "vilbert": vilbert, "vlp": vlp, "unimo": unimo}
NAMED = [(system, name) for system, module in SYSTEMS.items() for name in module.READINGS]
TABLES = (Path(__file__).parents[2] / "docs" / "variants.md").read_text("utf-8")
SOURCE = re.compile(r"([VUPMX]\d+|[AB]\d+|§\d(\.\d)?)(, ([VUPMX]\d+|[AB]\d+|§\d(\.\d)?))*")


def described(system, variant):
    return dataclasses.replace(descriptions()[system], variant=variant)


def fingerprint(system, variant):
    """A fresh model's weights and all settings of its modules."""
    torch.manual_seed(0)
    description = dataclasses.replace(described(system, variant), region_activation="relu")
    model = published.build(description)
    facts = {n: (t.shape, t.double().sum().item()) for n, t in model.state_dict().items()}
    for path, module in model.named_modules():
        for name, value in vars(module).items():
            if not name.startswith("_") and not isinstance(value, torch.Tensor):
                facts[f"{path}.{name}"] = repr(value)
    return facts


@pytest.mark.parametrize(("system", "name"), NAMED)
def test_a_name_is_as_good_as_the_variant(system, name):
    variant = SYSTEMS[system].READINGS[name]
    assert SYSTEMS[system].reading(name) is variant
    assert SYSTEMS[system].reading(variant) is variant
    assert fingerprint(system, name) == fingerprint(system, variant)


@pytest.mark.parametrize("system", SYSTEMS)
def test_released_is_the_default_and_other_names_are_refused(system):
    module = SYSTEMS[system]
    kind = type(module.RELEASED)
    assert module.reading("released") == kind()
    choices = ", ".join(module.READINGS)
    said = f"no variant 'text'; there are {choices}, or any {kind.__name__}"
    with pytest.raises(ValueError, match=said):
        module.reading("text")
    with pytest.raises(ValueError, match="no variant 'Paper'; there are released, paper"):
        published.resolved(described(system, "Paper"))
    other = vlp.PAPER if system != "vlp" else uniter.PAPER
    with pytest.raises(ValueError, match=kind.__name__):
        published.resolved(described(system, other))


def test_encoders_and_the_single_stream_take_names_too():
    one, six, two = (descriptions()[name].sizes for name in ("uniter", "vlp", "vilbert"))
    bare = descriptions()["unimo"].sizes
    assert uniter.encoder(one, variant="paper").inputs.regions.mask is None
    code = vlp.encoder(six, 3, variant="paper").inputs.regions.code
    assert isinstance(code.of_classes, torch.nn.Linear)
    assert vlp.chooser("released") == vlp.chooser(vlp.RELEASED)
    assert not vlp.chooser("paper").choose.at_least_one
    encoder = unimo.encoder(bare, variant="paper")
    assert not list(encoder.summary.parameters())
    assert not unimo.language_head(encoder, variant="paper").transform.norm.bias.any()
    multi = vilbert.encoder(two, variant="multi-task")
    assert multi.summary.fuse is torch.mul
    for name, side in (("released", "text"), ("paper", "either")):
        for build, sizes in ((vilbert.pretraining, two), (vilbert.single_stream, one)):
            assert build(sizes, MASK, (5, VOCABULARY), variant=name).mix["itm"].replace == side


OTHERS = {
    "vilbert": {
        **{"fusion": "sum", "only_matched": True, "overlap": 0.4, "whole_overlap": 0.4},
        **{"region_target": "mse", "zeroed": 0.5, "at_least_one": True},
        **{"tasks": 3, "text_gates": True},
    },
    "vlp": {"relu": False, "fc7": False, "last_masked": False},
    "unimo": {"fusion": "sum", "similarity": "weighted", "temperature": 1.0},
}
"""A second value where paper and code have the same."""
ELSEWHERE = ("object_tags", "continuous_positions", "alternate")
"""What no setting of a module shows: test_unimo.py and test_unimo_pretraining.py have these."""


@pytest.mark.parametrize(
    ("system", "field"),
    [
        (system, field.name)
        for system, module in SYSTEMS.items()
        for field in dataclasses.fields(module.RELEASED)
        if field.name not in ELSEWHERE
    ],
)
def test_no_field_is_dead(system, field):
    """Another value of a field alone makes another model."""
    module = SYSTEMS[system]
    other = OTHERS.get(system, {}).get(field, getattr(module.PAPER, field))
    changed = dataclasses.replace(module.RELEASED, **{field: other})
    assert fingerprint(system, changed) != fingerprint(system, module.RELEASED)


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_table_agrees_with_the_fields(system):
    readings = SYSTEMS[system].READINGS
    kind = type(readings["released"])
    section = TABLES.split(f"\n## {kind.__name__}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert rows[0] == ["field", *readings, "what it says", "source"]
    fields = dataclasses.fields(kind)
    assert [row[0] for row in rows[2:]] == [f"`{field.name}`" for field in fields]
    for field, (_, *values, meaning, source) in zip(fields, rows[2:], strict=True):
        wanted = [f"`{getattr(variant, field.name)!r}`" for variant in readings.values()]
        assert values == wanted, field.name
        assert meaning and SOURCE.fullmatch(source), field.name
        assert f"``{field.name}``" in kind.__doc__, f"{field.name} is not documented"


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_description_may_name_its_reading(tmp_path, system):
    description = described(system, "paper")
    model = built(description)
    save_pretrained(model, tmp_path, description)
    plain = json.loads((tmp_path / "config.json").read_text())
    assert plain["variant"] == dataclasses.asdict(SYSTEMS[system].PAPER)
    (tmp_path / "config.json").write_text(json.dumps({**plain, "variant": "paper"}))
    assert published.description_in(tmp_path).variant == SYSTEMS[system].PAPER
    assert_same(model, from_pretrained(tmp_path))
    (tmp_path / "config.json").write_text(json.dumps({**plain, "variant": "text"}))
    with pytest.raises(ValueError, match="no variant 'text'; there are released, paper"):
        from_pretrained(tmp_path)


def converting(folder, system, **options):
    """A released checkpoint read under the paper's reading."""
    description = descriptions()[system]
    original, _ = original_of(description)
    write(folder / "a.bin", original, Packaging(tuple(original)))
    more = given(folder, description)
    report = convert(system, folder / "a.bin", folder / "ours", variant="paper", **more, **options)
    return original, report


MISSING = {
    "uniter": r"inputs\.regions\.feature_norm\.bias is None, not \(24,\)",
    "vlp": r"inputs\.regions\.code\.\w+\.bias is \(24,\), not None",
    "unimo": r"summary\.image\.dense\.bias is None, not \(24,\)",
}


@pytest.mark.parametrize("system", MISSING)
def test_released_weights_are_not_read_into_another_architecture(tmp_path, system):
    said = "checkpoints hold the weights of its released reading, and this one has others"
    with pytest.raises(ValueError, match=f"{said}, .*{MISSING[system]}.*take variant='released'"):
        converting(tmp_path, system)
    assert not (tmp_path / "ours").exists()
    description = described(system, "paper")
    save_pretrained(built(description), tmp_path / "own", description)
    with pytest.raises(ValueError, match=f"{said}, .*their code could not read"):
        convert_back(system, tmp_path / "own", tmp_path / "b.bin")
    assert not (tmp_path / "b.bin").exists()


def test_the_papers_vilbert_has_the_released_weights(tmp_path):
    original, report = converting(tmp_path, "vilbert")
    assert not report.fresh
    assert published.description_in(tmp_path / "ours").variant == vilbert.PAPER
    convert_back("vilbert", tmp_path / "ours", tmp_path / "b.bin")
    assert all(torch.equal(t, original[n]) for n, t in read(tmp_path / "b.bin").state.items())


HEADS = ("feat_regress", "region_classifier", "itm_output")
FORCED = {
    "uniter": (
        [f"*{name}*" for name in ("img_layer_norm", "pos_layer_norm", "mask_embedding", *HEADS)],
        [f"mix.by_name.{name}.head.*" for name in ("mrfr", "mrc", "mrc-kl", "itm")],
    ),
    "vlp": (["vis_pe_embed*"], ["encoder.inputs.regions.code.*", "encoder.inputs.regions.place.*"]),
    "unimo": (["pooled_fc_*"], []),
}


@pytest.mark.parametrize("system", FORCED)
def test_what_is_asked_for_is_listed_and_goes_back(tmp_path, system):
    drop, fresh = FORCED[system]
    original, report = converting(tmp_path, system, drop=drop, fresh=fresh)
    asked = {name for name, reason in report.fresh.items() if reason == "asked for"}
    assert bool(asked) == bool(fresh) and "asked for" in report.dropped.values()
    model = from_pretrained(tmp_path / "ours")
    wanted = published.build(described(system, "paper")).state_dict()
    assert {n: t.shape for n, t in model.state_dict().items()} == {
        n: t.shape for n, t in wanted.items()
    }
    convert_back(system, tmp_path / "ours", tmp_path / "b.bin")
    back = read(tmp_path / "b.bin").state
    assert list(back) == list(original)
    assert all(torch.equal(tensor, original[name]) for name, tensor in back.items())


TINY = {
    "vocabulary": VOCABULARY,
    "feature_size": FEATURES,
    "classes": CLASSES,
    "mask_id": MASK,
    "random_range": [5, VOCABULARY],
}
MARKS = {"start_id": 2, "end_id": 3}


@pytest.mark.parametrize(
    ("build", "module", "own", "more"),
    [
        (tiny.uniter_tiny, uniter, {"transport": 0.0}, {}),
        (vilbert_tiny, vilbert, None, {}),
        (vilbert_single_stream_tiny, vilbert, None, {}),
        (vlp_tiny, vlp, {"random_specials": False}, {}),
        (unimo_tiny, unimo, {}, MARKS),
    ],
)
def test_recipes_can_name_a_reading(build, module, own, more):
    """Tiny builders take the names; by themselves they are what they have been."""
    if module is uniter:
        told = lambda m: (m.mix["itm"].replace, m.mix["itm"].transport)  # noqa: E731
        wanted = [("image", 0.0), ("image", 0.1), ("either", 0.0)]
    elif module is vilbert:
        told = lambda m: (m.mix["itm"].replace, m.mix["mlm"].only_matched)  # noqa: E731
        wanted = [("either", True), ("text", False), ("either", False)]
    elif module is vlp:
        told = lambda m: (m.mix["mlm"].random_range[0], m.encoder.inputs.block_hidden)  # noqa: E731
        wanted = [(5, False), (0, False), (5, True)]
    else:
        told = lambda m: m.mix["mrfr"].hide.overlap  # noqa: E731
        wanted = [0.4, 0.4, 0.3]
    made = [build(**TINY, **more)]
    made += [build(**TINY, **more, variant=name) for name in ("released", "paper")]
    assert [told(model) for model in made] == wanted


def test_update_rules_have_the_same_names():
    for system, rates in (
        ("vilbert", [1e-4, 1e-4, 1e-4]),
        ("uniter", [5e-5, 5e-5]),
        ("vlp", [1e-4, 3e-4]),
        ("unimo", [5e-5, 5e-5]),
    ):
        rule, names = getattr(optimisation, system), SYSTEMS[system].READINGS
        rules = [rule(name) for name in names]
        assert rules[0] == rule() and rules[0] not in rules[1:]
        assert [one.learning_rate for one in rules] == rates


def uniter_of(variant):
    torch.manual_seed(0)
    return uniter.pretraining(
        descriptions()["uniter"].sizes, MASK, (5, VOCABULARY), variant=variant
    )


def test_one_score_is_a_sigmoid_s_cross_entropy():
    task = uniter_of("paper").mix["itm"]
    batch = make_batch([5, 4, 6], [3, 2, 2], images=["a", "b", "c"])
    broken = task.corrupt(batch, seeded(1))
    assert 0 < broken.targets.sum() < 3
    pair = torch.randn(3, 24)
    encoding = Encoding(torch.zeros(15, 24), torch.zeros(7, 24), pair, pair, pair)
    score = task.head.score(pair).squeeze(1)
    expected = F.binary_cross_entropy_with_logits(score, broken.targets.float())
    torch.testing.assert_close(task.loss(encoding, broken).mean(), expected)
    torch.testing.assert_close(task.lead(encoding), score)


def test_the_background_is_a_target_in_the_paper_alone():
    batch = make_batch([5], [30])
    classes = batch.regions.classes.clone()
    classes[:, 0] = 1.0
    regions = dataclasses.replace(batch.regions, classes=classes)
    batch = dataclasses.replace(batch, regions=regions)
    targets = {
        name: uniter_of(name).mix["mrc"].corrupt(batch, seeded(0)).targets
        for name in ("released", "paper")
    }
    assert (targets["released"] > 0).all() and (targets["paper"] == 0).all()
    assert len(targets["paper"])


def test_a_short_sentence_may_hide_nothing_in_the_paper():
    batch = make_batch([4] * 40, [1] * 40)
    for name, most in (("released", 40), ("paper", 39)):
        mix = uniter_of(name).mix
        for objective in ("mlm", "mrfr"):
            broken = mix[objective].corrupt(batch, seeded(0))
            offsets = batch.text.offsets if objective == "mlm" else batch.regions.offsets
            hidden = len(offsets.owner[broken.rows].unique())
            assert hidden == most if name == "released" else 0 < hidden <= most


def test_the_papers_unimo_compares_states_themselves():
    model = built(described("unimo", "paper"))
    encoding = model.encoder(make_batch([5, 4], [3, 2]))
    first = torch.tensor([0, 5])
    torch.testing.assert_close(encoding.text_summary, encoding.text[first])
    torch.testing.assert_close(encoding.pair, encoding.text_summary * encoding.image_summary)
    lone = model.encoder(make_batch([5, 0], [0, 2]))
    assert not lone.image_summary[0].any() and not lone.text_summary[1].any()
    assert lone.image_summary[1].any() and lone.text_summary[0].any()


def test_words_replaced_at_random_are_words_in_the_papers():
    assert WORDS.ordinary == (5, VOCABULARY)
    for system, objective in (("vilbert", "mlm"), ("vlp", "mlm"), ("vlp", "seq2seq")):
        for name, low in (("released", 0), ("paper", 5)):
            model = published.build(described(system, name))
            assert model.mix[objective].random_range == (low, VOCABULARY)
