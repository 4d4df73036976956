"""Weights that the originals wrote themselves are converted and given back to the bit."""

import json

import pytest
import torch

from tests.parity.originals import Golden, cases, goldens_folder
from workbench.systems.conversion import convert, convert_back
from workbench.systems.description import Words
from workbench.systems.hub import from_pretrained
from workbench.weights.files import Packaging, read, write

torch.set_num_threads(1)
WHOLE = {
    "uniter": {"pretrain"},
    "vilbert": {"pretrain", "pretrain_mse", "mt_pretrain", "mt_pretrain_mse", "tasks", "mt_tasks"},
    "vlp": {"pretrain", "pretrain_smooth", "vqa"},
    "unimo": {"mlm"},
}
"""The kinds of cases whose weights are a whole pre-training model, by family."""


@pytest.mark.parametrize("family", WHOLE)
def test_weights_of_the_originals_there_and_back(tmp_path, family):
    folder = goldens_folder()
    if not folder.is_dir():
        pytest.skip(f"no goldens in {folder}; set WORKBENCH_GOLDENS to their folder")
    mine = [c for c in cases(folder) if c.family == family and c.kind in WHOLE[family]]
    found = {case.kind: case for case in reversed(mine)}
    assert found
    for case in found.values():
        golden = Golden.at(case.path)
        original = golden.group("param")
        ending = "" if family == "unimo" else ".bin"
        source, ours, back = (tmp_path / f"{case.path.stem}-{part}" for part in "abc")
        source, back = source.with_suffix(ending), back.with_suffix(ending)
        write(source, original, Packaging(tuple(original)))
        config = tmp_path / "config.json"
        config.write_text(json.dumps(golden.config))
        words = Words(4, 3, 2, (5, golden.config["vocab_size"]))
        report = convert(family, source, ours, size=config, words=words)
        assert report.converted + len(report.dropped) == len(original)
        never = "never released"
        assert all(never in reason or "graphs" in reason for reason in report.fresh.values())
        model = from_pretrained(ours)
        assert sum(p.numel() for p in model.parameters()) > 0
        convert_back(family, ours, back)
        again = read(back).state
        assert again.keys() == original.keys()
        for name, tensor in original.items():
            assert torch.equal(again[name], tensor), f"{case}: {name}"
