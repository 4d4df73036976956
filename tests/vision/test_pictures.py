from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from workbench.vision.pictures import PictureError, open_picture


def stripes() -> np.ndarray:
    """8 wide, 4 high: left half red, right half blue."""
    pixels = np.zeros((4, 8, 3), np.uint8)
    pixels[:, :4, 0] = pixels[:, 4:, 2] = 255
    return pixels


def encoded(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def test_path_and_bytes_give_the_same_pixels(tmp_path):
    data = encoded(Image.fromarray(stripes()))
    (tmp_path / "stripes.png").write_bytes(data)
    for source in (data, tmp_path / "stripes.png", str(tmp_path / "stripes.png")):
        found = open_picture(source)
        assert found.dtype == np.uint8
        assert np.array_equal(found, stripes())


def test_camera_rotation_is_applied(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # turn a quarter clockwise to see it upright
    file = tmp_path / "turned.jpg"
    Image.fromarray(stripes()).resize((64, 32)).save(file, exif=exif, quality=95)
    found = open_picture(file)
    assert found.shape == (64, 32, 3)
    assert found[8, 16, 0] > 200 > 50 > found[8, 16, 2]  # red on top
    assert found[56, 16, 2] > 200 > 50 > found[56, 16, 0]  # blue below


def test_transparent_parts_become_white():
    pixels = np.dstack([stripes(), np.full((4, 8), 255, np.uint8)])
    pixels[:, :4, 3] = 0
    found = open_picture(encoded(Image.fromarray(pixels)))
    assert (found[:, :4] == 255).all()
    assert (found[:, 4:] == [0, 0, 255]).all()


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "1"])
def test_other_colour_models_become_rgb(mode):
    kind = "JPEG" if mode == "CMYK" else "PNG"
    image = Image.fromarray(stripes()).resize((32, 16)).convert(mode)
    assert open_picture(encoded(image, kind)).shape == (16, 32, 3)


def test_sixteen_bit_greys_are_scaled_not_cut():
    grey = np.linspace(0, 65535, 64).astype(np.uint16).reshape(8, 8)
    found = open_picture(encoded(Image.fromarray(grey)))
    assert found[0, 0, 0] == 0 and found[-1, -1, 0] == 255
    assert 120 < found[4, 0, 1] < 136


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_cut_file_is_named(tmp_path, kind):
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    data = encoded(Image.fromarray(noise), kind)
    file = tmp_path / "cut.img"
    file.write_bytes(data[: len(data) // 2])
    with pytest.raises(PictureError, match=r"cut\.img: not a readable picture.*Fetch the file"):
        open_picture(file)


@pytest.mark.parametrize(
    "data", [b"", b"no picture at all", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"]
)
def test_what_is_no_picture_is_refused_by_name(data):
    with pytest.raises(PictureError, match="holiday 7: not a readable picture"):
        open_picture(data, "holiday 7")


def test_missing_file_is_named(tmp_path):
    with pytest.raises(PictureError, match=r"gone\.jpg: there is no such file"):
        open_picture(tmp_path / "gone.jpg")


def announcing(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header announces any size."""

    def chunk(name: bytes, body: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(name + body))
        return struct.pack(">I", len(body)) + name + body + checksum

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("side", [8_001, 10_000, 60_000], ids=["ours", "warning", "error"])
def test_bombs_are_refused_before_they_are_unpacked(side):
    with pytest.raises(PictureError, match=r"the file announces .* more than the 64,000,000"):
        open_picture(announcing(side, side), "bomb")


def test_the_limit_can_be_lowered():
    with pytest.raises(PictureError, match=r"8 x 4 pixels, more than the 31"):
        open_picture(encoded(Image.fromarray(stripes())), most_pixels=31)


def test_errors_call_a_picture_by_its_name_and_tell_no_place(tmp_path):
    (tmp_path / "notes.jpg").write_text("no picture")
    for source in (tmp_path / "notes.jpg", b"no picture", tmp_path):
        with pytest.raises(PictureError, match=r"^holiday: not a readable picture") as caught:
            open_picture(source, "holiday")
        assert str(tmp_path) not in str(caught.value) and "0x" not in str(caught.value)
