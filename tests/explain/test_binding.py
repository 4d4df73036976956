"""Which head ties a name to its region, whatever rows the encoder adds and however it is built."""

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from widgets import AttentionRecord
from workbench.quickstart import probe


def test_binding_looks_at_the_batchs_own_rows(monkeypatch):
    # words: [CLS] [SEP](added) ball [SEP]; regions: sun, ball, and the whole picture
    seen = np.tile(np.eye(7, dtype=np.float32), (2, 1, 1, 1))
    seen[0, 0, 2] = [0.1, 0.1, 0.1, 0.1, 0.1, 0.3, 0.2]
    assert seen[1, 0, 2, 2] == 1.0, "a layer in which words see words alone"
    record = AttentionRecord(
        ("[CLS]", "[SEP]", "ball", "[SEP]"),
        np.zeros((3, 4), dtype=np.float32),
        np.zeros((2, 2, 3), dtype=np.uint8),
        seen,
        ("sun", "ball", "whole picture"),
        added=np.array([False, True, False, False, False, False, True]),
    )
    monkeypatch.setattr(probe, "attention_in", lambda model, stream, number: record)
    span = SimpleNamespace(role="name", object=1)
    stream: Any = SimpleNamespace(
        examples=[SimpleNamespace(sentence="ball", spans=[span])],
        tokenizer=SimpleNamespace(spans_to_rows=lambda sentence, spans: [[1]]),
    )
    # the hook that checks types while testing would refuse these stand-ins
    binding = cast(Any, probe.binding)
    shares = getattr(binding, "__wrapped__", binding)(None, stream)
    assert shares[0, 0] == pytest.approx(0.3 / (0.1 + 0.3))
    assert shares[1, 0] == 0.0
