"""The authors' checkpoints come in strictly and go out to the bit, in every format."""

import json

import pytest
import torch
from safetensors.torch import load_file

from tests.properties.batches import CLASSES, VOCABULARY
from tests.systems.test_hub import answers, built, descriptions
from workbench import cli
from workbench.systems import published
from workbench.systems.conversion import convert, convert_back
from workbench.systems.description import Words
from workbench.systems.hub import from_pretrained, save_pretrained
from workbench.weights.files import Packaging, read, write

torch.set_num_threads(1)
CONFIG = {
    "num_attention_heads": 3,
    "v_num_attention_heads": 2,
    "bi_num_attention_heads": 2,
    "t_biattention_id": [1],
    "v_biattention_id": [0],
    "hidden_act": "gelu",
    "image_class_size": CLASSES,
}


def original_of(description):
    """A checkpoint in the authors' layout, and the model whose weights it holds."""
    system, model = published.find(description.system), built(description)
    layers = system.layers(description.sizes)
    table = system.table(description.variant, {}).at(layers)
    rng = torch.Generator().manual_seed(5)
    dead = {name: torch.randn(3, 2, generator=rng) for name in table.dropped}
    return table.write(model.state_dict(), 0, dead), model


def identical(one, other):
    assert list(one) == list(other)
    for name, tensor in one.items():
        assert tensor.dtype == other[name].dtype and tensor.shape == other[name].shape, name
        assert torch.equal(tensor, other[name]), name


def given(folder, description):
    """Files that a command line could name: the configuration and the vocabulary."""
    config = {**CONFIG, "hidden_act": description.activation}
    (folder / "config.json").write_text(json.dumps(config))
    return {"size": folder / "config.json", "words": description.words}


CASES = [name for name, d in descriptions().items() if d.system in published.SYSTEMS]
RELEASED = [name for name in CASES if "paper" not in name]


@pytest.mark.parametrize(
    ("case", "ending"),
    [
        *((case, ".bin") for case in RELEASED),
        *(("unimo", e) for e in (".safetensors", ".npz", "")),
    ],
)
def test_there_and_back_to_the_bit(tmp_path, case, ending):
    description = descriptions()[case]
    original, model = original_of(description)
    source, ours, back = tmp_path / f"a{ending}", tmp_path / "ours", tmp_path / f"b{ending}"
    write(source, original, Packaging(tuple(original)))
    options = given(tmp_path, description)
    options["variant"] = "multi-task" if "multi" in case else "released"
    if "multi" in case:  # its activations differ by stream
        config = {**CONFIG, "hidden_act": "swish", "v_hidden_act": "relu"}
        options["size"].write_text(json.dumps(config))
    report = convert(description.system, source, ours, **options)
    again = from_pretrained(ours)
    assert published.description_in(ours).sizes.heads == 3
    states = 4 if case != "unimo" else 3  # its other heads were never released
    for mine, theirs in zip(answers(model)[:states], answers(again)[:states], strict=True):
        assert torch.equal(mine, theirs)
    dropped = (
        published.find(description.system)
        .table(description.variant, {})
        .at(published.find(description.system).layers(description.sizes))
    )
    assert set(report.dropped) == set(dropped.dropped) and all(report.dropped.values())
    assert set(load_file(ours / "dropped.safetensors")) == set(report.dropped)
    assert report.converted + len(report.dropped) == len(original)
    assert bool(report.fresh) == (case == "unimo")
    assert all("never released (X6)" in reason for reason in report.fresh.values())
    convert_back(description.system, ours, back)
    identical(read(source).state, read(back).state)
    if source.is_dir():
        assert all((back / f.name).read_bytes() == f.read_bytes() for f in source.iterdir())


def test_packaging_half_precision_and_old_names_come_back(tmp_path):
    description = descriptions()["vilbert"]
    original, _ = original_of(description)
    packed = {
        "module." + n.replace("LayerNorm.weight", "LayerNorm.gamma"): t.half()
        for n, t in reversed(original.items())
    }
    torch.save({"model_state_dict": packed, "epoch": 3}, tmp_path / "resume.bin")
    options = given(tmp_path, description)
    report = convert("vilbert", tmp_path / "resume.bin", tmp_path / "ours", **options)
    for part in ("epoch", "module.", "gamma"):
        assert any(part in note for note in report.notes), part
    assert (
        load_file(tmp_path / "ours" / "model.safetensors")["encoder.inputs.text.word.weight"].dtype
        == torch.float16
    )
    convert_back("vilbert", tmp_path / "ours", tmp_path / "back.bin")
    identical(packed, torch.load(tmp_path / "back.bin", weights_only=True)["model_state_dict"])


def test_a_trained_model_goes_back_with_what_was_dropped(tmp_path):
    description = descriptions()["vilbert"]
    original, _ = original_of(description)
    write(tmp_path / "a.bin", original, Packaging(tuple(original)))
    convert("vilbert", tmp_path / "a.bin", tmp_path / "ours", **given(tmp_path, description))
    model = from_pretrained(tmp_path / "ours")
    with torch.no_grad():
        model.encoder.inputs.text.word.weight.add_(1.0)
    save_pretrained(model, tmp_path / "trained", description)
    convert_back("vilbert", tmp_path / "trained", tmp_path / "b.bin", like=tmp_path / "ours")
    back = read(tmp_path / "b.bin").state
    assert list(back) == list(original)
    words = ["bert.embeddings.word_embeddings.weight", "cls.predictions.decoder.weight"]
    for name, tensor in original.items():
        assert torch.equal(back[name], tensor + 1.0 if name in words else tensor), name
    alone = convert_back("vilbert", tmp_path / "trained", tmp_path / "c.bin")
    assert "names in the table's order" in str(alone)
    dead = {name for name in original if ".q_dense" in name}
    assert set(original) - set(read(tmp_path / "c.bin").state) == dead


def test_what_does_not_fit_is_said(tmp_path):
    description = descriptions()["uniter"]
    original, _ = original_of(description)
    path, options = tmp_path / "a.bin", given(tmp_path, description)

    def converting(state, **changes):
        torch.save(state, path)
        return convert("uniter", path, tmp_path / "ours", **{**options, **changes})

    with pytest.raises(ValueError, match="no system 'lxmert'"):
        convert("lxmert", path, tmp_path / "ours")
    with pytest.raises(ValueError, match="no variant 'other'; there are released, paper"):
        converting(original, variant="other")
    with pytest.raises(ValueError, match=r"how many heads share 24 units.*num_attention_heads"):
        converting(original, size=None)
    with pytest.raises(ValueError, match="this is no uniter-base: width 24 not 768"):
        converting({n: t for n, t in original.items()}, size="base")
    with pytest.raises(ValueError, match="neither base, large nor a JSON file"):
        converting(original, size="medium")
    with pytest.raises(ValueError, match=r"vocabulary has 50 entries.*give the vocabulary file"):
        converting(original, words=None)
    with pytest.raises(ValueError, match=r"unknown in the checkpoint: vqa_output\.0\.weight"):
        converting({**original, "vqa_output.0.weight": torch.ones(2)})
    part = {n: t for n, t in original.items() if n != "itm_output.bias"}
    with pytest.raises(ValueError, match=r"not in this checkpoint: itm_output\.bias"):
        converting(part)
    with pytest.raises(ValueError, match="is it a checkpoint of this system"):
        converting({"a": torch.ones(1)})
    differs = {**original, "cls.predictions.decoder.weight": torch.zeros(VOCABULARY, 24)}
    with pytest.raises(ValueError, match="are one tensor in this system but differ"):
        converting(differs)
    assert not (tmp_path / "ours").exists()
    (tmp_path / "config.json").write_text(json.dumps({**CONFIG, "hidden_act": "mish"}))
    with pytest.raises(ValueError, match="no activation 'mish'"):
        converting(original)


def test_what_a_user_leaves_out_is_listed_and_goes_back(tmp_path):
    description = descriptions()["uniter"]
    original, _ = original_of(description)
    strange = {**original, "vqa_output.0.weight": torch.ones(2)}
    del strange["itm_output.bias"]
    strange["cls.predictions.decoder.weight"] = torch.zeros(VOCABULARY, 24)
    torch.save(strange, tmp_path / "a.bin")
    report = convert(
        "uniter",
        tmp_path / "a.bin",
        tmp_path / "ours",
        drop=["vqa_*", "cls.predictions.decoder.weight"],
        fresh=["*.itm.head.bias"],
        **given(tmp_path, description),
    )
    assert list(report.fresh) == ["mix.by_name.itm.head.bias"]
    assert set(report.dropped) == {"vqa_output.0.weight", "cls.predictions.decoder.weight"}
    model = from_pretrained(tmp_path / "ours")
    words = strange["uniter.embeddings.word_embeddings.weight"]
    assert torch.equal(model.mix["mlm"].head.weight, words)
    convert_back("uniter", tmp_path / "ours", tmp_path / "b.bin")
    identical(strange, read(tmp_path / "b.bin").state)


def test_heads_of_tasks_are_left_out_with_the_reason(tmp_path):
    description = descriptions()["vilbert"]
    original, _ = original_of(description)
    tuned = {**original, "vil_prediction.main.0.weight_g": torch.ones(())}
    torch.save(tuned, tmp_path / "a.bin")
    options = given(tmp_path, description)
    report = convert("vilbert", tmp_path / "a.bin", tmp_path / "ours", **options)
    assert report.dropped["vil_prediction.main.0.weight_g"] == "the head of a single task"


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        (
            ["[PAD]", "[unused1]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[unused2]", "!", "[", "a"],
            Words(5, 4, 3, (7, 10)),
        ),
        (
            ["[CLS]", "[PAD]", "[SEP]", "[UNK]", "13", "262", "5", "madeupword0000", "[MASK]"],
            Words(8, 2, 0, (4, 7)),
        ),
    ],
)
def test_ids_are_found_in_a_vocabulary_file(tmp_path, tokens, expected):
    path = tmp_path / "vocab.txt"
    path.write_text("\n".join(tokens) + "\n")
    assert Words.of(path) == expected
    path.write_text("a\nb\n")
    with pytest.raises(ValueError, match=r"has no \[MASK\], \[SEP\], \[CLS\]"):
        Words.of(path)


def test_the_verb(tmp_path, capsys):
    description = descriptions()["vlp"]
    original, _ = original_of(description)
    write(tmp_path / "a.bin", original, Packaging(tuple(original)))
    given(tmp_path, description)
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *map(str, range(VOCABULARY - 5))]
    (tmp_path / "vocab.txt").write_text("\n".join(tokens))
    a, ours, b, config, vocab = (
        str(tmp_path / name) for name in ("a.bin", "ours", "b.bin", "config.json", "vocab.txt")
    )
    assert cli.main(["convert", "vlp", a, ours, "--size", config, "--vocab", vocab]) == 0
    said = capsys.readouterr().out
    assert "tensors converted for vlp" in said and "ans_classifier.0.weight: the answer" in said
    assert published.description_in(tmp_path / "ours").words == description.words
    report = json.loads((tmp_path / "ours" / "conversion.json").read_text())["report"]
    assert report["dropped"]["ans_classifier.0.weight"] in said
    assert cli.main(["convert", "vlp", ours, b, "--back"]) == 0
    identical(read(a).state, read(b).state)
    assert cli.main(["convert", "uniter", ours, b, "--back"]) == 2
    assert "holds a vlp, not a uniter" in capsys.readouterr().err
    assert cli.main(["convert", "vlp", str(tmp_path / "none.bin"), ours]) == 2
    assert "there is no" in capsys.readouterr().err
