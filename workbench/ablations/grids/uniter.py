"""UNITER's ablation of objectives, data and masking, rows L1 to L13 (U18, U19; its Table 3)."""

from __future__ import annotations

from dataclasses import replace

from workbench.ablations.beginning import begun_with, not_trained
from workbench.ablations.columns import FITS, IMAGE_RETRIEVAL, NAMES, TEXT_RETRIEVAL, summed
from workbench.ablations.grid import Grid, Row
from workbench.ablations.setting import Setting
from workbench.ablations.two_domains import OTHER_SCENES, both_domains, outside
from workbench.quickstart.stream import scene_stream
from workbench.quickstart.systems import System
from workbench.systems import tiny
from workbench.training.recipe import Recipe, call

WEIGHTS = {"mlm": 6.0, "itm": 2.0, "mrfr": 0.5, "mrc": 0.5, "mrc-kl": 0.5}
"""How often each objective is drawn where a row has it."""

BEST = ("mlm", "itm", "mrc-kl", "mrfr")
"""The objectives of L10 to L13."""

NOTE = (
    "Nothing is fine-tuned: hidden names stand for VQA, telling sentence and picture apart for "
    "NLVR2, IR and TR are zero-shot, and RefCOCO+ has no counterpart. A head whose objective a row "
    "does not train is as it was at the start, so that its column shows chance. The sentences of "
    "the scenes take the place of Wikipedia and BookCorpus, and L3 to L13 begin with the weights "
    "of L2 of the same seed, as in the paper. In-domain are scenes like the held-out ones."
)


def uniter(setting: Setting) -> Grid:
    """Objectives one by one, masking of both sides at once, and data of other domains."""

    def plain(*objectives: str, seed: int, joint: bool = False) -> Recipe:
        options = {"ratios": {name: WEIGHTS[name] for name in objectives}}
        chosen = {**options, "joint": True} if joint else options
        return setting.recipe(System("uniter-tiny", "", tiny.uniter_tiny, chosen), seed)

    def text_only(seed: int) -> Recipe:
        recipe = plain("mlm", seed=seed)
        return replace(recipe, data=call(scene_stream, **recipe.data.arguments, blind=True))

    def row(label: str, shows: str, *objectives: str, joint: bool = False) -> Row:
        def recipe(seed: int) -> Recipe:
            return begun_with(plain(*objectives, seed=seed, joint=joint), text_only(seed))

        return Row(label, shows, recipe, first=text_only)

    def outside_only(seed: int) -> Recipe:
        recipe = plain(*BEST, seed=seed)
        data = call(scene_stream, **outside(recipe.data.arguments))
        return begun_with(replace(recipe, data=data), text_only(seed))

    def everything(seed: int) -> Recipe:
        recipe = plain(*BEST, seed=seed)
        data = call(both_domains, **recipe.data.arguments)
        return begun_with(replace(recipe, data=data), text_only(seed))

    rows = (
        Row("L1", "none: not pre-trained", lambda seed: not_trained(plain("mlm", seed=seed))),
        Row("L2", "MLM, text only: the sentences without their pictures", text_only),
        row("L3", "in-domain, MRFR", "mrfr"),
        row("L4", "in-domain, ITM", "itm"),
        row("L5", "in-domain, MLM", "mlm"),
        row("L6", "in-domain, MLM + ITM", "mlm", "itm"),
        row("L7", "in-domain, MLM + ITM + MRC", "mlm", "itm", "mrc"),
        row("L8", "in-domain, MLM + ITM + MRFR", "mlm", "itm", "mrfr"),
        row("L9", "in-domain, MLM + ITM + MRC-kl", "mlm", "itm", "mrc-kl"),
        row("L10", "in-domain, MLM + ITM + MRC-kl + MRFR", *BEST),
        row("L11", "as L10 without conditional masking: both sides hidden", *BEST, joint=True),
        Row(
            "L12",
            "as L10 on out-of-domain data: other scenes of the same things, whose sentences speak "
            "of places and relations",
            outside_only,
            first=text_only,
        ),
        Row(
            "L13",
            "as L10 on both, a step of each in turn; as many steps in all",
            everything,
            first=text_only,
        ),
    )
    return Grid(
        "uniter",
        "UNITER: pre-training tasks, masking and data",
        "UNITER, Table 3 (U18, U19)",
        NOTE,
        rows,
        tuple(summed(each) for each in (NAMES, FITS, IMAGE_RETRIEVAL, TEXT_RETRIEVAL)),
        setting,
        (*setting.needed, setting.scenes(OTHER_SCENES)),
    )
