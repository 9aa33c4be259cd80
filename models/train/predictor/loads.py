"""Training loads: requests per second of a recorded trace, unchanged and redrawn."""

import gzip
import json
from pathlib import Path

import numpy as np

HISTORY_S, HORIZON_S, STRIDE_S = 120, 20, 10
DAY_S = 86_400
# In the trace a second without a request is rare; this many in a row mean that the recorder was down.
OUTAGE_S = 10
# Takes the place of the count of a second in which the load was not watched yet.
UNKNOWN = -1
# The smoothed rate of a redrawn load is the trace's mean over this many seconds.
SMOOTHING_S = 15
# A regular load, like that of a load generator, keeps its rate for this many seconds.
STEP_S = 600


def read_counts(path: Path) -> np.ndarray:
    """Requests of each second, from a gzipped file with a count on each line or from the field `rps` of a JSON file."""
    if path.suffix == ".json":
        return np.array(json.loads(path.read_text())["rps"], dtype=np.float64)
    with gzip.open(path, "rt") as file:
        return np.array(file.read().split(), dtype=np.float64)


def without_outages(counts: np.ndarray) -> list[np.ndarray]:
    """Those stretches between outages that are long enough for a history and a horizon."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], counts == 0, [0]]).astype(int)))
    outages = [(start, end) for start, end in edges.reshape(-1, 2) if end - start >= OUTAGE_S]
    starts = [0, *(end for _, end in outages)]
    ends = [*(start for start, _ in outages), len(counts)]
    stretches = (counts[start:end] for start, end in zip(starts, ends))
    return [stretch for stretch in stretches if len(stretch) >= HISTORY_S + HORIZON_S]


def windows(stretches: list[np.ndarray], offset_s: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Every 10 s, the history of 120 s, float32 [n, 120], and the maximum of the next 20 s, float32 [n]."""
    both = np.concatenate([
        np.lib.stride_tricks.sliding_window_view(stretch, HISTORY_S + HORIZON_S)[offset_s::STRIDE_S]
        for stretch in stretches
    ]).astype(np.float32)  # fmt: skip
    return both[:, :HISTORY_S], both[:, HISTORY_S:].max(axis=1)


def scaled(counts: np.ndarray, scale: float, _: np.random.Generator) -> np.ndarray:
    """Whole counts at `scale` times the rate; fractions carry over to the next second."""
    return np.diff(np.round(np.cumsum(counts) * scale), prepend=0)


def poisson(counts: np.ndarray, scale: float, rng: np.random.Generator) -> np.ndarray:
    """Counts of Poisson arrivals; the rate of each second is `scale` times the trace's count."""
    return rng.poisson(counts * scale).astype(np.float64)


def smooth_poisson(counts: np.ndarray, scale: float, rng: np.random.Generator) -> np.ndarray:
    """Counts of Poisson arrivals; the rate is `scale` times the trace's mean over SMOOTHING_S."""
    padded = np.pad(counts, SMOOTHING_S // 2, mode="edge")
    rates = np.convolve(padded, np.full(SMOOTHING_S, 1 / SMOOTHING_S), mode="valid")
    return rng.poisson(rates * scale).astype(np.float64)


def regular(counts: np.ndarray, scale: float, rng: np.random.Generator) -> np.ndarray:
    """Evenly spread counts; the rate is `scale` times the trace's mean and changes every STEP_S."""
    parts = np.array_split(counts, max(1, len(counts) // STEP_S))
    return scaled(np.concatenate([np.full(len(part), part.mean()) for part in parts]), scale, rng)


REDRAWN = {"scaled": scaled, "poisson": poisson, "smooth poisson": smooth_poisson, "regular": regular}
