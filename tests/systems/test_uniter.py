"""UNITER as the paper counts it, and where paper and released code differ."""

import dataclasses

import pytest
import torch

from tests.properties.batches import make_batch, make_uniter
from workbench.systems import tiny, uniter

torch.set_num_threads(1)


@pytest.mark.parametrize(("sizes", "millions"), [(uniter.base(), 86), (uniter.large(), 303)])
def test_parameter_counts_are_the_papers(sizes, millions):
    with torch.device("meta"):
        encoder = uniter.encoder(sizes)
    total = sum(parameter.numel() for parameter in encoder.parameters())
    words = encoder.inputs.text.word.weight.numel()
    assert (total - words) / 1e6 == pytest.approx(millions, rel=0.03)


def test_the_papers_reading_is_another_model():
    embedder = make_uniter(variant="paper").encoder.inputs.regions
    assert embedder.mask is None and isinstance(embedder.feature_norm, torch.nn.Identity)
    summed = dataclasses.replace(uniter.RELEASED, region_loss=uniter.PAPER.region_loss)
    released, paper = make_uniter(), make_uniter(variant=summed)
    batch = make_batch([5, 4], [3, 2])
    for name, wide in (("mrfr", 12), ("mrc-kl", 7)):
        losses = []
        for model in (released, paper):
            objective = model.mix[name]
            objective.load_state_dict(released.mix[name].state_dict())
            broken = objective.corrupt(batch, torch.Generator().manual_seed(0))
            encoding = released.encoder(broken.batch)
            losses.append(objective.loss(encoding, broken).mean().item())
        assert losses[1] == pytest.approx(losses[0] * wide, rel=1e-4)


def test_tiny_takes_plain_numbers_and_emphasis():
    facts = {"vocabulary": 60, "feature_size": 8, "classes": 5, "mask_id": 4}
    model = tiny.uniter_tiny(**facts, random_range=[5, 60], emphasis={"7": 0.9})
    assert model.mix["mlm"].choose.probability[7] == pytest.approx(0.9)
    assert model.mix["mlm"].choose.probability[8] == pytest.approx(0.15)
    total = sum(parameter.numel() for parameter in model.parameters())
    assert 0.5e6 < total < 1.5e6


def test_tiny_begins_from_minilm():
    facts = {"vocabulary": 3, "feature_size": 8, "classes": 5, "mask_id": 1}
    model = tiny.uniter_tiny(**facts, random_range=[2, 3], original_ids=[0, 103, 2000])
    assert model.encoder.sizes.width == 384 and len(model.encoder.blocks) == 4
    from workbench.systems.text_initialisation import minilm_weights

    words = minilm_weights()["embeddings.word_embeddings.weight"]
    assert torch.equal(model.encoder.inputs.text.word.weight[2], words[2000])


def test_joint_masking_hides_both_and_weighs_by_ratio():
    model = make_uniter(joint=True, ratios={"itm": 1.0, "mlm": 6.0, "mrfr": 1.0, "mrc": 1.0})
    batch = make_batch([5, 9], [4, 6])
    for seed in range(20):
        (part,) = model.mix.plan(batch, torch.Generator().manual_seed(seed))
        names = [objective.name for objective, _ in part.asked]
        if names == ["itm"]:
            continue
        assert names == ["mlm", "mrfr", "mrc", "mrc-kl"]
        assert part.batch.regions.hidden.any() and (part.batch.text.ids != batch.text.ids).any()
        encoding = model.encoder(part.batch, part.pattern)
        losses = {one.name: one.loss(encoding, broken) for one, broken in part.asked}
        weights = {"mlm": 0.75, "mrfr": 0.125, "mrc": 0.125, "mrc-kl": 0.0}
        expected = sum(weights[name] * loss.mean() for name, loss in losses.items())
        torch.testing.assert_close(model.mix.total(losses), expected)
        return
    raise AssertionError("twenty steps and never a hidden word")
