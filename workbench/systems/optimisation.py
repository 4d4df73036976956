"""How the four papers, or their released code, change weights in pre-training.

Each function takes the name of a reading, "released" or "paper", as the systems do.  Learning
rates belong to the batch sizes named; a smaller run scales or searches its own.
"""

from __future__ import annotations

import dataclasses
from typing import Literal

from workbench.systems.readings import named
from workbench.training.optimisation import Optimisation, Schedule

Name = Literal["released", "paper"]

_FROM_ZERO = Schedule(rise_from=0)


def vilbert(
    variant: Literal["released", "paper", "multi-task"] = "released", *, text_from_bert: bool = True
) -> Optimisation:
    """ViLBERT (V13): Adam at 1e-4, warm-up, linear decay; for 512 pairs a step, 10 epochs.

    The released code uses BERT's optimiser: no bias correction, every tensor clipped to norm 1,
    a tenth of the run as warm-up, and, with ``text_from_bert``, a tenth of the rate for weights
    that BERT gave.  (Its branch for pre-trained weights also swaps what decays and what does not;
    ``swapped_decay=True`` repeats that.)  The "multi-task" code (12-in-1) has AdamW with another
    second moment and clips nothing; its tenth of a rate never applies, by a mistake.
    """
    released = Optimisation(
        1e-4,
        (0.9, 0.999),
        clip_norm=1.0,
        clip_each=True,
        warmup_share=0.1,
        schedule=_FROM_ZERO,
        bias_correction=False,
        eps_corrected=False,
        multipliers=FROM_BERT if text_from_bert else (),
    )
    multi_task = Optimisation(
        1e-4,
        (0.9, 0.98),
        eps=1e-8,
        clip_norm=None,
        warmup_share=0.1,
        schedule=Schedule(fall_from=1),
        eps_corrected=False,
        decay_updated=True,
    )
    paper = Optimisation(1e-4, (0.9, 0.999), clip_norm=None, warmup_share=0.1)
    return named(variant, {"released": released, "paper": paper, "multi-task": multi_task})


FROM_BERT = (
    ("encoder.inputs.text.*", 0.1),
    ("encoder.text_blocks.*", 0.1),
)
"""Text inputs and blocks of ViLBERT, with the factor on their learning rate."""


def uniter(variant: Name = "released") -> Optimisation:
    """UNITER (U16): AdamW, 10,000 steps of warm-up of 200,000 (500,000 for the large model).

    For batches of 10,240 rows (6,144) on 8 (16) devices, 2 to 6 (4) batches a step.  The paper
    gives no numbers; it has none of the norms that the released code lets decay (X3).
    """
    released = Optimisation(
        5e-5,
        (0.9, 0.98),
        clip_norm=5.0,
        warmup_steps=10_000,
        schedule=Schedule(fall_from=1, floor=1e-8),
        eps_corrected=False,
        decay_updated=True,
        decayed_norms=DECAYED_NORMS,
    )
    paper = dataclasses.replace(released, decayed_norms=())
    return named(variant, {"released": released, "paper": paper})


DECAYED_NORMS = (
    "encoder.inputs.regions.feature_norm.weight",
    "encoder.inputs.regions.geometry_norm.weight",
    "mix.by_name.mrfr.head.transform.norm.weight",
    "mix.by_name.mrc*.head.transform.norm.weight",
)
"""Norms that UNITER's code lets decay, as their names escape its exceptions (U16)."""


def vlp(variant: Name = "released") -> Optimisation:
    """VLP (P17, X5): BERT's optimiser on Conceptual Captions, a tenth of the run as warm-up.

    1e-4 for 64 pairs on each of 8 devices, 30 epochs; the paper says 3e-4 for 512 pairs.
    """
    released = Optimisation(
        1e-4,
        (0.9, 0.999),
        clip_norm=1.0,
        clip_each=True,
        warmup_share=0.1,
        schedule=_FROM_ZERO,
        bias_correction=False,
        eps_corrected=False,
    )
    paper = dataclasses.replace(released, learning_rate=3e-4)
    return named(variant, {"released": released, "paper": paper})


def unimo(variant: Name = "released", *, large: bool = False) -> Optimisation:
    """UNIMO (M20): Adam to 5e-5, 24,000 steps of warm-up (30,000 for the large model).

    For 6,000 (3,000) examples a step and up to a million steps.  The pre-training code was never
    released (X6); its rule here is that of the released fine-tuning: another second moment, and a
    learning rate that jumps down when the warm-up ends.
    """
    paper = Optimisation(
        5e-5, (0.9, 0.999), clip_norm=1.0, warmup_steps=30_000 if large else 24_000
    )
    released = dataclasses.replace(
        paper,
        betas=(0.9, 0.98),
        schedule=Schedule(rise_from=0, falls_from_start=True),
        eps_corrected=False,
    )
    return named(variant, {"released": released, "paper": paper})
