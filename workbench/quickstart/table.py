"""The results as a small table for people, made from ``results.json`` and nothing else."""

from __future__ import annotations

from collections.abc import Mapping


def table(results: Mapping) -> str:
    """Plain text: accuracies with true and with detected boxes, retrieval, losses, times."""
    exact, found = results["masked_name_accuracy"], results["masked_name_accuracy_detected"]
    sides = results["relation_accuracy"]
    lines = [_row("", "true boxes", "detected"), _rule()]
    for key, called in (
        ("with_regions", "hidden names, seeing the picture"),
        ("without_regions", "hidden names, picture taken away"),
        ("text_only_twin", "hidden names, text-only twin"),
        ("untrained", "hidden names, untrained"),
        ("chance", "hidden names, chance"),
    ):
        lines.append(_row(called, _percent(exact[key]), _percent(found[key])))
    lines += [
        _rule(),
        _row(
            "left/right/above/below",
            _percent(sides["with_regions"]),
            _percent(sides["with_regions_detected"]),
        ),
        _row("  text-only twin / chance", _both(sides["text_only_twin"], sides["chance"])),
        _row("sentence fits picture (chance 50 %)", _percent(results["itm_accuracy"])),
    ]
    lines.append(_rule())
    pool = results["retrieval"]["pool"]
    chance = [_percent(k / pool) for k in (1, 5, 10)]
    lines.append(_row(f"retrieval among {pool}: R@1, R@5, R@10"))
    for way, called in (("image", "picture for a sentence"), ("text", "sentence for a picture")):
        found_at = [_percent(results["retrieval"][way][key]) for key in ("r1", "r5", "r10")]
        lines.append(_row(f"  {called}", "  ".join(found_at)))
    lines += [_row("  chance", "  ".join(chance)), _rule()]
    for name, ends in results.get("losses", {}).items():
        change = f"{ends['first']:.3f} -> {ends['last']:.3f}"
        lines.append(_row(f"loss {name}", change))
    times = ", ".join(f"{s} {value:.0f}" for s, value in results.get("seconds", {}).items())
    return "\n".join([*lines, _rule(), f"seconds: {times}"] if times else lines)


def _row(name: str, *values: str) -> str:
    return f"{name:<38}" + "".join(f"{value:>12}" for value in values)


def _rule() -> str:
    return "-" * 62


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def _both(one: float | None, other: float) -> str:
    return f"{_percent(one)} / {_percent(other)}"
