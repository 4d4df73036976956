"""What is said about a block of attention, in words.  Twin of ``attention_words.js``."""

from __future__ import annotations

from collections.abc import Sequence


def block_words(direction: str) -> str:
    """Who looks at whom: "words to regions", "among words"."""
    query, key = direction.split("_to_")
    return f"among {query}s" if query == key else f"{query}s to {key}s"


def share_words(direction: str) -> str:
    """What a block's share is a share of: "of the words’ attention is on regions"."""
    query, key = direction.split("_to_")
    return f"of the {query}s’ attention is on {key}s"


def heads_words(head: int, weights: Sequence[float], heads: int) -> str:
    """Which heads are looked at: one, a mix, or their mean."""
    if head >= 0:
        return f"head {head}"
    used = [index for index, weight in enumerate(weights) if weight > 0]
    if len(used) == 1 and len(weights) > 1:
        return f"only head {used[0]}"
    if len(set(weights)) > 1:
        return "weighted mix of heads"
    return "its one head" if heads == 1 else f"mean of {heads} heads"


def layer_words(layer: int, names: Sequence[str]) -> str:
    """What a layer is called: its name, or "layer 3"."""
    return names[layer] if names else f"layer {layer}"


def place_words(layer: int, layers: int, names: Sequence[str], heads: str) -> str:
    """Where the numbers come from: "Layer 2 of 0–5 (text 3), mean of 12 heads"."""
    name = f" ({names[layer]})" if names else ""
    return f"Layer {layer} of 0–{layers - 1}{name}, {heads}"


def absence_sentence(place: str, direction: str, resting: bool) -> str:
    """Why there is nothing to show: the rows are at rest, or they look elsewhere only."""
    query, key = direction.split("_to_")
    if resting:
        return f"In {place} the {query}s are at rest: they pass unchanged, nothing is looked at."
    whom = "each other" if query == key else f"{key}s"
    return f"In {place} {query}s do not look at {whom}."


def threshold_sentence(above: int, count: int, kind: str) -> str:
    """How much of what could be shown is above the threshold; ``kind`` is "word" or "region"."""
    one = above == 1
    return f"{above} of {count} {kind}s {'is' if one else 'are'} above the threshold."
