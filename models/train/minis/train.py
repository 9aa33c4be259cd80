"""Trains the models: a fixed number of steps for each, by a fixed seed."""

import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from .batches import endless
from .kinds import KINDS
from .layers import Shape
from .task import Task

SEED = 0
WARM_UP_STEPS = 100


@dataclass(frozen=True)
class Recipe:
    shape: Shape
    steps: int
    rate: float


# By kind and size, from the lightest on.
RECIPES: dict[str, dict[str, Recipe]] = {
    "mood": {
        "small": Recipe(Shape(4, 1), 700, 1e-2),
        "medium": Recipe(Shape(8, 1), 400, 8e-3),
        "large": Recipe(Shape(64, 4, 2), 2_000, 3e-3),
    },
    "language": {
        "small": Recipe(Shape(4, 1), 1_500, 1e-2),
        "medium": Recipe(Shape(12, 1), 3_000, 8e-3),
        "large": Recipe(Shape(64, 4, 2), 2_500, 3e-3),
    },
    "qa": {
        "small": Recipe(Shape(4, 1), 370, 1e-2),
        "medium": Recipe(Shape(8, 2), 340, 8e-3),
        "large": Recipe(Shape(64, 4, 2), 5_000, 3e-3),
    },
    "translate": {
        "small": Recipe(Shape(32, 4), 850, 4e-3),
        "medium": Recipe(Shape(64, 4, 1, 2), 600, 3e-3),
        "large": Recipe(Shape(64, 4, 2, 3), 1_600, 2.5e-3),
    },
    "summary": {
        "small": Recipe(Shape(32, 4), 650, 4e-3),
        "medium": Recipe(Shape(64, 4, 1, 2), 700, 3e-3),
        "large": Recipe(Shape(64, 4, 2, 3), 2_400, 2e-3),
    },
    "speech": {
        "small": Recipe(Shape(32, 4, dropout=0.05), 5_000, 4e-3),
        "medium": Recipe(Shape(64, 4, dropout=0.05), 4_000, 3e-3),
        "large": Recipe(Shape(64, 4, 2, 2, dropout=0.05), 7_000, 3e-3),
    },
    "letters": {"small": Recipe(Shape(64, 2, dropout=0.05), 4_500, 3e-3)},
}


def _schedule(step: int, steps: int) -> float:
    """Share of the learning rate: it warms up, then falls by half a cosine."""
    return min(1.0, (step + 1) / WARM_UP_STEPS) * (0.5 + 0.5 * np.cos(np.pi * step / steps))


def _fit(net: torch.nn.Module, task: Task, recipe: Recipe) -> None:
    rng = np.random.default_rng(SEED)
    optimiser = torch.optim.AdamW(net.parameters(), lr=recipe.rate, weight_decay=0.01, betas=(0.9, 0.98))
    batches = endless(task.lengths, task.batch, rng)
    for step in range(recipe.steps):
        for group in optimiser.param_groups:
            group["lr"] = recipe.rate * _schedule(step, recipe.steps)
        loss = task.loss(net, next(batches), rng)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        if step % 500 == 499:
            print(f"  step {step + 1} of {recipe.steps}: loss {loss.item():.3f}", flush=True)


def train(folder: Path, kind: str) -> None:
    """
    Trains each size of a kind that FOLDER/trained does not hold yet, and writes the weights and facts as
    FOLDER/trained/<kind>-<size>.{pt,json}.
    """
    (folder / "trained").mkdir(exist_ok=True)
    missing = {
        size: recipe
        for size, recipe in RECIPES[kind].items()
        if not (folder / "trained" / f"{kind}-{size}.json").exists()
    }
    if not missing:
        return
    task = KINDS[kind](folder, kind)
    for size, recipe in missing.items():
        torch.manual_seed(SEED)
        net = task.net(recipe.shape)
        start = time.monotonic()
        _fit(net.train(), task, recipe)
        seconds = time.monotonic() - start
        net.eval()
        with torch.no_grad():
            score = task.score(net)
        facts = {
            "data": f"{len(task.rows['train'])} generated rows",
            "seed": SEED,
            "steps": recipe.steps,
            "parameters": sum(p.numel() for name, p in net.named_parameters() if not name.startswith("helper")),
            "seconds": round(seconds, 1),
            "validation": {"metric": task.metric, "value": round(score, 4), "n": len(task.rows["validation"])},
        }
        torch.save(net.state_dict(), folder / "trained" / f"{kind}-{size}.pt")
        (folder / "trained" / f"{kind}-{size}.json").write_text(json.dumps(facts))
        print(kind, size, facts, flush=True)
