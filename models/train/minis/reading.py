"""Kinds that read texts: classifiers and models that answer questions."""

import torch
import torch.nn.functional as F
from torch import nn

from .layers import HIDDEN, Shape
from .pipelines import CLASSES
from .readers import Answerer, Classifier
from .task import Task


class Classify(Task):
    metric = "accuracy"

    @staticmethod
    def net_of(kind: str, shape: Shape, vocabulary: int) -> nn.Module:
        return Classifier(shape, vocabulary, len(CLASSES[kind]))

    def loss(self, net, picked, rng) -> torch.Tensor:
        rows = [self.rows["train"][i] for i in picked]
        return F.cross_entropy(net(*self.texts(rows)), torch.tensor([row["label"] for row in rows]))

    def score(self, net) -> float:
        right = 0
        for _, rows in self.chunks():
            right += (net(*self.texts(rows)).argmax(1) == torch.tensor([row["label"] for row in rows])).sum().item()
        return right / len(self.rows["validation"])


class Answer(Task):
    metric = "exact spans"

    @staticmethod
    def net_of(kind: str, shape: Shape, vocabulary: int) -> nn.Module:
        return Answerer(shape, vocabulary)

    def ends(self, net, rows) -> tuple[torch.Tensor, torch.Tensor]:
        ids, mask = self.texts(rows)
        hidden = (1 - mask) * HIDDEN
        start, end = net(ids, mask)
        return start + hidden, end + hidden

    def loss(self, net, picked, rng) -> torch.Tensor:
        rows = [self.rows["train"][i] for i in picked]
        start, end = self.ends(net, rows)
        return F.cross_entropy(start, torch.tensor([row["start"] for row in rows])) + F.cross_entropy(
            end, torch.tensor([row["end"] for row in rows])
        )

    def score(self, net) -> float:
        right = 0
        for _, rows in self.chunks():
            start, end = (scores.argmax(1).tolist() for scores in self.ends(net, rows))
            right += sum((s, e) == (row["start"], row["end"]) for s, e, row in zip(start, end, rows))
        return right / len(self.rows["validation"])
