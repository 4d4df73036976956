"""Attention rollout: what a row has seen by now, through all layers below it."""

from __future__ import annotations

import dataclasses

import numpy as np

from widgets.attention.record import AttentionRecord


def rollout(record: AttentionRecord) -> AttentionRecord:
    """Attention accumulated up to each layer, as one head whose rows sum to 1.

    Half of what a row hands on is its own state (the residual), half the mean of its heads; the
    layers are multiplied (Abnar and Zuidema 2020).  A stream at rest hands on all of its own, so
    that the joint maps of two streams need no rule of their own.
    """
    size = record.attention.shape[-1]
    seen, layers = np.eye(size), []
    for heads in record.attention.astype(np.float64):
        seen = (heads.mean(0) + np.eye(size)) / 2 @ seen
        layers.append(seen / seen.sum(-1, keepdims=True))
    attention = np.stack(layers)[:, None].astype(np.float32)
    return dataclasses.replace(record, attention=attention)
