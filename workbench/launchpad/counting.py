"""Matrix products and kept numbers of a training step, counted from a model's real shapes.

The counts follow the blocks as ``encoders`` and ``layers`` build them: every product of a row with
a weight matrix, and those of attention.  A backward pass costs twice the forward pass, but once
where nothing before a layer learns (the regions' features).  Norms, sums and softmaxes are not
counted as products.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from workbench.encoders.inputs import PlainInputs
from workbench.encoders.single_stream import SingleStream
from workbench.encoders.two_stream import TwoStream
from workbench.layers.attention import Attention
from workbench.layers.blocks import Block, CoBlock, FeedForward
from workbench.layers.heads import TiedHead
from workbench.objectives.mixing import Part
from workbench.pairs import PairBatch
from workbench.training.model import Pretraining
from workbench.training.recipe import Call


@dataclass(frozen=True)
class Cost:
    """Floating-point operations of a step, and the numbers it keeps for its backward pass."""

    flops: float = 0.0
    kept: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.flops + other.flops, self.kept + other.kept)

    def times(self, factor: float) -> Cost:
        """As much as so many of it."""
        return Cost(self.flops * factor, self.kept * factor)


class Unfilled(TorchFunctionMode):
    """Within it layers are made without memory for their weights: large ones in no time."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        if func is torch.empty:
            kwargs["device"] = "meta"
        return func(*args, **kwargs)


def unfilled(model: Call) -> Pretraining:
    """The model of a recipe with its real shapes and no weights."""
    with Unfilled():
        return model()


def parameters(model: nn.Module) -> int:
    """How many numbers are trained; tied weights count once."""
    return sum(weight.numel() for weight in model.parameters())


def step_cost(model: Pretraining, batch: PairBatch, rng: torch.Generator) -> Cost:
    """What one step of this batch costs, its objectives drawn from ``rng``."""
    return sum((part_cost(model, part) for part in model.mix.plan(batch, rng)), Cost())


def part_cost(model: Pretraining, part: Part) -> Cost:
    """What one forward pass and its backward pass cost."""
    total = _encoder_cost(model.encoder, part.batch)
    for objective, corrupted in part.asked:
        rows = len(corrupted.rows)
        heads = cast(nn.Module, objective)
        outputs = sum(_outputs(head) for head in heads.modules())
        total += Cost(6.0 * rows * _head(heads), 3.0 * rows * outputs)
    return total


def _encoder_cost(encoder: nn.Module, batch: PairBatch) -> Cost:
    """An encoder's blocks and its region inputs."""
    added = 0 if isinstance(encoder.inputs, PlainInputs) else 1  # a row of the whole picture
    texts, regions = batch.text.offsets.lengths, batch.regions.offsets.lengths + added
    inputs = cast(nn.Module, encoder.inputs)
    entering = 4.0 * batch.regions.offsets.rows * _linear(cast(nn.Module, inputs.regions))
    total = Cost(entering)
    if isinstance(encoder, SingleStream):
        rows = (texts + regions).double()
        one = Lengths(float(rows.sum()), float((rows * rows).sum()))
        return total + sum((_block(cast(Block, b), one) for b in encoder.blocks), Cost())
    if isinstance(encoder, TwoStream):
        text, seen = texts.double(), regions.double()
        text_rows, seen_rows = float(text.sum()), float(seen.sum())
        across = float((text * seen).sum())
        own = Lengths(text_rows, float((text * text).sum()))
        pictures = Lengths(seen_rows, float((seen * seen).sum()))
        total += sum((_block(cast(Block, b), own) for b in encoder.text_blocks), Cost())
        total += sum((_block(cast(Block, b), pictures) for b in encoder.region_blocks), Cost())
        for block in encoder.cross_blocks:
            both = cast(CoBlock, block)
            total += _attention(both.text_attention, text_rows, seen_rows, across)
            total += _attention(both.region_attention, seen_rows, text_rows, across)
            total += _feed_forward(both.text_feed_forward, text_rows)
            total += _feed_forward(both.region_feed_forward, seen_rows)
        return total
    raise TypeError(f"cannot count the products of a {type(encoder).__name__}")


@dataclass(frozen=True)
class Lengths:
    """Rows of a batch, and the sum of every pair's rows squared: who looks at whom."""

    rows: float
    squares: float


def _block(block: Block, lengths: Lengths) -> Cost:
    attention = _attention(block.attention, lengths.rows, lengths.rows, lengths.squares)
    return attention + _feed_forward(block.feed_forward, lengths.rows)


def _attention(layer: Attention, queries: float, keys: float, looks: float) -> Cost:
    inner, width = layer.query.out_features, layer.output.out_features
    own = layer.query.weight.numel() + layer.output.weight.numel()
    others = layer.key.weight.numel() + layer.value.weight.numel()
    products = 6.0 * (queries * own + keys * others) + 12.0 * looks * inner
    # input, query, mix, answer and their sum; keys and values; one share for every look
    kept = queries * (2 * inner + 3 * width) + 2.0 * keys * inner + 2.0 * looks * layer.heads
    return Cost(products, kept)


def _feed_forward(layer: FeedForward, rows: float) -> Cost:
    widened = layer.widen.out_features
    kept = rows * (2 * widened + 3 * layer.narrow.out_features)
    return Cost(6.0 * rows * 2 * layer.widen.weight.numel(), kept)


def _linear(module: nn.Module) -> float:
    return float(sum(m.weight.numel() for m in module.modules() if isinstance(m, nn.Linear)))


def _head(module: nn.Module) -> float:
    """Products of one row with an objective's layers, tied ones too."""
    tied = [m.weight.numel() for m in module.modules() if isinstance(m, TiedHead)]
    return _linear(module) + float(sum(tied))


def _outputs(module: nn.Module) -> int:
    """How many numbers a layer answers for a row."""
    if isinstance(module, TiedHead):
        return module.weight.shape[1 if module.transposed else 0]
    return module.out_features if isinstance(module, nn.Linear) else 0
