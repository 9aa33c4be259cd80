"""What a kind of model is trained on. A kind says how its loss is computed and how validation rows are scored."""

import json
from pathlib import Path

import numpy as np
import torch
from torch import nn

from .batches import mask_of, padded
from .layers import Shape


def vocabulary_size(folder: Path, kind: str) -> int:
    files = json.loads((folder / "tokenizers" / kind / "tokenizer.json").read_text())
    pieces = files["model"]["vocab"]
    ids = range(len(pieces)) if isinstance(pieces, list) else pieces.values()
    return 1 + max([*ids, *(token["id"] for token in files["added_tokens"])])


class Task:
    batch = 64

    def __init__(self, folder: Path, kind: str):
        self.kind, self.vocabulary = kind, vocabulary_size(folder, kind)
        self.rows = {
            split: json.loads((folder / "data" / f"{kind}.{split}.ids.json").read_text())
            for split in ("train", "validation")
        }
        self.lengths = np.array([len(self.source_of(row)) for row in self.rows["train"]])

    @staticmethod
    def net_of(kind: str, shape: Shape, vocabulary: int) -> nn.Module:
        raise NotImplementedError

    def net(self, shape: Shape) -> nn.Module:
        return self.net_of(self.kind, shape, self.vocabulary)

    def source_of(self, row: dict) -> list[int]:
        return row["ids"]

    def chunks(self, size: int = 50):
        rows = self.rows["validation"]
        return [(np.arange(i, min(i + size, len(rows))), rows[i : i + size]) for i in range(0, len(rows), size)]

    def texts(self, rows: list[dict], fill: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
        sources = [self.source_of(row) for row in rows]
        return padded(sources, fill), mask_of(sources)
