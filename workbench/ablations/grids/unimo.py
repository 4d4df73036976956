"""UNIMO's ablations: without texts, without pictures, without single-modal learning (M30)."""

from __future__ import annotations

from workbench.ablations.columns import BLIND, IMAGE_R1, NAMES, TEXT_R1, summed
from workbench.ablations.grid import Grid, Row
from workbench.ablations.setting import Setting
from workbench.quickstart.systems import System
from workbench.systems.tiny_unimo import unimo_tiny

WITHOUT_PAIRS = System("unimo-tiny", "", unimo_tiny, {}, True, ("images", "pairs"))
ROWS = (
    ("UNIMO", "pictures, sentences and pairs", System("unimo-tiny", "", unimo_tiny, {}, True)),
    (
        "w/o texts",
        "lone sentences are left out",
        System("unimo-tiny", "", unimo_tiny, {}, True, ("texts",)),
    ),
    (
        "w/o pairs&images",
        "lone sentences alone: about a seventh of every step is left",
        WITHOUT_PAIRS,
    ),
    (
        "w/o single-modal",
        "pairs alone, and matching (ITM) in the place of the contrast (CMCL)",
        System("unimo-tiny", "", unimo_tiny, {"contrastive": False}, False),
    ),
)


def unimo(setting: Setting) -> Grid:
    """The full mixture, and what is left when a kind of data is taken out of every step."""
    return Grid(
        "unimo",
        "UNIMO: what each kind of data gives",
        "UNIMO, Tables 2 to 4 (M30, M33–M35)",
        "Nothing is fine-tuned, and no language task is measured: hidden names without the regions "
        "stand for those, zero-shot retrieval for Flickr30k. The lone pictures and sentences come "
        "from the same scenes as the pairs, the paper's from far greater corpora. What is left of "
        "a step is the same in every row. The paper gives no Meta-Sum; here it is the sum of names "
        "and both R@1.",
        tuple(
            Row(label, shows, lambda seed, system=system: setting.recipe(system, seed))
            for label, shows, system in ROWS
        ),
        (summed(NAMES), BLIND, summed(IMAGE_R1), summed(TEXT_R1)),
        setting,
        setting.needed,
    )
