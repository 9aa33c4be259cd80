"""Rows of tokens as batches."""

from collections.abc import Iterator

import numpy as np
import torch

# Number of batches in a pool. The rows of a pool are sorted by length, so that batches have little padding.
POOL = 20


def padded(rows: list[list[int]], fill: int) -> torch.Tensor:
    """int64 [n, longest]"""
    length = max(map(len, rows))
    return torch.tensor([row + [fill] * (length - len(row)) for row in rows])


def mask_of(rows: list[list[int]]) -> torch.Tensor:
    return padded([[1] * len(row) for row in rows], 0)


def endless(lengths: np.ndarray, size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Indices of the rows of each batch. Rows of a batch have similar lengths; each row comes once in an epoch."""
    while True:
        order = rng.permutation(len(lengths))
        for start in range(0, len(order), size * POOL):
            pool = order[start : start + size * POOL]
            pool = pool[np.argsort(lengths[pool], kind="stable")]
            batches = [pool[i : i + size] for i in range(0, len(pool), size)]
            yield from (batches[i] for i in rng.permutation(len(batches)))
