"""Drawn, seeded stand-ins for what training writes: an attention record and a run folder."""

from __future__ import annotations

import json
import math
import os
import time
from dataclasses import fields
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from widgets.attention.record import AttentionRecord

WORDS = (
    *("[CLS]", "a", "red", "ball", "lies", "left", "of", "the", "house", "under"),
    *("a", "yellow", "sun", "##shine", ".", "[SEP]"),
)
# what word looks at what region, by index
_NAMES = {2: 0, 3: 0, 8: 1, 11: 2, 12: 2, 13: 2}
LABELS = ("ball", "house", "sun", "tree", "roof", "door", "hill", "ball", "tree", "cloud")
_BOXES = (
    (0.12, 0.62, 0.32, 0.87),
    (0.45, 0.36, 0.78, 0.83),
    (0.74, 0.05, 0.95, 0.31),
    (0.02, 0.22, 0.24, 0.74),
    (0.42, 0.24, 0.81, 0.46),
    (0.58, 0.60, 0.68, 0.83),
    (0.00, 0.58, 1.00, 1.00),
    (0.16, 0.66, 0.28, 0.84),
    (0.84, 0.46, 0.97, 0.80),
    (0.24, 0.08, 0.52, 0.22),
)


def scene(width: int = 320, height: int = 256) -> np.ndarray:
    """A drawn landscape: uint8 [height, width, 3]."""
    fine = 3
    rows = np.linspace(0, 1, height * fine)[:, None, None]
    sky = np.array([120, 176, 222]) * (1 - rows) + np.array([226, 236, 238]) * rows
    noise = np.random.default_rng(5).normal(0, 4, (height * fine, width * fine, 1))
    image = Image.fromarray(np.clip(sky + noise, 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(image)

    def at(*shares: float) -> list[float]:
        sizes = (width * fine, height * fine)
        return [share * sizes[i % 2] for i, share in enumerate(shares)]

    draw.ellipse(at(-0.3, 0.58, 1.3, 1.7), fill=(112, 158, 92))
    draw.ellipse(at(0.75, 0.06, 0.94, 0.30), fill=(248, 208, 84))
    for left, top, right, bottom in ((0.25, 0.12, 0.4, 0.21), (0.33, 0.08, 0.52, 0.21)):
        draw.ellipse(at(left, top, right, bottom), fill=(246, 248, 250))
    for middle, top, bottom, wide in ((0.13, 0.24, 0.74, 0.10), (0.905, 0.47, 0.8, 0.06)):
        draw.rectangle(at(middle - 0.015, bottom - 0.2, middle + 0.015, bottom), fill=(104, 76, 54))
        draw.ellipse(at(middle - wide, top, middle + wide, bottom - 0.1), fill=(58, 112, 66))
    draw.rectangle(at(0.46, 0.45, 0.77, 0.82), fill=(226, 208, 184))
    draw.polygon(at(0.42, 0.46, 0.615, 0.25, 0.81, 0.46), fill=(150, 66, 52))
    draw.rectangle(at(0.59, 0.61, 0.67, 0.82), fill=(96, 72, 58))
    draw.ellipse(at(0.13, 0.64, 0.31, 0.86), fill=(204, 48, 44))
    draw.ellipse(at(0.17, 0.68, 0.22, 0.74), fill=(240, 150, 140))
    return np.asarray(image.resize((width, height), Image.Resampling.LANCZOS))


def attention_record(
    layers: int = 4, heads: int = 4, seed: int = 0, extra_regions: int = 0
) -> AttentionRecord:
    """A record in which one head of the last layer looks from names to their regions."""
    rng = np.random.default_rng(seed)
    corners = rng.uniform(0, 0.7, (extra_regions, 2))
    sizes = rng.uniform(0.08, 0.3, (extra_regions, 2))
    boxes = np.concatenate([np.array(_BOXES), np.concatenate([corners, corners + sizes], axis=1)])
    labels = (*LABELS, *("",) * extra_regions)
    words, regions = len(WORDS), len(boxes)
    size = words + regions
    scores = rng.normal(0, 0.8, (layers, heads, size, size))
    scores[..., words - 1] += 1.2  # the usual sink
    for layer in range(layers):
        for head in range(heads):
            depth = (layer + 1) / layers * (1.6 if head == 1 else 0.7)
            for word, region in _NAMES.items():
                scores[layer, head, word, words + region] += 3.2 * depth
                scores[layer, head, words + region, word] += 2.6 * depth
                scores[layer, head, word, words + 7] += 1.4 * depth * (region == 0)
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    return AttentionRecord.from_arrays(
        WORDS,
        weights.astype(np.float32),
        boxes,
        scene(),
        labels,
        "drawn landscape, made-up weights",
    )


def write_probe(folder: Path, step: int, blind: bool = False) -> Path:
    """A probe of a run: attention, a hidden word's guesses, and three pairs of which two fit.

    With ``blind`` it also holds the guesses without the picture, as newer probes do.
    """
    record = attention_record(seed=step)
    arrays = {field.name: np.asarray(getattr(record, field.name)) for field in fields(record)}
    arrays["title"] = np.array(f"step {step}")
    arrays |= {
        "guess_sentence": np.array([*WORDS[:3], "[MASK]", *WORDS[4:]]),
        "guess_position": np.array([3]),
        "guess_truth": np.array(["ball"]),
        "guess_top": np.array([["ball", "sun"]]),
        "guess_chance": np.array([[0.62, 0.25]], dtype=np.float32),
        "similarity": np.array([[2.5, -1.0, 0.5], [-0.5, 1.5, -2.0], [1.0, 0.25, -0.75]]),
        "similarity_texts": np.array(["a ball.", "the sun.", "a house."]),
        "similarity_kind": np.array("matching lead"),
    }
    if blind:
        arrays |= {
            "guess_blind_top": np.array([["house", "ball"]]),
            "guess_blind_chance": np.array([[0.4, 0.1]], dtype=np.float32),
            "guess_truth_chance": np.array([[0.62], [0.1]], dtype=np.float32),
            "guess_truth_rank": np.array([[1], [2]]),
            "guess_words": np.array(WORDS),
            "guess_boxes": record.boxes,
            "guess_labels": np.array(record.labels),
            "guess_title": np.array("a red ball"),
        }
    path = folder / "probes" / f"step-{step:06d}.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    with open(partial, "wb") as file:
        np.savez(file, **arrays)
    return partial.replace(path)


OBJECTIVES = {
    "masked_language": (7.6, 1.6),
    "image_text_matching": (0.71, 0.22),
    "masked_region_features": (1.05, 0.34),
    "masked_region_classes": (4.3, 1.5),
    "masked_region_distribution": (3.6, 0.7),
}


def write_run(
    folder: Path,
    steps: int = 1200,
    done: int | None = None,
    seed: int = 0,
    attempt: int = 1,
    first: int = 1,
    reason: str | None = "finished",
    began: float = 1_750_000_000.0,
    measured: int = 0,
) -> Path:
    """Write (or add an attempt to) a run folder; ``reason`` None leaves it without a stop event.

    Every ``measured`` steps (0: never) it is validated and the machine looked at.
    """
    rng = np.random.default_rng(seed)
    (folder / "events").mkdir(parents=True, exist_ok=True)
    recipe = {"name": folder.name, "seed": seed}
    (folder / "recipe.json").write_text(json.dumps(recipe))
    lines = [
        {"time": began, "step": first - 1, "kind": "start", "attempt": attempt, "steps": steps,
         "recipe": folder.name, "parameters": 3_214_000},
    ]  # fmt: skip
    names = list(OBJECTIVES)
    done = steps if done is None else done
    for step in range(first, done + 1):
        lines.append(step_event(step, steps, names[int(rng.integers(len(names)))], rng, began))
        if measured and step % measured == 0:
            lines += measures(step, steps, lines[-1]["time"])
        if step % 400 == 0:
            path = f"checkpoints/step-{step:06d}"
            when = lines[-1]["time"]
            lines.append({"time": when, "step": step, "kind": "checkpoint", "path": path})
    if reason:
        when = lines[-1]["time"] + 0.4
        lines.append({"time": when, "step": done, "kind": "stop", "reason": reason})
    path = folder / "events" / f"attempt-{attempt:04d}.rank-0.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def step_event(
    step: int, steps: int, objective: str, rng: np.random.Generator, began: float
) -> dict[str, object]:
    """One believable training step."""
    high, low = OBJECTIVES[objective]
    fallen = low + (high - low) * math.exp(-3.2 * step / steps)
    rate = 5e-4 * min(step / (0.1 * steps), (steps - step) / (0.9 * steps))
    seconds = 0.28 + float(rng.normal(0, 0.02)) + (0.5 if step % 97 == 0 else 0)
    return {
        "time": began + step * 0.29, "step": step, "kind": "step", "objective": objective,
        "loss": fallen * float(1 + rng.normal(0, 0.09)), "learning_rate": rate,
        "gradient_norm": 1.0, "pairs": 64, "tokens": 1800, "seconds": seconds,
        "padding": 0.02, "data_seconds": 0.05 * seconds,
    }  # fmt: skip


def measures(step: int, steps: int, when: float) -> list[dict[str, object]]:
    """A validation and a look at a machine without an accelerator."""
    fallen = math.exp(-3.2 * step / steps)
    metrics = {"masked_language": 1.8 + 6 * fallen, "accuracy": 0.8 - 0.6 * fallen}
    return [
        {"time": when, "step": step, "kind": "validation", "metrics": metrics, "seconds": 0.4},
        {"time": when, "step": step, "kind": "machine", "memory_bytes": 1_200_000_000,
         "gpu_memory_bytes": None, "gpu_share": None, "cpu_share": 0.97},
    ]  # fmt: skip


def write_lease(folder: Path, pid: int | None = None, attempt: int = 1) -> None:
    """A lease as a live worker keeps it (by default this process)."""
    import socket

    now = time.time()
    lease = {"pid": pid or os.getpid(), "host": socket.gethostname(), "attempt": attempt,
             "started": now - 60, "heartbeat": now}  # fmt: skip
    (folder / "lease.json").write_text(json.dumps(lease))
