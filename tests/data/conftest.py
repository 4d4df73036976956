"""Small Debian packages and a small source of cut-outs, made on the spot."""

from __future__ import annotations

import io
import tarfile

import numpy as np
import pytest
from PIL import Image

from workbench.data.datasets import stamp_source
from workbench.data.datasets.cutouts import Background, Cutout, Noun, Source


def _disc(colour: tuple[int, int, int], width: int = 60, height: int = 50) -> np.ndarray:
    rows, columns = np.mgrid[0:height, 0:width]
    away = ((rows + 0.5) / height - 0.5) ** 2 + ((columns + 0.5) / width - 0.5) ** 2
    pixels = np.zeros((height, width, 4), np.uint8)
    pixels[..., :3] = colour
    pixels[..., 3] = np.where(away <= 0.25, 255, 0)
    return pixels


def _png(pixels: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "png")
    return stream.getvalue()


def _deb(files: dict[str, bytes]) -> bytes:
    """A Debian package as dpkg-deb would make it: an ar archive with data.tar.xz in it."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:xz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"./{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    packed = b"!<arch>\n"
    for name, content in (("debian-binary", b"2.0\n"), ("data.tar.xz", stream.getvalue())):
        packed += f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}`\n".encode()
        packed += content + b"\n" * (len(content) % 2)
    return packed


@pytest.fixture
def deb():
    """Makes the bytes of a .deb from file names and contents."""
    return _deb


@pytest.fixture
def disc():
    """Makes the pixels of a coloured disc."""
    return _disc


@pytest.fixture
def tiny_source(tmp_path) -> Source:
    """Twelve names, two cut-outs each, of different shapes and colours, and six backgrounds."""
    names = ["owl", "apple", "hat", "boat", "key", "mug", "pear", "fox", "drum", "cow"]
    nouns = [Noun(n) for n in names] + [Noun("cherries", "many"), Noun("corn", "mass")]
    cutouts, backgrounds = [], []
    for place, noun in enumerate(nouns):
        for variant in range(2):
            width, height = 40 + 7 * place, 90 - 3 * place - 10 * variant
            id = f"{noun.name}-{variant}"
            file = tmp_path / f"{id}.png"
            colour = (20 * place, 255 - 20 * place, 120 * variant)
            file.write_bytes(_png(_disc(colour, width, height)))
            said = "red" if variant else None
            style = "photo" if variant else "drawing"
            cutouts.append(
                Cutout(id, noun, file, width, height, said, style, True, f"{noun.phrase}.")
            )
    for place in range(6):
        file = tmp_path / f"background{place}.png"
        Image.fromarray(np.full((300, 400, 3), 255 - 9 * place, np.uint8)).save(file)
        backgrounds.append(Background(f"ground{place}", file))
    return Source(
        "tiny", "made by the test", "none", tuple(n.name for n in nouns), tuple(cutouts),
        tuple(backgrounds),
    )  # fmt: skip


@pytest.fixture
def packages(tmp_path, monkeypatch):
    """A workbench folder whose cache holds two small Tux Paint packages."""
    under = "usr/share/tuxpaint/stamps"
    svg = b'<svg width="3cm" height="2cm" xmlns="http://www.w3.org/2000/svg">' + (
        b'<circle cx="50" cy="38" r="30" fill="#ff0000"/></svg>'
    )
    files = {
        f"{under}/food/fruit/apple_red.png": _png(_disc((200, 20, 20))),
        f"{under}/food/fruit/apple_red.txt": b"A red apple.\nde.utf8=Ein roter Apfel.",
        f"{under}/food/fruit/apple_red.dat": b"nomirror\n",
        f"{under}/food/fruit/cartoon/cherries.svg": svg,
        f"{under}/food/fruit/cartoon/cherries.txt": b"Some cherries.",
        f"{under}/animals/birds/owl.png": _png(_disc((250, 250, 250))),
        f"{under}/animals/birds/owl.txt": b"An owl.",
        f"{under}/animals/birds/owl2.png": _png(_disc((250, 250, 250))),
        f"{under}/animals/birds/owl2.txt": b"The same owl once more.",
        f"{under}/town/sign.png": _png(np.full((50, 50, 4), 255, np.uint8)),
        f"{under}/town/sign.txt": b"No entry!",
        f"{under}/symbols/plus.png": _png(_disc((0, 0, 0))),
        f"{under}/symbols/plus.txt": b"Plus.",
        f"{under}/seasonal/gift.txt": b"A gift.",
        f"{under}/seasonal/gift_desc.ogg": b"sound",
    }
    for place, name in enumerate(("dingo", "lark", "statue", "key", "anchor", "vase")):
        pixels = _disc((40 * place, 90, 200), 50 + 5 * place, 60)
        files[f"{under}/zoo/{name}.png"] = _png(pixels)
        files[f"{under}/zoo/{name}.txt"] = f"A {name}.".encode()
    templates = {}
    for name in ("rocks", "cliff", "mudstone", "sheep"):
        stream = io.BytesIO()
        Image.new("RGB", (900, 600), (90, 100, 110)).save(stream, "jpeg")
        templates[f"usr/share/tuxpaint/templates/{name}.jpg"] = stream.getvalue()
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path))
    folder = tmp_path / ".cache" / "packages"
    folder.mkdir(parents=True)
    (folder / "tuxpaint-stamps-default_1_all.deb").write_bytes(_deb(files))
    (folder / "tuxpaint-data_1%3a0_all.deb").write_bytes(_deb(templates))
    stamp_source.contents.cache_clear()
    stamp_source.source.cache_clear()
    yield folder
    stamp_source.contents.cache_clear()
    stamp_source.source.cache_clear()
