"""``python -m tests.training.compiled DEVICE BACKEND``: compiled blocks against plain ones."""

from __future__ import annotations

import copy
import sys

import torch

from tests.properties.batches import seeded
from tests.training import toy_pretraining as toy
from workbench.training.compilation import compile_blocks


def same_as_eager(device: str, backend: str) -> None:
    """Losses and gradients of batches of several lengths, and the names of the weights."""
    eager = toy.pretraining(dropout=0.0).to(device)
    compiled = copy.deepcopy(eager)
    compile_blocks(compiled, backend)
    for step, pairs in enumerate((6, 3, 4)):
        batch, ends = toy.stream(pairs=pairs).batch(step).to(device), []
        for model in (eager, compiled):
            total = model(batch, seeded(step)).total
            total.backward()
            gradients = {name: p.grad for name, p in model.named_parameters() if p.grad is not None}
            ends.append({"total": total.detach(), **gradients})
        torch.testing.assert_close(ends[1], ends[0], atol=1e-5, rtol=1e-4)
    assert list(compiled.state_dict()) == list(eager.state_dict())
    assert torch._dynamo.utils.counters["frames"]["ok"], "nothing was compiled"


if __name__ == "__main__":
    torch.set_num_threads(1)
    same_as_eager(*sys.argv[1:])
