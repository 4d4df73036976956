"""Unified VLP's choices: the share of seq2seq, and what its weights begin with (P8, P10, P18)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from workbench.ablations.beginning import begun_with, not_trained
from workbench.ablations.columns import BLIND, ENDED, NAMES, RIGHT, summed
from workbench.ablations.grid import Grid, Measure, Row
from workbench.ablations.setting import Setting
from workbench.quickstart.recipes import model_facts
from workbench.quickstart.stream import scene_stream
from workbench.quickstart.systems import System
from workbench.systems.tiny_vlp import vlp_tiny
from workbench.training.recipe import Recipe, call

NOTE = (
    "Nothing is fine-tuned: hidden names restored from the whole sentence stand for VQA, greedy "
    "captions for BLEU and CIDEr. The paper gives no Meta-Sum; here it is the sum of names and of "
    "right names in captions."
)
SHARES = {
    0.25: "a quarter seq2seq, the rest bidirectional",
    0.5: "half and half",
    0.75: "three quarters seq2seq: the paper's choice",
    1.0: "seq2seq only: names are asked with the words before the blank alone, another question",
    0.0: "bidirectional only",
}


def _measures() -> tuple[Measure, ...]:
    return summed(NAMES), BLIND, summed(RIGHT), ENDED


def _recipe(setting: Setting, seed: int, options: Mapping[str, Any]) -> Recipe:
    return setting.recipe(System("vlp-tiny", "", vlp_tiny, options), seed)


def share(setting: Setting) -> Grid:
    """λ, the chance that a pair is trained seq2seq and not in both directions."""

    def row(value: float, shows: str) -> Row:
        # as in the systems' own recipe, where the paper's value is not spelt out
        options = {} if value == 0.75 else {"seq2seq": value}
        return Row(f"λ = {value:g}", shows, lambda seed: _recipe(setting, seed, options))

    return Grid(
        "vlp-lambda",
        "Unified VLP: how much of each objective",
        "VLP, section on implementation and Table 2 (P8, P18)",
        NOTE,
        tuple(row(value, shows) for value, shows in SHARES.items()),
        _measures(),
        setting,
        setting.needed,
    )


def initialisation(setting: Setting) -> Grid:
    """From scratch, after language pre-training of two kinds, and with MiniLM's weights."""

    def text_only(seed: int, options: Mapping[str, Any]) -> Recipe:
        recipe = _recipe(setting, seed, options)
        return replace(recipe, data=call(scene_stream, **recipe.data.arguments, blind=True))

    def after(label: str, shows: str, options: Mapping[str, Any]) -> Row:
        def first(seed: int) -> Recipe:
            return text_only(seed, options)

        def recipe(seed: int) -> Recipe:
            return begun_with(_recipe(setting, seed, {}), first(seed))

        return Row(label, shows, recipe, first=first)

    def minilm(seed: int) -> Recipe:
        recipe = _recipe(setting, seed, {})
        ids = model_facts(setting.stream, minilm=True)["original_ids"]
        return replace(
            recipe, model=call(vlp_tiny, **{**recipe.model.arguments, "original_ids": ids})
        )

    rows = (
        Row("untrained", "not pre-trained at all", lambda s: not_trained(_recipe(setting, s, {}))),
        Row("from scratch", "VLP from random weights", lambda seed: _recipe(setting, seed, {})),
        after(
            "after bidirectional",
            "VLP after bidirectional language pre-training (BERT's place)",
            {"seq2seq": 0.0},
        ),
        after(
            "after both",
            "VLP after seq2seq and bidirectional language pre-training (UniLM's place)",
            {},
        ),
        Row("MiniLM", "VLP from MiniLM's lowest 4 layers: 384 units wide instead of 128", minilm),
    )
    return Grid(
        "vlp-initialisation",
        "Unified VLP: what the weights begin with",
        "VLP, Tables 4 and 5 (P10, P22)",
        f"{NOTE} The sentences of the scenes without their pictures take the place of text "
        "corpora, for as many steps again.",
        rows,
        _measures(),
        setting,
        setting.needed,
    )
