"""A trained model with all that is needed to show it pictures and sentences of one's own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

from workbench.data.datasets.scenes import AT_MOST, Scenes
from workbench.data.tokenizer import Tokenizer
from workbench.data.tokenizers import wordpiece
from workbench.explain.photograph import Photograph
from workbench.explain.shown import Shown
from workbench.objectives.masked_language import MaskedLanguage
from workbench.pairs import Offsets, Regions
from workbench.quickstart.stream import scene_stream, scene_tokenizer
from workbench.quickstart.systems import unpaired_scenes
from workbench.retrieval.scorer import Scorer, scorer_of
from workbench.systems import published
from workbench.systems.captioning import Captioner
from workbench.systems.hub import from_pretrained, located, tokenizer_in
from workbench.training.model import Pretraining
from workbench.training.recipe import Call
from workbench.training.run import Run
from workbench.vision.extractor import DetectedRegions, Extractor

_GREY = np.full((8, 8, 3), 128, dtype=np.uint8)


@dataclass(frozen=True, eq=False)
class Opened:
    """A model in evaluation mode, its tokenizer and what extracts regions for it.

    ``name`` is where it was opened from, ``system`` what it is.  Raises ``ValueError`` where model,
    tokenizer and extractor do not fit each other.
    """

    name: str
    system: str
    model: Pretraining
    tokenizer: Tokenizer
    extractor: Extractor = DetectedRegions()  # noqa: RUF009
    run: Run | None = None

    def __post_init__(self) -> None:
        text = self.tokenizer.encode(["a"])
        regions = _nothing_seen(self.extractor)
        try:
            with torch.no_grad():
                shown = Photograph(_GREY, regions, ("",)).with_tokens(text, ("",) * len(text.ids))
                self.model.eval().encoder(shown.batch)
        except (ValueError, RuntimeError, IndexError, TypeError) as problem:
            raise ValueError(
                f"{self.name} cannot read what it would be given here, {regions.features.shape[1]} "
                f"features and {regions.classes.shape[1]} classes a region and a vocabulary of "
                f"{self.tokenizer.vocabulary_size}: {problem}; open it in a notebook with its own "
                "features and vocabulary"
            ) from problem

    @property
    def guesses_words(self) -> bool:
        """Whether it was trained to restore hidden words."""
        return any(isinstance(one, MaskedLanguage) for one in self.model.mix.found().values())

    @cached_property
    def scorer(self) -> Scorer | None:
        """How it tells whether sentences and pictures fit; None where it cannot."""
        try:
            return scorer_of(self.model)
        except ValueError:
            return None

    @cached_property
    def captioner(self) -> Captioner | None:
        """How it writes; None where it cannot."""
        try:
            return Captioner.of(self.model, self.tokenizer)
        except ValueError:
            return None

    def look(self, picture: Photograph, sentence: str, max_tokens: int | None = None) -> Shown:
        """A picture beside a sentence, as this model reads both."""
        return picture.beside(sentence, self.tokenizer, max_tokens)

    def unknown_words(self, sentence: str) -> list[str]:
        """Words of a sentence, as they stand there, that this model's vocabulary cannot spell."""
        found = []
        for word in sentence.split():
            ids = self.tokenizer.encode([word]).ids[1:-1] if word.strip() else torch.empty(0)
            if any(piece in ("[UNK]", "<unk>") for piece in self.tokenizer.pieces(ids)):
                found.append(word)
        return found


def open_run(run: Run | Path | str) -> Opened:
    """The newest weights of a run, by its handle, folder or name below ``runs``.

    Raises ``RunError`` for a run that is none or has no checkpoint yet.
    """
    run = run if isinstance(run, Run) else Run.attach(run)
    recipe = run.recipe
    return Opened(run.path.name, recipe.name, run.load(), tokenizer_of(recipe.data), run=run)


def open_pretrained(name: str | Path, **download) -> Opened:
    """A model from a folder of ``save_pretrained`` or from the Hub (see ``from_pretrained``).

    Raises ``ValueError`` for one without a tokenizer whose words are not BERT's uncased ones.
    """
    folder = located(name, **download)
    description = published.description_in(folder)
    tokenizer = tokenizer_in(folder)
    if tokenizer is None and description.words == published.BERT_UNCASED:
        tokenizer = wordpiece()
    if tokenizer is None:
        raise ValueError(
            f"{name} does not say how its words are cut: save it with save_pretrained(..., "
            "tokenizer=...), or open it in a notebook as Opened(name, system, model, tokenizer)"
        )
    return Opened(str(name), description.system, from_pretrained(folder), tokenizer)


def tokenizer_of(data: Call) -> Tokenizer:
    """The tokenizer of a recipe's data; that of scenes without opening their regions."""
    given = data.arguments
    if "of" in given:  # a mixed stream names the one it is of
        return tokenizer_of(Call(**given["of"]))
    if data.function() in (scene_stream, unpaired_scenes):
        vocabulary = given.get("vocabulary", AT_MOST)
        return scene_tokenizer(Scenes(given.get("source"), vocabulary=vocabulary))
    return data().tokenizer


def _nothing_seen(extractor: Extractor) -> Regions:
    """One grey region of an extractor's sizes."""
    classes = torch.zeros(1, extractor.classes)
    classes[0, 0] = 1.0
    return Regions(
        torch.zeros(1, extractor.feature_size),
        torch.tensor([[0.0, 0.0, 1.0, 1.0]]),
        torch.zeros(1),
        classes,
        torch.tensor([[8.0, 8.0]]),
        Offsets.from_lengths([1]),
    )
