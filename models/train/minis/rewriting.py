"""Kinds that write texts: translation and summary."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from .batches import padded
from .layers import Shape
from .readers import TextEncoder
from .rewriter import Decoder, Rewriter
from .task import Task

IGNORED = -100


@dataclass(frozen=True)
class Tokens:
    """Special tokens of an encoder and decoder: `prompt` starts the decoder, `end` ends a text, `pad` fills rows."""

    prompt: list[int]
    end: int
    pad: int


def tokens_of(kind: str, vocabulary: int) -> Tokens:
    return {
        "translate": Tokens([vocabulary - 1], 0, vocabulary - 1),
        "summary": Tokens([2], 2, 1),
        "speech": Tokens([vocabulary - 2, vocabulary - 1], vocabulary - 3, vocabulary - 3),
    }[kind]


class Rewrite(Task):
    batch = 48
    most = 64
    metric = "exact texts"

    def __init__(self, folder: Path, kind: str):
        super().__init__(folder, kind)
        self.tokens = tokens_of(kind, self.vocabulary)

    def source_of(self, row: dict) -> list[int]:
        return row["source"]

    @staticmethod
    def net_of(kind: str, shape: Shape, vocabulary: int) -> nn.Module:
        return Rewriter(TextEncoder(shape, vocabulary), Decoder(shape, vocabulary))

    def sources(self, split: str, picked, rows, rng=None):
        return self.texts(rows, self.tokens.pad)

    def loss(self, net, picked, rng) -> torch.Tensor:
        rows = [self.rows["train"][i] for i in picked]
        prompt = self.tokens.prompt
        given = padded([prompt + row["target"][:-1] for row in rows], self.tokens.pad)
        wanted = padded([[IGNORED] * (len(prompt) - 1) + row["target"] for row in rows], IGNORED)
        source, mask = self.sources("train", picked, rows, rng)
        logits, hidden = net(source, mask, given)
        loss = F.cross_entropy(logits.flatten(0, 1), wanted.flatten(), ignore_index=IGNORED)
        return loss + self.extra_loss(net, hidden, rows)

    def extra_loss(self, net, hidden, rows) -> torch.Tensor | float:
        return 0.0

    def decoded(self, net) -> list[tuple[list[int], list[int]]]:
        """Tokens that the net gives and true ones, for each validation row."""
        return [
            (given, row["target"])
            for picked, rows in self.chunks()
            for given, row in zip(
                net.greedy(
                    *self.sources("validation", picked, rows), self.tokens.prompt, self.tokens.end, self.most
                ),
                rows,
            )
        ]

    def score(self, net) -> float:
        return float(np.mean([given == wanted for given, wanted in self.decoded(net)]))
