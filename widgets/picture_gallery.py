"""Pictures with their boxes and sentences, side by side, as one still picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from widgets.drawing import QUIET, Sheet

_AMBER = (255, 183, 77)
_NIGHT = (22, 24, 29)
_GAP, _LINE = 14, 18


def gallery(
    pictures: Sequence[np.ndarray],
    boxes: Sequence[np.ndarray],
    labels: Sequence[Sequence[str]] = (),
    captions: Sequence[Sequence[str]] = (),
    *,
    columns: int = 3,
    width: int = 900,
) -> Image.Image:
    """``columns`` pictures a row: boxes [n, 4] in 0..1 with labels on them, captions below.

    Raises ``ValueError`` when there are not as many boxes, labels or captions as pictures.
    """
    count = len(pictures)
    for name, given in (("boxes", boxes), ("labels", labels), ("captions", captions)):
        if given and len(given) != count:
            raise ValueError(f"{count} pictures need as many {name}, got {len(given)}")
    if not count:
        raise ValueError("a gallery needs at least one picture, got none")
    across = min(columns, count)
    wide = (width - _GAP * (across - 1)) / across
    high = max(wide * picture.shape[0] / picture.shape[1] for picture in pictures)
    lines = max((len(caption) for caption in captions), default=0)
    pitch = high + lines * _LINE + _GAP
    sheet = Sheet(width, round(pitch * -(-count // across) - _GAP + 4))
    for place, picture in enumerate(pictures):
        left, top = (place % across) * (wide + _GAP), (place // across) * pitch
        tall = wide * picture.shape[0] / picture.shape[1]
        sheet.paste(Image.fromarray(picture), left, top, wide, tall)
        said = labels[place] if labels else ()
        _draw_boxes(sheet, np.asarray(boxes[place]), said, left, top, wide, tall)
        for line, text in enumerate(captions[place] if captions else ()):
            at = (left, top + high + _LINE * (line + 0.85))
            sheet.text(at, text, 12.5, QUIET, widest=wide)
    return sheet.finish_small()


def _draw_boxes(
    sheet: Sheet,
    boxes: np.ndarray,
    labels: Sequence[str],
    left: float,
    top: float,
    width: float,
    height: float,
) -> None:
    """The boxes first and the labels over them, each label inside its picture."""
    corners = [
        (left + x1 * width, top + y1 * height, (x2 - x1) * width, (y2 - y1) * height)
        for x1, y1, x2, y2 in boxes.tolist()
    ]
    for x, y, wide, high in corners:
        sheet.rectangle(x, y, wide, high, None, (*_NIGHT, 150), 3.5)
        sheet.rectangle(x, y, wide, high, None, _AMBER, 1.5)
    for (x, y, _, _), label in zip(corners, labels, strict=False):
        if not label:
            continue
        long = sheet.text_width(label, 11.5, True) + 8
        x, y = min(x, left + width - long), max(y - 15, top)
        sheet.rectangle(x, y, long, 15, _AMBER, radius=2)
        sheet.text((x + 4, y + 8), label, 11.5, _NIGHT, bold=True, anchor="lm")
