"""Which systems can be chosen, under which objectives, and what their ratios mean there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workbench.training.errors import RecipeError


@dataclass(frozen=True)
class Goal:
    """An objective, or a kind of data, that a ratio can be given; ``ratio`` is the default."""

    name: str
    title: str
    says: str
    ratio: float


@dataclass(frozen=True)
class Offer:
    """A system that can be chosen; ``mixing`` says what a ratio means there."""

    name: str
    title: str
    says: str
    goals: tuple[Goal, ...]
    mixing: str
    steps: int
    learning_rate: float
    sizes: tuple[str, ...] = ("tiny", "base", "large")

    @property
    def ratios(self) -> dict[str, float]:
        """The default ratio of every objective, 0 for those left out by default."""
        return {goal.name: goal.ratio for goal in self.goals}

    def defaults(self, size: str, data: str) -> dict[str, Any]:
        """What is taken where nothing is chosen: the papers' numbers but for "tiny"."""
        if size != "tiny":
            return {
                "objectives": self.ratios,
                "steps": self.steps,
                "budget": 10_240,
                "learning_rate": self.learning_rate,
                "threads": None,
            }
        hard, single = data == "scenes-hard", self.name == "uniter"
        return {
            "objectives": HARD_RATIOS if hard and single else self.ratios,
            "steps": 8000 if hard else 5500 if single and data == "scenes" else 2000,
            "budget": 1024,
            "learning_rate": 1e-3,
            "threads": 1,
        }


def offered(name: str) -> Offer:
    """The system of this name; raises ``RecipeError`` naming those there are."""
    for offer in SYSTEMS:
        if offer.name == name:
            return offer
    raise RecipeError(f"no system {name!r}; there are {', '.join(o.name for o in SYSTEMS)}")


HARD_RATIOS = {"mlm": 2.0, "itm": 1.0}
"""Relations are learnt from words and matching alone (decision 0007)."""

_MLM = "words are hidden and guessed from the rest and the regions"
_ITM = "half of the pairs are set wrong and told from the others"
_MRFR = "hidden regions' features are regressed"
_MRC = "hidden regions' best class is told"
_KL = "hidden regions' distribution over classes is told"


def _uniter(name: str, title: str, says: str, mixing: str) -> Offer:
    goals = (
        Goal("mlm", "Masked language modelling", f"{_MLM} (U6)", 6.0),
        Goal("itm", "Image–text matching", f"{_ITM} (U9)", 2.0),
        Goal("mrfr", "Masked region features", f"{_MRFR} (U10)", 0.5),
        Goal("mrc", "Masked region classes", f"{_MRC} (U11)", 0.25),
        Goal("mrc-kl", "Masked region distributions", f"{_KL} (U12)", 0.25),
    )
    return Offer(name, title, says, goals, mixing, 200_000, 5e-5)


def _vilbert(name: str, title: str, says: str, mixing: str, sizes: tuple[str, ...]) -> Offer:
    goals = (
        Goal("itm", "Multi-modal alignment", f"{_ITM} (V10)", 1.0),
        Goal("mlm", "Masked language modelling", f"{_MLM} (V8)", 1.0),
        Goal("mrc-kl", "Masked region distributions", f"{_KL} (V9)", 1.0),
    )
    return Offer(name, title, says, goals, mixing, 60_000, 1e-4, sizes)


_WEIGHTS = (
    "All in one forward pass (V11): a ratio is the weight of that loss in the sum; an objective "
    "at 0 is left out."
)
_DRAWN = "One objective a step, drawn in proportion to its ratio"

SYSTEMS = (
    _uniter(
        "uniter",
        "UNITER",
        "one stream; one objective a step, one modality hidden at a time",
        f"{_DRAWN} (U13).",
    ),
    _uniter(
        "uniter-joint",
        "UNITER, jointly masked",
        "the ablation of conditional masking: words and regions hidden in one pass (U8)",
        "Matching is drawn against the others in proportion to its ratio; the others share one "
        "pass in which words and regions are hidden at once, each as heavy as its ratio (U18).",
    ),
    _vilbert(
        "vilbert",
        "ViLBERT",
        "two streams that meet in co-attention, all objectives in one pass",
        _WEIGHTS,
        ("tiny", "base", "large"),
    ),
    _vilbert(
        "vilbert-alternating",
        "ViLBERT, one objective a step",
        "the two streams under UNITER's way of mixing",
        f"{_DRAWN}, as UNITER does (U8).",
        ("tiny", "base", "large"),
    ),
    _vilbert(
        "vilbert-single-stream",
        "ViLBERT's single-stream baseline",
        "the same inputs and objectives on one stream (V21)",
        _WEIGHTS,
        ("tiny", "base"),
    ),
    Offer(
        "vlp",
        "Unified VLP",
        "one stream that reads both ways or writes, as its mask says",
        (
            Goal("seq2seq", "Writing", "words are guessed from those before them (P6)", 3.0),
            Goal("mlm", "Reading", f"{_MLM} (P5)", 1.0),
        ),
        "Drawn for every pair in proportion to the ratios (P8): λ is seq2seq / (seq2seq + mlm), "
        "0.75 in the paper.",
        175_000,
        1e-4,
    ),
    Offer(
        "unimo",
        "UNIMO",
        "one stream for pairs, lone pictures and lone sentences, and a contrast across",
        (
            Goal("pairs", "Pairs", "words and regions of pairs are hidden in one pass (M11)", 5.0),
            Goal("images", "Lone pictures", "visual learning without any words (M18)", 1.0),
            Goal("texts", "Lone sentences", "language learning without any picture (M18)", 1.0),
            Goal(
                "cmcl", "Contrast", "each picture near its own sentence, far from others (M4)", 1.0
            ),
            Goal("itm", "Matching", f"in the contrast's place: {_ITM} (M30)", 0.0),
        ),
        "pairs : images : texts is how often each kind of example comes up (5 : 1 : 1, M18); a "
        "kind at 0 is left out of the batches and the others stay the same (M30). cmcl or itm "
        "ties pictures to sentences: one of the two, 1 for on and 0 for off, since every step "
        "adds all losses (M19).",
        500_000,
        5e-5,
    ),
)
"""The four systems, and beside each what its paper compares it with."""

ALIASES: dict[str, dict[str, Any]] = {
    "uniter-tiny-joint": {"system": "uniter-joint"},
    "uniter-tiny-hard": {"system": "uniter", "data": "scenes-hard"},
    "vlp-tiny-seq2seq": {"system": "vlp", "objectives": {"seq2seq": 1.0}},
    "vlp-tiny-bidirectional": {"system": "vlp", "objectives": {"mlm": 1.0}},
    "unimo-tiny-pairs": {"system": "unimo", "objectives": {"pairs": 5.0, "cmcl": 1.0}},
}
"""Choices that have a name of their own on the command line."""
