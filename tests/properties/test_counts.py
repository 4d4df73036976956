"""What a loss will count is known before any forward pass, so that batches can be cut exactly."""

import pytest
import torch
from torch import nn

from tests.properties.batches import MASK, VOCABULARY, make_batch, seeded
from tests.properties.everything import ENCODERS, MIXES, OBJECTIVES, batch_of, refusal
from workbench.objectives.masked_language import MaskedLanguage
from workbench.training.held_out import everything

torch.set_num_threads(1)

BATCHES = {
    "pairs": batch_of(),
    "lone pictures and sentences": make_batch([5, 0, 6, 0, 3], [4, 3, 0, 6, 2]),
    "one pair": make_batch([4], [1]),
    "no regions": make_batch([5, 4], [0, 0]),
}


@torch.no_grad()
@pytest.mark.parametrize("name", MIXES)
def test_every_system_counts_what_it_said_it_would(name):
    torch.manual_seed(0)
    model, counted = MIXES[name]().eval(), set()
    unimo = name.startswith("unimo")  # the only one that learns from less than pairs (M3)
    unused = {
        one.name for one, w in zip(model.mix.objectives, model.mix.weights, strict=True) if not w
    }
    wanted = set(model.mix.found()) - unused
    for step in range(6):
        for kind, batch in BATCHES.items() if unimo else [("pairs", BATCHES["pairs"])]:
            for part in everything(model.mix, batch, seeded(step)):
                encoding = model.encoder(part.batch, part.pattern)
                for objective, corrupted in part.asked:
                    loss = objective.loss(encoding, corrupted)
                    assert corrupted.count == loss.count, (objective.name, kind, step)
                    counted |= {objective.name} if loss.count else set()
    assert counted == wanted


@torch.no_grad()
@pytest.mark.parametrize("name", OBJECTIVES)
@pytest.mark.parametrize("encoder", ["uniter", "vilbert", "unimo"])
def test_every_objective_counts_what_it_said_it_would(encoder, name):
    torch.manual_seed(0)
    model = ENCODERS[encoder]().eval()
    if refusal(name, model):
        pytest.skip("this encoder cannot carry it (see test_every_system)")
    objective = OBJECTIVES[name].build(model.widths)
    counts = []
    for seed in range(4):
        corrupted = objective.corrupt(batch_of(seed), seeded(seed))
        loss = objective.loss(model(corrupted.batch, corrupted.pattern), corrupted)
        assert corrupted.count == loss.count
        counts.append(loss.count)
    assert min(counts) > 0


def test_only_what_leaves_out_the_worst_cannot_say():
    objective = MaskedLanguage(nn.Linear(24, VOCABULARY), MASK, (5, VOCABULARY), drop_worst=0.2)
    assert objective.corrupt(batch_of(), seeded(0)).count == -1
