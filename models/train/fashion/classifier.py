"""Classifiers of garments. They are trained on crops of scenes: classifiers trained on clean garments fail on crops."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from .data import CLASSES, GARMENT_PX
from .detector import conv
from .scenes import Scene, crop

PIXELS = GARMENT_PX * GARMENT_PX
# A detector's boxes are off by some pixels, so the corners of crops are moved by up to this share of a box's side.
TRAIN_JITTER = 0.12
TEST_JITTER = 0.06
EPOCHS = {"linear": 3, "mlp64": 4, "cnn8": 3, "cnn16": 3, "res16": 4, "res32": 4}
BATCH = 128


class Residual(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        last = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.body = nn.Sequential(conv(width, width), last, nn.BatchNorm2d(width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(x + self.body(x))


def convolutional(width: int, residual: bool) -> nn.Sequential:
    return nn.Sequential(
        conv(1, width),
        nn.MaxPool2d(2),
        *([Residual(width)] if residual else []),
        conv(width, 2 * width),
        nn.MaxPool2d(2),
        *([Residual(2 * width)] if residual else []),
        conv(2 * width, 4 * width),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4 * width, len(CLASSES)),
    )


# Each net maps images [n, 1, 28, 28] in 0…1 to logits [n, 10].
VARIANTS = {
    "linear": lambda: nn.Sequential(nn.Flatten(), nn.Linear(PIXELS, len(CLASSES))),
    "mlp64": lambda: nn.Sequential(
        nn.Flatten(), nn.Linear(PIXELS, 64), nn.ReLU(), nn.Linear(64, len(CLASSES))
    ),
    "cnn8": lambda: convolutional(8, False),
    "cnn16": lambda: convolutional(16, False),
    "res16": lambda: convolutional(16, True),
    "res32": lambda: convolutional(32, True),
}


def jittered_crops(scenes: list[Scene], jitter: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Crops of all garments, uint8 [n, 1, 28, 28], corners moved by up to `jitter` of a side; labels, int64 [n]."""
    rng = np.random.default_rng(seed)
    crops = [
        crop(scene.pixels, box + rng.uniform(-jitter, jitter, 4) * (box[2] - box[0]))
        for scene in scenes
        for box in scene.boxes
    ]
    return np.stack(crops)[:, None], np.concatenate([scene.labels for scene in scenes]).astype(np.int64)


def train(name: str, crops: np.ndarray, labels: np.ndarray, seed: int) -> nn.Module:
    torch.manual_seed(seed)
    images, wanted = torch.from_numpy(crops), torch.from_numpy(labels)
    model = VARIANTS[name]().to(memory_format=torch.channels_last)
    # Mirrored garments are more training data; the nets without convolutions are too small to learn both sides.
    mirrors = name not in ("linear", "mlp64")
    steps = len(images) // BATCH
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 6e-3, total_steps=EPOCHS[name] * steps)
    for _ in range(EPOCHS[name]):
        order = torch.randperm(len(images))
        for step in range(steps):
            picked = order[step * BATCH : (step + 1) * BATCH]
            batch = images[picked].float() / 255
            if mirrors and torch.rand(1) < 0.5:
                batch = batch.flip(3)
            optimiser.zero_grad()
            F.cross_entropy(model(batch), wanted[picked], label_smoothing=0.05).backward()
            optimiser.step()
            schedule.step()
    return model.eval()
