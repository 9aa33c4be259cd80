"""Detectors: fully convolutional nets that mark the centre cell of each garment and give its offset and size."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from .data import GARMENT_PX
from .scenes import SCENE_PX, Scene

STRIDE = 8
SIZE_SCALE = GARMENT_PX
THRESHOLD = 0.35
MIN_BOX_PX = 8
# Width of the first layer, and additional layers per resolution.
VARIANTS = {"det4": (4, 0), "det8": (8, 0), "det16": (16, 1)}
EPOCHS = 3
BATCH = 32


def conv(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    layer = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
    return nn.Sequential(layer, nn.BatchNorm2d(outputs), nn.ReLU())


def build(name: str) -> nn.Module:
    """Maps [n, 1, 128, 128] in 0…1 to [n, 4, 16, 16]: centre logit, x and y offset in cells, size / 28 px."""
    width, extra = VARIANTS[name]
    return nn.Sequential(
        conv(1, width, 2),
        conv(width, 2 * width, 2),
        *[conv(2 * width, 2 * width) for _ in range(extra)],
        conv(2 * width, 4 * width, 2),
        *[conv(4 * width, 4 * width) for _ in range(extra + 1)],
        nn.Conv2d(4 * width, 4, 1),
    )


def target(scene: Scene) -> np.ndarray:
    """The output wanted for a scene, float32 [4, 16, 16]; the last three channels count at centres only."""
    cells = SCENE_PX // STRIDE
    wanted = np.zeros((4, cells, cells), np.float32)
    for x0, y0, x1, y1 in scene.boxes:
        x, y = (x0 + x1) / 2 / STRIDE, (y0 + y1) / 2 / STRIDE
        wanted[:, int(y), int(x)] = 1, x - int(x), y - int(y), (x1 - x0) / SIZE_SCALE
    return wanted


def loss(output: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Focal loss of the centre logits, because few cells are centres; L1 loss of offset and size at the centres."""
    centre = wanted[:, 0]
    p = torch.sigmoid(output[:, 0]).clamp(1e-4, 1 - 1e-4)
    focal = -(centre * (1 - p) ** 2 * p.log() + 0.3 * (1 - centre) * p**2 * (1 - p).log()).sum()
    offsets = ((output[:, 1:] - wanted[:, 1:]).abs() * centre[:, None]).sum()
    return (focal + 2 * offsets) / centre.sum()


def train(name: str, scenes: list[Scene], seed: int) -> nn.Module:
    torch.manual_seed(seed)
    images = torch.from_numpy(np.stack([scene.pixels for scene in scenes]))[:, None]
    wanted = torch.from_numpy(np.stack([target(scene) for scene in scenes]))
    model = build(name).to(memory_format=torch.channels_last)
    steps = len(scenes) // BATCH
    optimiser = torch.optim.AdamW(model.parameters(), lr=2e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 6e-3, total_steps=EPOCHS * steps)
    for _ in range(EPOCHS):
        order = torch.randperm(len(scenes))
        for step in range(steps):
            picked = order[step * BATCH : (step + 1) * BATCH]
            optimiser.zero_grad()
            loss(model(images[picked].float() / 255), wanted[picked]).backward()
            optimiser.step()
            schedule.step()
    return model.eval()


def decode(output: np.ndarray) -> list[np.ndarray]:
    """Boxes of each scene from the net's output, float64 [k, 5]: x0, y0, x1, y1, score; by row, then column."""
    heat = torch.from_numpy(output[:, :1])
    peaks = (heat == F.max_pool2d(heat, 3, 1, 1))[:, 0].numpy()
    scores = 1 / (1 + np.exp(-output[:, 0].astype(np.float64)))
    found = []
    for i, peak in enumerate(peaks & (scores > THRESHOLD)):
        rows, columns = np.nonzero(peak)
        dx, dy, size = output[i, 1:, rows, columns].astype(np.float64).T
        x, y = (columns + dx) * STRIDE, (rows + dy) * STRIDE
        half = np.maximum(MIN_BOX_PX, size * SIZE_SCALE) / 2
        found.append(np.stack([x - half, y - half, x + half, y + half, scores[i, rows, columns]], 1))
    return found
