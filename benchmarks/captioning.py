"""Writing captions: with kept states against encoding everything anew for every token.

    python benchmarks/captioning.py            (about 40 seconds)
    python benchmarks/captioning.py --base --pictures 1     (BERT-base, about 4 minutes)

Both ways score the same tokens with the same model (random weights), 100 regions a picture, 5 beams
and 20 tokens a caption, the end token forbidden, so that the same number of tokens comes out; that
the captions are the same is checked.  They are measured in turns in one process, the best turn
counts, and only the ratio is meant to travel from machine to machine.  Both feeding schemes are
measured: [MASK] appended (two rows a step) and left to right (one row a step).  "Anew" repeats all
that a step does not strictly need, also the embedding of the regions, which in the first scheme's
model is an expensive one.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import torch

from workbench.encoders.single_stream import SingleStream, SingleStreamSizes
from workbench.generation.additive_length import AdditiveLength
from workbench.generation.beam import Beam, BeamRule
from workbench.generation.constraints import Constraints
from workbench.generation.divided_length import DividedLength
from workbench.generation.feeding import Feeding, LeftToRight, MaskAppended
from workbench.generation.forbidden import Forbidden
from workbench.generation.generate import Generated, generate
from workbench.generation.prefixes import beside
from workbench.layers.heads import TiedHead
from workbench.pairs import Offsets, PairBatch, Regions
from workbench.systems import unimo, vlp

CLS, SEP, MASK = 101, 102, 103
REGIONS, BEAMS, TOKENS, TURNS = 100, 5, 20, 2
FEATURES, CLASSES = 2048, 1601


def sizes(base: bool, segments: int) -> SingleStreamSizes:
    """The numbers of the model: a quarter of BERT-base, or all of it."""
    width, layers, vocabulary = (768, 12, 28996) if base else (256, 4, 8000)
    return SingleStreamSizes(
        width,
        layers,
        width // 64,
        4 * width,
        vocabulary,
        512,
        FEATURES,
        CLASSES,
        segments=segments,
        eps=1e-5,
    )


def prefixes(pictures: int, source: int) -> PairBatch:
    """Random pictures, each beside ``source`` rows of text: none, or the [CLS] of a caption."""
    rng = torch.Generator().manual_seed(0)
    rows = pictures * REGIONS
    corner = torch.rand(rows, 2, generator=rng) * 0.5
    regions = Regions(
        torch.rand(rows, FEATURES, generator=rng),
        torch.cat([corner, corner + 0.3], 1),
        torch.rand(rows, generator=rng),
        torch.rand(rows, CLASSES, generator=rng).softmax(-1),
        torch.full((pictures, 2), 640.0),
        Offsets.from_lengths([REGIONS] * pictures),
    )
    return beside(regions, [CLS] * source)


def captioner(
    encoder: SingleStream, feeding: Feeding, rule: BeamRule, prefix: PairBatch
) -> Callable[[bool], list[Generated]]:
    """Writes all captions, with kept states or without."""
    head = TiedHead(encoder.inputs.text.word.weight, eps=1e-5)
    search = Beam(BEAMS, TOKENS, rule, Constraints(logits=(Forbidden((feeding.end_id,)),)))

    def write(cached: bool) -> list[Generated]:
        return generate(encoder, head, prefix, feeding, search, cached=cached)

    return write


def measure(write: Callable[[bool], list[Generated]], pictures: int) -> dict[bool, float]:
    """Captions a second with and without kept states; raises where they differ."""
    best = dict.fromkeys((True, False), 0.0)
    for _ in range(TURNS):
        texts = {}
        for cached in best:
            started = time.perf_counter()
            texts[cached] = [text.ids for text in write(cached)]
            best[cached] = max(best[cached], pictures / (time.perf_counter() - started))
        if texts[True] != texts[False]:
            raise AssertionError("with kept states other captions are written than without")
        if {len(ids) for ids in texts[True]} != {TOKENS}:
            raise AssertionError(f"captions were to have {TOKENS} tokens each")
    return best


def main() -> None:
    """Measure both schemes and print the table."""
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    reader.add_argument("--base", action="store_true", help="12 layers of 768 units")
    reader.add_argument("--pictures", type=int, default=4)
    reader.add_argument("--threads", type=int, default=1)
    given = reader.parse_args()
    torch.set_num_threads(given.threads)
    torch.manual_seed(0)
    schemes = {
        "[MASK] appended": captioner(
            vlp.encoder(sizes(given.base, 6), SEP),
            MaskAppended(MASK, SEP),
            AdditiveLength(),
            prefixes(given.pictures, 1),
        ),
        "left to right": captioner(
            unimo.encoder(sizes(given.base, 0)),
            LeftToRight(CLS, SEP),
            DividedLength(),
            prefixes(given.pictures, 0),
        ),
    }
    size = sizes(given.base, 0)
    print(
        f"{size.layers} layers of {size.width}, {size.vocabulary:,} words, {REGIONS} regions, "
        f"{BEAMS} beams, {TOKENS} tokens, {given.pictures} pictures at once, "
        f"threads: {given.threads}"
    )
    print(f"{'captions a second':20s}{'kept states':>14s}{'anew':>10s}{'ratio':>9s}")
    for name, write in schemes.items():
        speeds = measure(write, given.pictures)
        ratio = speeds[True] / speeds[False]
        print(f"{name:20s}{speeds[True]:14.2f}{speeds[False]:10.2f}{ratio:8.1f}x")


if __name__ == "__main__":
    main()
