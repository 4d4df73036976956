"""What strangers may hand in: each odd thing is answered or refused in words, and harms nothing."""

from __future__ import annotations

import concurrent.futures
import io
import json
import random
import zlib

import httpx
import numpy as np
import pytest
import torch
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from tests.front.desk import RUNS, caller, chunk, png, python_demo, serving
from workbench.front.guard import MOST_QUESTION, names_elsewhere
from workbench.front.picture_input import picture_input
from workbench.front.pictures import Limits, Pictures
from workbench.front.visit import MOST_CHARACTERS, checked
from workbench.vision.extractor import DetectedRegions
from workbench.vision.pictures import PictureError

torch.set_num_threads(1)
ZEROS = zlib.compress(bytes(50_000_000), 9)
"""50 MB in 50 kB."""


def encoded(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def two_sided(size: tuple[int, int] = (60, 40)) -> Image.Image:
    """Red above, blue below."""
    width, height = size
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, :, 0], pixels[height // 2 :, :, 2] = 255, 255
    return Image.fromarray(pixels)


def turned() -> bytes:
    """The same, as a camera held sideways stores it: with a note to turn it by 90 degrees."""
    note = Image.Exif()
    note[274] = 6
    return encoded(two_sided().rotate(90, expand=True), "JPEG", exif=note, quality=95)


def frames(count: int = 3000) -> bytes:
    pictures = [Image.new("P", (8, 8), number % 250) for number in range(count)]
    return encoded(pictures[0], "GIF", save_all=True, append_images=pictures[1:])


TAKEN = {
    "grey": encoded(Image.new("L", (60, 40), 90)),
    "16 bit": encoded(Image.fromarray(np.full((40, 60), 40_000, np.uint16))),
    "two colours": encoded(Image.new("1", (60, 40)), "TIFF"),
    "floats": encoded(Image.new("F", (60, 40)), "TIFF"),
    "cmyk": encoded(Image.new("CMYK", (60, 40)), "JPEG"),
    "alpha": encoded(Image.new("RGBA", (60, 40), (0, 0, 0, 0))),
    "grey alpha": encoded(Image.new("LA", (60, 40))),
    "3,000 frames": frames(),
    "more pixels than announced": png(100, 100, ZEROS),
    "one pixel": encoded(Image.new("RGB", (1, 1))),
}
REFUSED = {
    "60,000 x 60,000": (png(60_000, 60_000, zlib.compress(b"0")), "fill memory|announces"),
    "5,001 x 5,000": (png(5_001, 5_000, zlib.compress(b"0")), "announces 5001 x 5000 pixels"),
    "a bomb of text": (png(4, 4, b"", chunk(b"zTXt", b"k\0\0" + ZEROS)), "not a readable"),
    "a bomb of colours": (png(4, 4, b"", chunk(b"iCCP", b"k\0\0" + ZEROS)), "not a readable"),
    "a line": (encoded(Image.new("RGB", (10_000, 1))), "10,000 x 1 pixels"),
    "a line upright": (encoded(Image.new("RGB", (1, 10_000))), "1 x 10,000 pixels"),
    "text": (b"hello", "not a readable"),
    "nothing": (b"", "not a readable"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'><script>x</script></svg>", "not a readable"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3", "not a readable"),
    "html": (b"<html><script>alert(1)</script></html>", "not a readable"),
    "cut": (encoded(two_sided())[:60], "not a readable"),
}


@pytest.fixture(scope="module")
def desk(home, tmp_path_factory):
    folder = tmp_path_factory.mktemp("safety")
    with serving(python_demo(), folder, home, folder / "log") as served:
        yield served


@pytest.fixture(scope="module")
def pictures():
    return Pictures()


@pytest.fixture
def handed_in(tmp_path):
    """A function that writes bytes into a file as a visitor's browser would name it."""

    def handed(data: bytes, name: str = "picture.png"):
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return handed


@pytest.mark.parametrize("case", TAKEN)
def test_pictures_of_every_sort_are_taken(case, pictures, handed_in):
    found = pictures.open(handed_in(TAKEN[case]), DetectedRegions())
    assert found.pixels.ndim == 3 and max(found.pixels.shape) <= Limits().longer_side
    assert found.regions.features.isfinite().all()


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_picture_or_too_much_is_refused_in_words(case, pictures, handed_in):
    data, said = REFUSED[case]
    assert len(data) < 200_000
    with pytest.raises(PictureError, match=said) as caught:
        pictures.open(handed_in(data), DetectedRegions())
    assert "0x" not in str(caught.value)


def test_a_file_may_not_be_too_long(pictures, handed_in):
    with pytest.raises(PictureError, match=r"10\.0 MB, more than the 10 MB"):
        pictures.open(handed_in(bytes(10_000_001)), DetectedRegions())


def test_a_picture_taken_sideways_is_shown_and_read_upright(pictures, handed_in):
    found = pictures.open(handed_in(turned(), "sideways.jpg"), DetectedRegions())
    assert found.pixels.shape == (40, 60, 3)
    assert found.pixels[5, 30, 0] > 200 > 60 > found.pixels[5, 30, 2]
    assert found.pixels[35, 30, 2] > 200 > 60 > found.pixels[35, 30, 0]
    assert found.regions.sizes.tolist() == [[60.0, 40.0]]


def test_broken_files_of_every_format_are_refused_and_nothing_else(pictures, handed_in):
    dice = random.Random(0)
    refused = 0
    for kind in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM"):
        whole = encoded(two_sided(), kind)
        for _ in range(60):
            broken = bytearray(whole)
            for _ in range(dice.choice((1, 4, 16))):
                broken[dice.randrange(min(len(broken), 200))] = dice.randrange(256)
            try:
                pixels = pictures._smaller(pictures_opened(bytes(broken)))
                assert pixels.dtype == np.uint8
            except PictureError:
                refused += 1
    assert refused > 100


def pictures_opened(data: bytes):
    from workbench.vision.pictures import open_picture

    return open_picture(data, "your picture", Limits().most_pixels)


def test_only_so_many_pictures_are_kept(handed_in):
    few = Pictures(kept=2)
    for shade in range(4):
        few.open(handed_in(encoded(Image.new("L", (30, 20), shade))), DetectedRegions())
    assert len(few._seen) == 2


def test_long_and_empty_sentences_are_refused():
    for empty in (None, "", " \n\t"):
        with pytest.raises(ValueError, match="no sentence yet"):
            checked(empty)
    with pytest.raises(ValueError, match="10,000 characters"):
        checked("a" * 10_000)
    assert checked(" a dog ") == "a dog" and checked("a" * MOST_CHARACTERS)


SENTENCES = {
    "emoji": "\U0001f600 \U0001f9d1\u200d\U0001f680",
    "zero width": "\u200b\u200d\ufeff",
    "right to left": "\u202eشجرة بجانب البيت",
    "zeros": "a\0b",
    "combining": "a" + "\u0301" * 400,
    "lone surrogate": "a \ud800 b",
    "quotes": "\"'`\\ {{7*7}} ${7*7} %s",
    "script": "<script>alert(1)</script><img src=x onerror=alert(1)></iframe>",
}


@pytest.mark.slow
def test_every_sentence_is_answered_or_refused_in_words(desk, handed_in):
    picture = handle_file(handed_in(encoded(two_sided())))
    for case, sentence in SENTENCES.items():
        try:
            page = desk.client.predict(RUNS[0], picture, sentence, api_name="/attention")
        except AppError as refused:
            assert case != "script" and len(str(refused)) > 20
            assert "Traceback" not in str(refused)
        except (UnicodeEncodeError, httpx.HTTPError):
            assert case == "lone surrogate"
        else:
            assert page.startswith("<iframe") and "<script" not in page
            assert page.count("</iframe>") == 1
    assert desk.alive
    with pytest.raises(AppError, match="10,000 characters"):
        desk.client.predict(RUNS[0], picture, "a" * 10_000, api_name="/attention")
    with pytest.raises(AppError, match="no sentence yet"):
        desk.client.predict(RUNS[0], picture, " ", api_name="/attention")


@pytest.mark.slow
def test_markup_in_refusals_is_shown_as_text(desk, handed_in):
    picture = handle_file(handed_in(encoded(two_sided())))
    with pytest.raises(AppError) as refused:
        desk.client.predict("<img src=x onerror=alert(1)>", picture, "a dog", api_name="/attention")
    assert "<img" not in str(refused.value) and "&lt;img" in str(refused.value)


@pytest.mark.slow
def test_odd_files_reach_the_demo_and_it_stays_up(desk, handed_in):
    before = desk.megabytes
    for case in ("60,000 x 60,000", "a bomb of text", "a line upright", "svg", "html"):
        data, said = REFUSED[case]
        for name in ("picture.png", f"picture.{case}" if case.isalpha() else "picture.gif"):
            with pytest.raises(AppError, match=said):
                picture = handle_file(handed_in(data, name))
                desk.client.predict(RUNS[0], picture, "a dog", api_name="/attention")
    for case in ("more pixels than announced", "3,000 frames"):
        picture = handle_file(handed_in(TAKEN[case]))
        assert desk.client.predict(RUNS[0], picture, "a dog", api_name="/attention")
    assert desk.alive and desk.settled(before + 150) <= before + 150


@pytest.mark.slow
def test_uploads_and_questions_have_a_longest(desk):
    def upload(size):
        return httpx.post(f"{desk.address}gradio_api/upload", files={"files": bytes(size)})

    kept = upload(1_000)
    assert kept.status_code == 200
    read = httpx.get(f"{desk.address}gradio_api/file={kept.json()[0]}")
    assert read.content == bytes(1_000)  # so refusals below are of the place, not of the route
    longer = upload(10_500_000)
    assert longer.status_code == 413 and "maximum allowed size" in longer.text
    much = upload(30_000_000)
    assert much.status_code == 413 and "MB are too much" in much.text
    question = httpx.post(f"{desk.address}gradio_api/queue/join", content=b"0" * MOST_QUESTION * 2)
    assert question.status_code == 413
    endless = httpx.post(f"{desk.address}gradio_api/queue/join", content=iter([b"{", b"}"]))
    assert endless.status_code == 411
    assert desk.alive


@pytest.mark.slow
def test_no_file_of_this_machine_can_be_read(desk, home, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("not for visitors")
    weights = next((home / "runs").rglob("model.safetensors"))
    for path in (secret, weights, "/etc/passwd", home / "runs" / RUNS[0] / "recipe.json"):
        for way in (str(path), f"../../../../../../{path}", f"/proc/self/root{path}"):
            for route in ("gradio_api/file=", "file=", "gradio_api/file/", "static/", "assets/"):
                answer = httpx.get(f"{desk.address}{route}{way}")
                assert answer.status_code in (403, 404, 405), (route, way)
        told = {"path": str(path), "meta": {"_type": "gradio.FileData"}}
        for name in ("/attention", "/regions"):
            asked = [RUNS[0], told, "a dog"][: 3 if name == "/attention" else 2]
            assert "not for visitors" not in refused(desk, name, asked)


def refused(desk, name: str, asked: list) -> str:
    """How a question that bypasses the client's own care is refused."""
    begun = httpx.post(f"{desk.address}gradio_api/call{name}", json={"data": asked})
    assert begun.status_code == 200, begun.text
    answer = httpx.get(f"{desk.address}gradio_api/call{name}/{begun.json()['event_id']}")
    assert "event: error" in answer.text, answer.text
    return answer.text


@pytest.mark.slow
def test_nothing_from_elsewhere_is_fetched_for_a_visitor(desk):
    for address in ("http://example.org/x.png", "https://example.org", "HTTP://127.0.0.1:1/"):
        answer = httpx.get(f"{desk.address}gradio_api/file={address}")
        assert answer.status_code == 403 and "not fetched" in answer.text
        file = {"path": address, "meta": {"_type": "gradio.FileData"}}
        answer = httpx.post(
            f"{desk.address}gradio_api/call/attention", json={"data": [RUNS[0], file, "a dog"]}
        )
        assert answer.status_code == 403 and "not fetched" in answer.text
    for route in ("gradio_api/proxy=http://example.org", "gradio_api/process_recording"):
        assert httpx.get(f"{desk.address}{route}").status_code == 404
    direct = httpx.post(f"{desk.address}gradio_api/run/attention", json={"data": []})
    assert direct.status_code == 404


@pytest.mark.slow
def test_checkpoints_are_names_and_never_paths(desk, home, handed_in):
    picture = handle_file(handed_in(encoded(two_sided())))
    absolute = str(home / "runs" / RUNS[0])
    for name in ("../../etc", absolute, f"../runs/{RUNS[0]}", "runs/..", "a/..", "~/x", "a" * 5000):
        with pytest.raises(AppError, match="there is no checkpoint"):
            desk.client.predict(name, picture, "a dog", api_name="/attention")
    with pytest.raises(AppError, match="HF_HUB_OFFLINE"):
        desk.client.predict("someone/small", picture, "a dog", api_name="/attention")


@pytest.mark.slow
def test_many_at_once_ask_one_model_and_each_gets_the_answer_of_one_alone(desk, handed_in):
    shades = [handed_in(encoded(Image.new("L", (60, 40), n * 40)), f"{n}.png") for n in range(4)]

    def ask(number: int) -> str:
        client = caller(desk.address)
        sentence = f"{'a dog ' * (number % 3 + 1)}beside a tree"
        asked = (RUNS[0], handle_file(shades[number % 4]), sentence)
        return client.predict(*asked, api_name="/attention")

    alone = [ask(number) for number in range(6)]
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        together = list(pool.map(ask, range(6)))
    assert together == alone and len(set(alone)) == 6


def test_paths_that_are_addresses_are_found_wherever_they_stand():
    assert names_elsewhere(json.dumps({"data": [{"a": [{"path": "https://x.org"}]}]}).encode())
    assert names_elsewhere(b'{"path": "FTP://x.org"}')
    assert not names_elsewhere(b'{"data": ["https://x.org", {"path": "uploads/a.png"}]}')
    assert not names_elsewhere(b"no json") and not names_elsewhere(b"[" * 100_000)


def test_the_picture_component_made_anew_opens_nothing_either(handed_in):
    first = picture_input(label="Picture")
    again = type(first)(**{**first.constructor_args, "render": False})
    bomb = handed_in(REFUSED["60,000 x 60,000"][0])
    for component in (first, again):
        payload = component.data_model(path=str(bomb), orig_name="bomb.png")
        assert component.preprocess(payload) == str(bomb)
        assert component.preprocess(None) is None
        assert component.get_block_name() == "image"
