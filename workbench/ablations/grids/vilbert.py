"""ViLBERT's ablations: depth of its visual stream and amount of data (V23, V24, V28, V29)."""

from __future__ import annotations

from dataclasses import replace

from workbench.ablations.beginning import not_trained
from workbench.ablations.columns import FITS, IMAGE_R1, IMAGE_R5, IMAGE_R10, NAMES, summed
from workbench.ablations.grid import Grid, Measure, Row
from workbench.ablations.setting import Setting
from workbench.quickstart.stream import scene_stream
from workbench.quickstart.systems import System
from workbench.systems.tiny_vilbert import vilbert_tiny
from workbench.training.recipe import Recipe, call

DEPTHS, TEXT_LAYERS = (2, 4, 6, 8), 12
SHARES = (0.25, 0.5)

ZERO_SHOT = (
    "The columns of the paper's zero-shot image retrieval are measured as there (V19); hidden "
    "names, and telling sentence and picture apart, stand for the fine-tuned tasks. The paper "
    "gives no Meta-Sum; here it is the sum of names, fits or not and image R@1."
)


def _measures() -> tuple[Measure, ...]:
    return summed(NAMES), summed(FITS), summed(IMAGE_R1), IMAGE_R5, IMAGE_R10


def depth(setting: Setting) -> Grid:
    """2, 4, 6 and 8 co-attention blocks at the top of twelve text layers, as in the paper."""

    def row(blocks: int) -> Row:
        options = {"blocks": blocks, "text_layers": TEXT_LAYERS}
        system = System("vilbert-tiny", "", vilbert_tiny, options)
        shows = f"{blocks} Co-TRM→TRM blocks at the top of {TEXT_LAYERS} text layers"
        return Row(f"{blocks}-layer", shows, lambda seed: setting.recipe(system, seed))

    return Grid(
        "vilbert-depth",
        "ViLBERT: depth of the visual stream",
        "ViLBERT, Table 2 (V23, V28)",
        f"{ZERO_SHOT} Layers are 128 units wide and drawn at random, not BERT's.",
        tuple(row(blocks) for blocks in DEPTHS),
        _measures(),
        setting,
        setting.needed,
    )


def data(setting: Setting) -> Grid:
    """0, 25, 50 and 100 % of the pictures."""
    system = System("vilbert-tiny", "", vilbert_tiny)

    def whole(seed: int) -> Recipe:
        return setting.recipe(system, seed)

    def part(share: float, seed: int) -> Recipe:
        recipe = whole(seed)
        return replace(recipe, data=call(scene_stream, **recipe.data.arguments, share=share))

    rows = (
        Row("0 %", "not pre-trained", lambda seed: not_trained(whole(seed))),
        *(
            Row(
                f"{100 * share:.0f} %",
                f"a random {100 * share:.0f} % of the training pictures, for as many steps",
                lambda seed, share=share: part(share, seed),
            )
            for share in SHARES
        ),
        Row("100 %", "all training pictures", whole),
    )
    return Grid(
        "vilbert-data",
        "ViLBERT: amount of pre-training data",
        "ViLBERT, Table 3 (V24, V29)",
        f"{ZERO_SHOT} Every row makes the same number of steps, so that less data is seen more "
        "often; the subsets are the same for all seeds, the smaller within the greater.",
        rows,
        _measures(),
        setting,
        setting.needed,
    )
