"""Nets that read texts. Their inputs and outputs are those of models on the Hugging Face hub."""

import torch
from torch import nn

from .layers import POSITIONS, EncoderLayer, KeysAndValues, Shape, padding_bias, waves


class TextEncoder(nn.Module):
    """input_ids and attention_mask, int64 [batch, length] → [batch, length, width]"""

    def __init__(self, shape: Shape, vocabulary: int):
        super().__init__()
        self.words, self.places = nn.Embedding(vocabulary, shape.width), nn.Embedding(POSITIONS, shape.width)
        self.layers = nn.ModuleList(EncoderLayer(shape) for _ in range(shape.encoder_layers))
        self.norm = nn.LayerNorm(shape.width)
        nn.init.normal_(self.words.weight, std=0.1)
        self.places.weight.data = waves(POSITIONS, shape.width) * 0.1

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        x = self.words(input_ids) + self.places(torch.arange(input_ids.shape[1]))
        bias = padding_bias(attention_mask)
        for layer in self.layers:
            x = layer(x, bias)
        return self.norm(x)


class Classifier(nn.Module):
    """Classifies the vector of the first token."""

    def __init__(self, shape: Shape, vocabulary: int, classes: int):
        super().__init__()
        self.encoder, self.head = TextEncoder(shape, vocabulary), nn.Linear(shape.width, classes)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        return self.head(self.encoder(input_ids, attention_mask)[:, 0])


class Answerer(nn.Module):
    """A start score and an end score for each token."""

    def __init__(self, shape: Shape, vocabulary: int):
        super().__init__()
        self.encoder, self.head = TextEncoder(shape, vocabulary), nn.Linear(shape.width, 2)
        # Keys start equal to queries, so that equal words look at each other: question and text have to be matched, and
        # random weights take long to find that.
        for layer in self.encoder.layers:
            layer.attention.query.weight.data *= 2
            layer.attention.key.weight.data = layer.attention.query.weight.data.clone()

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> KeysAndValues:
        start, end = self.head(self.encoder(input_ids, attention_mask)).unbind(-1)
        return start, end
