from __future__ import annotations

import pytest
import torch

from workbench.systems import uniter


def test_a_table_refuses_what_does_not_fit_and_says_what():
    model = uniter.pretraining(uniter.tiny(30, 8, 5), 1, (2, 4))
    layers, table = len(model.encoder.blocks), uniter.ORIGINAL_NAMES
    params = table.write(model.state_dict(), layers)
    table.read(params, model.state_dict(), layers)
    name, *_ = params
    without = {k: v for k, v in params.items() if k != name}
    with pytest.raises(ValueError, match="not in this checkpoint"):
        table.read(without, model.state_dict(), layers)
    with pytest.raises(ValueError, match="unknown in the checkpoint: stranger"):
        table.read(params | {"stranger": torch.zeros(1)}, model.state_dict(), layers)
    with pytest.raises(ValueError, match="another shape"):
        table.read(params | {name: torch.zeros(1)}, model.state_dict(), layers)
