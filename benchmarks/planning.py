"""How fast and how well batches are planned: the token-budget plan against UNITER's sampler.

    python benchmarks/planning.py                    500,000 pairs, both
    python benchmarks/planning.py --pairs 9600000    the size of UNITER's pre-training data

Filler is the share of rows added when the batch is padded to its longest example, as UNITER does;
packed batches carry none outside an attention kernel that must pad.
"""

from __future__ import annotations

import argparse
import random
import resource
import time

import numpy as np

from workbench.data.packing import TokenBudgetPlan

BUCKET, MULTIPLE = 8192, 8


def lengths_like_pretraining(pairs: int) -> np.ndarray:
    """Rows a pair: 10 to 100 regions and a caption of some 13 word pieces, seeded."""
    rng = np.random.default_rng(0)
    words = np.clip(rng.lognormal(2.4, 0.35, pairs), 4, 60).astype(np.int64) + 2
    return words + np.clip(rng.lognormal(3.5, 0.4, pairs), 10, 100).astype(np.int64)


def uniter_batches(
    lengths: list[int], budget: int, seed: int | None, bucket_size: int = BUCKET
) -> list[list[int]]:
    """UNITER's token-bucket sampler, written from its description.

    Shuffled, cut into buckets of 8,192, sorted by falling length, joined eight at a time while
    longest x (n + 8) keeps to the budget; the longest is never reset inside a bucket, and the last
    batch of every bucket is dropped.  Without a seed nothing is shuffled; thus it equals the
    released sampler batch by batch on the reference case of 90 lengths.
    """
    shuffle = (lambda items: None) if seed is None else random.Random(seed).shuffle
    order = list(range(len(lengths)))
    shuffle(order)
    batches = []
    for begin in range(0, len(order), bucket_size):
        bucket = sorted(order[begin : begin + bucket_size], key=lengths.__getitem__, reverse=True)
        longest, batch = 0, []
        for i in range(0, len(bucket), MULTIPLE):
            longest = max(longest, max(lengths[j] for j in bucket[i : i + MULTIPLE]))
            if longest * (len(batch) + MULTIPLE) > budget:
                batches.append(batch)
                batch = []
            batch.extend(bucket[i : i + MULTIPLE])
    shuffle(batches)
    return batches


def report(name: str, seconds: float, batches: list, lengths: np.ndarray, budget: int) -> None:
    """One line of the table."""
    rows = np.array([lengths[batch].sum() for batch in batches])
    padded = np.array([lengths[batch].max() * len(batch) for batch in batches])
    planned = sum(len(batch) for batch in batches)
    print(
        f"{name:28} {seconds:8.2f} {len(batches):9,} {len(lengths) - planned:9,} "
        f"{rows.mean() / budget:9.3f} {padded.sum() / rows.sum() - 1:8.3f}"
    )


def main() -> None:
    """Plan one epoch with each and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=500_000)
    parser.add_argument("--budget", type=int, default=8192)
    given = parser.parse_args()
    lengths = lengths_like_pretraining(given.pairs)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{given.pairs:,} pairs of {lengths.mean():.1f} rows, budget {given.budget:,}")
    print(f"{'':28} {'seconds':>8} {'batches':>9} {'dropped':>9} {'filled':>9} {'filler':>8}")
    times = {}
    for noise in (0.0, 0.1, 1.0):
        began = time.perf_counter()
        plan = TokenBudgetPlan(lengths, given.budget, 0, noise=noise)
        built = time.perf_counter()
        batches = [plan.batch(0, step) for step in range(plan.steps())]
        times[noise] = time.perf_counter() - began
        report(f"plan, noise {noise}", times[noise], batches, lengths, given.budget)
        if noise == 0.1:
            asked = time.perf_counter()
            plan.batch(3, 5)
            spent = time.perf_counter() - asked
            print(f"  of which once {built - began:.2f} s; any step of another epoch {spent:.2f} s")
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10
    as_list = lengths.tolist()
    began = time.perf_counter()
    theirs = uniter_batches(as_list, given.budget, 0)
    seconds = time.perf_counter() - began
    report("UNITER's bucket sampler", seconds, theirs, lengths, given.budget)
    print(
        f"ratio of time {seconds / times[0.1]:.1f}; plan's peak memory over the lengths {peak} MB"
    )


if __name__ == "__main__":
    main()
