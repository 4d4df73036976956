"""A saved model comes back as it was, from a folder and from a Hub; configs can ask for no code."""

import dataclasses
import json

import huggingface_hub.constants
import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.properties.batches import CLASSES, FEATURES, VOCABULARY, make_batch
from tests.systems.fake_hub import fake_hub
from workbench.data.tokenizers import wordpiece
from workbench.encoders.single_stream import SingleStreamSizes
from workbench.encoders.two_stream import TwoStreamSizes
from workbench.systems import published, unimo, uniter, vilbert, vlp
from workbench.systems.description import Description, Words
from workbench.systems.hub import (
    from_pretrained,
    located,
    push_to_hub,
    save_pretrained,
    tokenizer_in,
)

torch.set_num_threads(1)
WORDS = Words(4, 3, 2, (5, VOCABULARY))
SINGLE = (24, 2, 3, 48, VOCABULARY, 40, FEATURES, CLASSES)
TWO = ("TCVT", 24, 3, 48, 16, 2, 32, 16, 2, VOCABULARY, 32, FEATURES, CLASSES)


def descriptions():
    one = SingleStreamSizes(*SINGLE)
    six = SingleStreamSizes(*SINGLE, segments=6, eps=1e-5)
    none = SingleStreamSizes(*SINGLE, segments=0, eps=1e-5)
    multi = dataclasses.replace(vilbert.MULTI_TASK, tasks=3, text_gates=True)
    return {
        "uniter": Description("uniter", one, uniter.RELEASED, WORDS),
        "uniter paper": Description("uniter", one, uniter.PAPER, WORDS, "relu"),
        "vilbert": Description("vilbert", TwoStreamSizes(*TWO), vilbert.RELEASED, WORDS),
        "vilbert multi": Description(
            "vilbert", TwoStreamSizes(*TWO), multi, WORDS, "swish", "relu"
        ),
        "vlp": Description("vlp", six, vlp.RELEASED, WORDS),
        "unimo": Description("unimo", none, unimo.RELEASED, WORDS),
        "unimo paper": Description("unimo", none, unimo.PAPER, WORDS),
        "vlp paper": Description("vlp", six, vlp.PAPER, WORDS),
    }


def built(description):
    """The described model with weights far from their beginning."""
    torch.manual_seed(1)
    model = published.build(description).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0.0, 0.3)
    return model


def answers(model):
    """The encoder's states and the losses of a step on a fixed batch."""
    batch = make_batch([7, 5], [3, 4], images=["a", "b"])
    with torch.no_grad():
        encoding = model.encoder(batch)
        scored = model(batch, torch.Generator().manual_seed(3))
    return [encoding.text, encoding.regions, encoding.pair, scored.total]


def assert_same(model, other):
    state, again = model.state_dict(), other.state_dict()
    assert list(state) == list(again)
    assert all(torch.equal(state[name], again[name]) for name in state)
    for ours, theirs in zip(answers(model), answers(other), strict=True):
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize("case", descriptions())
def test_a_saved_model_comes_back_whole(tmp_path, case):
    description = descriptions()[case]
    model = built(description)
    save_pretrained(model, tmp_path, description)
    assert published.description_in(tmp_path) == description
    again = from_pretrained(tmp_path)
    assert not again.training
    assert_same(model, again)
    stored = load_file(tmp_path / "model.safetensors")
    unique = {id(parameter) for parameter in model.parameters()}
    assert len(stored) == len(unique), "shared weights are stored once"
    word = again.encoder.inputs.text.word.weight
    assert any(module.weight is word for module in again.mix.modules() if hasattr(module, "weight"))


def test_the_card_says_what_it_is(tmp_path):
    from huggingface_hub import ModelCard

    description = descriptions()["uniter"]
    trained = "drawn scenes, 100 steps"
    save_pretrained(built(description), tmp_path, description, licence="mit", trained=trained)
    card = ModelCard.load(tmp_path / "README.md")
    assert card.data.license == "mit" and card.data.library_name == "vl-workbench"
    assert "uniter" in card.data.tags
    total = sum(p.numel() for p in built(description).parameters())
    assert trained in card.text and f"{total:,}" in card.text and "from_pretrained" in card.text


def test_a_model_is_saved_only_under_its_own_description(tmp_path):
    mine = descriptions()
    for model, other in (
        ("uniter", "uniter paper"),
        ("vilbert", "vilbert multi"),
        ("vlp", "uniter"),
    ):
        with pytest.raises(ValueError, match="this model is not the"):
            save_pretrained(built(mine[model]), tmp_path, mine[other])
    sum_, released = (vilbert.VilbertVariant(fusion=f) for f in ("sum", "mul"))
    sizes = TwoStreamSizes(*TWO)
    summed = built(Description("vilbert", sizes, sum_, WORDS))
    with pytest.raises(ValueError, match=r"summary\.fuse"):
        save_pretrained(summed, tmp_path, Description("vilbert", sizes, released, WORDS))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"system": "os.system"}, "no system 'os.system'; there are uniter"),
        ({"system": ["uniter"]}, "names no system"),
        ({"sizes": {"width": 24}}, "unknown or missing in SingleStreamSizes"),
        ({"sizes": "workbench.x"}, "must be an object of named values"),
        ({"activation": "torch.nn.functional.elu"}, "none of gelu, relu, swish"),
        ({"variant": {"inner_norms": "yes"}}, "inner_norms cannot be 'yes'"),
        ({"variant": {"region_loss": "__import__('os')"}}, "region_loss cannot be"),
        ({"variant": {"fuse": "os.system"}}, "unknown or missing in UniterVariant: fuse"),
        ({"words": {"mask": 1, "separator": 2, "start": 3, "ordinary": [1]}}, "ordinary cannot"),
        ({"words": {"mask": 1.5, "separator": 2, "start": 3, "ordinary": [1, 2]}}, "mask cannot"),
        ({"activation": None, "region_activation": None}, "activation None"),
    ],
)
def test_configs_from_elsewhere_ask_for_numbers_only(tmp_path, change, said):
    description = descriptions()["uniter"]
    save_pretrained(built(description), tmp_path, description)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, **change}))
    with pytest.raises(ValueError, match=said):
        from_pretrained(tmp_path)


def test_folders_that_are_none_of_ours_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"has no config\.json"):
        from_pretrained(tmp_path)
    description = descriptions()["uniter"]
    save_pretrained(built(description), tmp_path, description)
    weights = load_file(tmp_path / "model.safetensors")
    name = "encoder.summary.pooler.dense.bias"
    for wrong in (
        {n: t for n, t in weights.items() if n != name},
        {**weights, "extra": torch.zeros(2)},
        {**weights, name: torch.zeros(3)},
    ):
        save_file(wrong, tmp_path / "model.safetensors")
        with pytest.raises(ValueError, match="does not hold the weights of its config, 1 differ"):
            from_pretrained(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"neither")
    with pytest.raises(ValueError, match="not a whole safetensors file"):
        from_pretrained(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(ValueError, match=r"has no model\.safetensors"):
        from_pretrained(tmp_path)
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(ValueError, match="is not JSON"):
        from_pretrained(tmp_path)


def test_a_model_goes_to_a_hub_and_comes_back(tmp_path, monkeypatch):
    """Against a Hub made of a local server; never run against the real one."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    description = descriptions()["vilbert"]
    model = built(description)
    with fake_hub() as hub:
        commit = push_to_hub(
            model, "small", description, endpoint=hub.address, token="hf_secret", licence="mit"
        )
        assert commit.startswith(f"{hub.address}/someone/small/commit/")
        assert {"config.json", "model.safetensors", "README.md"} == set(hub.files)
        assert all(key == "Bearer hf_secret" for _, _, key in hub.asked)
        hub.files["code.py"] = b"raise SystemExit"
        again = from_pretrained(
            "someone/small", endpoint=hub.address, cache_dir=tmp_path, token=False
        )
        assert not any("code.py" in path for _, path, _ in hub.asked)
    assert_same(model, again)


def test_words_go_up_beside_the_weights_and_come_down(tmp_path, monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    description = descriptions()["uniter"]
    model, sentence = built(description), "a small dog sits on an old house"
    words = wordpiece().restricted_to([sentence])
    found = []
    for number, given in enumerate((words, None)):
        with fake_hub() as hub:
            there = {"endpoint": hub.address, "token": "hf_secret"}
            push_to_hub(model, "small", description, tokenizer=given, **there)
            folder = located("someone/small", cache_dir=tmp_path / str(number), **there)
            found.append(tokenizer_in(folder))
        assert ("open_pretrained" in (folder / "README.md").read_text()) == (given is not None)
    again, none = found
    assert again is not None and none is None
    assert again.fingerprint() == words.fingerprint()
    assert torch.equal(again.encode([sentence]).ids, words.encode([sentence]).ids)
