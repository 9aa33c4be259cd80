"""
Makes models/predictor/ (the learned load predictor and its record) and the fixture of its tests. Takes a few minutes on
one free core.

Its argument is the folder of reference data ($IPA_EDGE_REFERENCE, or ../shared, if not given). There, ipa/traces/ holds
IPA's traces: 14 days of counts per second, of which the last two are held back for testing, and the trace "bursty" of
a later day.
"""

import json
import os
import time
from pathlib import Path

import numpy as np
import torch

from export import export
from records import ROOT, file_facts, versions, write_json
from run import run

from . import loads
from .forecaster import Forecaster

FOLDER = ROOT / "models" / "predictor"
FIXTURE = ROOT / "test" / "solver" / "adapt" / "predictors" / "fixtures" / "forecasts.json"
HELD_BACK_DAYS = 2
SEED = 0
EPOCHS, BATCH, RATE = 14, 512, 3e-3
QUANTILES = (0.5, 0.9)
# Each kind of load is redrawn in ROUNDS rounds, each hour at a random scale in the range SCALES.
ROUNDS, HOUR_S, SCALES = 3, 3600, (0.001, 200)
# This share of the histories is short, mostly very short, as at the start of a run.
SHORT = 0.1
JUDGED_SCALES = (0.1, 1, 10, 100)
# Loads of the fixture: seconds, and requests per second before and after a step.
FIXTURE_LOADS = ((120, 7, 24), (120, 24, 7), (120, 0.5, 0.5), (120, 700, 900), (45, 8, 8), (7, 30, 60), (1, 5, 5))


def training_windows(days: list[np.ndarray], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Windows of the trace unchanged, at two offsets, and redrawn at many scales; a share SHORT has a short history."""
    hours = [hour for day in days for hour in np.array_split(day, max(1, len(day) // HOUR_S))]
    log_scales = np.log(SCALES)
    sets = [loads.windows(days), loads.windows(days, loads.STRIDE_S // 2)]
    for redraw in list(loads.REDRAWN.values()) * ROUNDS:
        drawn = [redraw(hour, np.exp(rng.uniform(*log_scales)), rng) for hour in hours]
        sets.append(loads.windows(drawn, int(rng.integers(loads.STRIDE_S))))
    histories, maxima = (np.concatenate(part) for part in zip(*sets))
    short = np.flatnonzero(rng.random(len(histories)) < SHORT)
    kept = np.ceil(loads.HISTORY_S * rng.random((len(short), 1)) ** 2)
    age = np.arange(loads.HISTORY_S, 0, -1)
    histories[short] = np.where(age <= kept, histories[short], loads.UNKNOWN)
    return histories, maxima


def train(histories: np.ndarray, maxima: np.ndarray) -> Forecaster:
    torch.manual_seed(SEED)
    model = Forecaster()
    with torch.no_grad():
        parts = [model.features(part) for part in torch.from_numpy(histories).split(8192)]
    features, base = (torch.cat(part) for part in zip(*parts))
    model.mean.copy_(features.mean(0))
    model.deviation.copy_(features.std(0))
    wanted = torch.from_numpy(maxima)[:, None]
    quantiles = torch.tensor(QUANTILES)
    steps = len(features) // BATCH
    optimiser = torch.optim.AdamW(model.parameters(), lr=RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=EPOCHS * steps)
    for _ in range(EPOCHS):
        for picked in torch.randperm(len(features))[: steps * BATCH].split(BATCH):
            # Counts are whole. Noise of ±0.5 makes them continuous: then the rounded quantile is that of the counts.
            spread = wanted[picked] + torch.rand(BATCH, 1) - 0.5
            missed = torch.log1p(spread) - model.quantiles(features[picked], base[picked])
            optimiser.zero_grad()
            torch.maximum(quantiles * missed, (quantiles - 1) * missed).mean().backward()
            optimiser.step()
            schedule.step()
    return model.eval()


def smape(actual: np.ndarray, forecast: np.ndarray) -> float:
    """Mean of 2 |y - p| / (y + p), in %; two zeros agree."""
    return float(200 * np.mean(np.abs(actual - forecast) / np.maximum(actual + forecast, 1e-9)))


def judge(path: Path, stretches: list[np.ndarray]) -> dict:
    """Scores of the learned predictor and of simple rules, which need no training (solver/adapt/predictors/)."""
    histories, actual = loads.windows(stretches)
    rolling = np.lib.stride_tricks.sliding_window_view(histories, loads.HORIZON_S, axis=1).max(2)
    median, p90 = np.quantile(rolling, QUANTILES, axis=1, method="inverted_cdf")
    learned = run(path, "counts", histories, len(histories))

    def maximum(seconds: int) -> np.ndarray:
        return histories[:, -seconds:].max(1)

    forecasts = {
        "learned": (learned[:, 0], learned[:, 1]),
        "quantile": (median, p90),
        **{f"last{seconds}sMaximum": (maximum(seconds), maximum(seconds)) for seconds in (10, 20, 120)},
    }
    return {
        "intervals": len(actual),
        **{
            name: {
                "smape": round(smape(actual, median), 2),
                "p90Coverage": round(float(np.mean(actual <= p90)), 3),
                "p90OverMean": round(float(p90.mean() / actual.mean()), 3),
            }
            for name, (median, p90) in forecasts.items()
        },
    }


def fixture(path: Path) -> list[dict]:
    """Reference forecasts, which tests compare with those of the TypeScript code."""
    rng = np.random.default_rng(SEED)
    entries = []
    for seconds, before, after in FIXTURE_LOADS:
        step = int(rng.integers(seconds + 1))
        counts = rng.poisson(np.where(np.arange(seconds) < step, before, after))
        median, p90 = run(path, "counts", counts[None].astype(np.float32))[0].tolist()
        entries.append({"countsPerS": counts.tolist(), "medianPerS": median, "p90PerS": p90})
    return entries


def make(reference: str = os.environ.get("IPA_EDGE_REFERENCE", "../shared")) -> None:
    traces = Path(reference) / "ipa" / "traces"
    counts = loads.read_counts(traces / "train_per_second.txt.gz")
    split = len(counts) - HELD_BACK_DAYS * loads.DAY_S
    days, held_back = loads.without_outages(counts[:split]), loads.without_outages(counts[split:])

    rng = np.random.default_rng(SEED)
    start = time.monotonic()
    histories, maxima = training_windows(days, rng)
    model = train(histories, maxima)
    seconds = time.monotonic() - start
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / "predictor.onnx"
    export(model, path, (loads.HISTORY_S,), "forecast", "counts", ("batch", "seconds"))

    record = {
        **file_facts(path),
        "data": "IPA's training trace (requests per second of 14 days), outages cut out, as it is and redrawn",
        "days": split // loads.DAY_S,
        "heldBackDays": HELD_BACK_DAYS,
        "windows": len(histories),
        "seed": SEED,
        "parameters": sum(p.numel() for p in model.parameters()),
        "seconds": round(seconds),
        "versions": versions("numpy", "onnxruntime"),
        "heldBack": judge(path, held_back),
        "bursty": judge(path, [loads.read_counts(traces / "bursty.json")]),
        "heldBackRedrawn": {
            f"{kind} x {scale:g}": judge(path, [redraw(stretch, scale, rng) for stretch in held_back])
            for kind, redraw in loads.REDRAWN.items()
            for scale in JUDGED_SCALES
        },
    }
    write_json(FOLDER / "record.json", record)
    FIXTURE.parent.mkdir(parents=True, exist_ok=True)
    FIXTURE.write_text("[\n" + ",\n".join(map(json.dumps, fixture(path))) + "\n]\n")
    for name in ("heldBack", "bursty"):
        print(name, record[name])

