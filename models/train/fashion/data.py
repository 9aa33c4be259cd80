"""Fashion-MNIST as Debian packages it (dataset-fashion-mnist; Zalando SE, MIT licence)."""

import gzip
from pathlib import Path

import numpy as np

FOLDER = Path("/usr/share/datasets/fashion-mnist")
SOURCE = "Fashion-MNIST (Zalando SE, MIT licence; Debian package dataset-fashion-mnist)"
CLASSES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
    "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip
GARMENT_PX = 28


def load(split: str) -> tuple[np.ndarray, np.ndarray]:
    """Images uint8 [n, 28, 28] and labels int64 [n] of split `train` (60,000) or `t10k` (10,000)."""

    def values(kind: str, header_bytes: int) -> np.ndarray:
        with gzip.open(FOLDER / f"{split}-{kind}-ubyte.gz") as file:
            return np.frombuffer(file.read(), np.uint8, offset=header_bytes)

    images = values("images-idx3", 16).reshape(-1, GARMENT_PX, GARMENT_PX)
    return images, values("labels-idx1", 8).astype(np.int64)
