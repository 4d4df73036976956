"""What stands behind every tab: the checkpoints, the pictures, the gallery, and polite refusals."""

from __future__ import annotations

import functools
import html
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from workbench.explain.shown import Shown
from workbench.front.blanks import with_masks
from workbench.front.checkpoints import Checkpoints
from workbench.front.gallery import Gallery
from workbench.front.pictures import Pictures
from workbench.quickstart.opened import Opened

MOST_CHARACTERS, MOST_TOKENS = 500, 40
"""How long a visitor's sentence may be: characters typed, and tokens that the models take."""


@dataclass(frozen=True)
class Front:
    """All that tabs share; ``look`` brings a checkpoint, a picture and a sentence together."""

    checkpoints: Checkpoints
    gallery: Gallery
    pictures: Pictures = field(default_factory=Pictures)

    def look(
        self, checkpoint: str, picture: str | None, sentence: str | None
    ) -> tuple[Opened, Shown]:
        """A visitor's sentence beside a visitor's picture, for the checkpoint named.

        Its blanks are words that the model finds hidden.  Raises ``ValueError``
        saying what is wrong with any of the three.
        """
        opened = self.checkpoints.open(checkpoint)
        photograph = self.pictures.open(picture, opened.extractor)
        said = with_masks(checked(sentence), opened.tokenizer)
        return opened, opened.look(photograph, said, MOST_TOKENS)


def checked(sentence: str | None) -> str:
    """A visitor's sentence without outer blanks; raises ``ValueError`` for none or a long one."""
    said = (sentence or "").strip()
    if not said:
        raise ValueError("there is no sentence yet: write one, or pick an example")
    if len(said) > MOST_CHARACTERS:
        raise ValueError(
            f"the sentence has {len(said):,} characters, more than the {MOST_CHARACTERS} that are "
            "taken; shorten it"
        )
    return said


def polite(answer: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, whose refusals a visitor reads as a message and never as a traceback."""

    @functools.wraps(answer)
    def asked(*given: Any, **named: Any) -> Any:
        try:
            return answer(*given, **named)
        except (ValueError, LookupError) as problem:
            raise gr.Error(html.escape(str(problem)), duration=12, print_exception=False) from None

    return asked
