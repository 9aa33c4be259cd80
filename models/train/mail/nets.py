"""Nets that classify texts by their first bytes: int64 [n, length], padded with zeros, to logits [n, classes]."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

BATCH, RATE = 64, 3e-3


class Bag(nn.Module):
    """
    Ignores the order of bytes: each byte value has a row of logits, zeros for padding. The output is the mean of the rows
    over all positions, padding included, times `scale`, plus a bias.
    """

    def __init__(self, classes: int, scale: float = 8):
        super().__init__()
        self.table = nn.Embedding(256, classes, padding_idx=0)
        self.bias = nn.Parameter(torch.zeros(classes))
        self.scale = scale

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.table(x).mean(1) * self.scale + self.bias


class Convolutional(nn.Module):
    """
    Recognises short runs of bytes wherever they stand. Padding needs no mask: its embedding is zero, and its length
    does not depend on the other texts of a batch.
    """

    def __init__(self, classes: int, embedding: int, width: int, kernel: int, layers: int, dropout: float):
        super().__init__()
        self.table = nn.Embedding(256, embedding, padding_idx=0)
        widths = [embedding] + [width] * layers
        convolutions = [nn.Conv1d(a, b, kernel, padding=kernel // 2) for a, b in zip(widths, widths[1:])]
        self.body = nn.Sequential(
            *(module for convolution in convolutions for module in (convolution, nn.ReLU())),
            nn.AdaptiveMaxPool1d(1),
            nn.Flatten(),
            nn.Dropout(dropout),
            nn.Linear(width, classes),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.body(self.table(x).transpose(1, 2))


# Functions that build each variant for a number of classes.
VARIANTS: dict[str, Callable[[int], nn.Module]] = {
    "bag": lambda classes: Bag(classes),
    "cnn16": lambda classes: Convolutional(classes, 16, 16, 5, 1, 0),
    "cnn64": lambda classes: Convolutional(classes, 16, 64, 5, 1, 0.2),
    "cnn128x2": lambda classes: Convolutional(classes, 24, 128, 5, 2, 0.3),
}


@dataclass
class Labelled:
    texts: np.ndarray
    """int64 [n, length]"""
    labels: np.ndarray
    """int64 [n]"""


def train(name: str, data: Labelled, epochs: int, seed: int) -> nn.Module:
    torch.manual_seed(seed)
    texts, labels = torch.from_numpy(data.texts), torch.from_numpy(data.labels)
    model = VARIANTS[name](int(labels.max()) + 1)
    steps = len(texts) // BATCH
    optimiser = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2 * RATE, total_steps=epochs * steps)
    for _ in range(epochs):
        order = torch.randperm(len(texts))
        for step in range(steps):
            picked = order[step * BATCH : (step + 1) * BATCH]
            optimiser.zero_grad()
            F.cross_entropy(model(texts[picked]), labels[picked], label_smoothing=0.05).backward()
            optimiser.step()
            schedule.step()
    return model.eval()
