"""The columns of the grids: what our measures can stand for a paper's."""

from __future__ import annotations

from dataclasses import replace

from workbench.ablations.grid import Measure, Result


def _recall(result: Result, way: str, at: str) -> float | None:
    found = result["retrieval"]
    return None if found is None else found[way][at]


def _mean_recall(result: Result, way: str) -> float | None:
    found = result["retrieval"]
    return None if found is None else sum(found[way][at] for at in ("r1", "r5", "r10")) / 3


def _caption(result: Result, what: str) -> float | None:
    found = result["captions"]
    return None if found is None else found[what]


NAMES = Measure(
    "names, seeing",
    "hidden object names restored with the regions; by a model that only writes, from the words "
    "before",
    lambda result: result["names"]["with_regions"],
)
BLIND = Measure(
    "names, blind",
    "the same without the regions, a control",
    lambda result: result["names"]["without_regions"],
    ranked=False,
)
FITS = Measure(
    "fits or not", "sentence and picture told apart (chance 50)", lambda result: result["matching"]
)
IMAGE_R1 = Measure(
    "image R@1",
    "the right picture found for a sentence, without fine-tuning",
    lambda result: _recall(result, "image", "r1"),
)
IMAGE_R5 = Measure("image R@5", "among the first five", lambda r: _recall(r, "image", "r5"))
IMAGE_R10 = Measure("image R@10", "among the first ten", lambda r: _recall(r, "image", "r10"))
TEXT_R1 = Measure(
    "text R@1",
    "the right sentence found for a picture, without fine-tuning",
    lambda result: _recall(result, "text", "r1"),
)
IMAGE_RETRIEVAL = Measure(
    "IR", "mean of image R@1, R@5 and R@10 without fine-tuning", lambda r: _mean_recall(r, "image")
)
TEXT_RETRIEVAL = Measure(
    "TR", "mean of text R@1, R@5 and R@10 without fine-tuning", lambda r: _mean_recall(r, "text")
)
RIGHT = Measure(
    "right in captions",
    "of the object names in greedy captions, those that are to be seen",
    lambda result: _caption(result, "right"),
)
ENDED = Measure(
    "captions ended", "captions that came to an end by themselves", lambda r: _caption(r, "ended")
)


def summed(measure: Measure) -> Measure:
    """The same column, counted in Meta-Sum."""
    return replace(measure, summed=True)
