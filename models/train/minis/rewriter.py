"""Encoder and decoder, with the cache of keys and values that models on the Hugging Face hub have."""

import torch
import torch.nn.functional as F
from torch import nn

from .layers import HIDDEN, POSITIONS, DecoderLayer, KeysAndValues, Shape, padding_bias, waves


class Decoder(nn.Module):
    def __init__(self, shape: Shape, vocabulary: int):
        super().__init__()
        self.words, self.places = nn.Embedding(vocabulary, shape.width), nn.Embedding(POSITIONS, shape.width)
        self.layers = nn.ModuleList(DecoderLayer(shape) for _ in range(shape.decoder_layers))
        self.norm, self.bias = nn.LayerNorm(shape.width), nn.Parameter(torch.zeros(vocabulary))
        nn.init.normal_(self.words.weight, std=0.1)
        self.places.weight.data = waves(POSITIONS, shape.width) * 0.1

    def encoded(self, hidden: torch.Tensor) -> list[KeysAndValues]:
        """Keys and values of what the encoder gave, for each layer."""
        return [layer.cross.keys_and_values(hidden) for layer in self.layers]

    def forward(
        self,
        input_ids: torch.Tensor,
        encoded: list[KeysAndValues],
        encoder_mask: torch.Tensor | None,
        past: list[KeysAndValues] | None = None,
    ) -> tuple[torch.Tensor, list[KeysAndValues]]:
        """Logits of the next tokens, and the keys and values of all tokens so far, for each layer."""
        before = past[0][0].shape[2] if past is not None else 0
        places = torch.arange(input_ids.shape[1]) + before
        bias = (torch.arange(input_ids.shape[1] + before) > places[:, None]).float() * HIDDEN
        cross_bias = None if encoder_mask is None else padding_bias(encoder_mask)
        x = self.words(input_ids) + self.places(places)
        present = []
        for i, layer in enumerate(self.layers):
            x, own = layer(x, past[i] if past is not None else None, encoded[i], bias, cross_bias)
            present.append(own)
        return F.linear(self.norm(x), self.words.weight, self.bias), present


class Rewriter(nn.Module):
    """Encoder and decoder, of texts or of sound."""

    def __init__(self, encoder: nn.Module, decoder: Decoder):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def encode(self, source: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        return self.encoder(source) if mask is None else self.encoder(source, mask)

    def forward(self, source: torch.Tensor, mask: torch.Tensor | None, given: torch.Tensor):
        """Logits after each given token, and what the encoder gave."""
        hidden = self.encode(source, mask)
        return self.decoder(given, self.decoder.encoded(hidden), mask)[0], hidden

    @torch.no_grad()
    def greedy(self, source, mask, prompt: list[int], end: int, most: int) -> list[list[int]]:
        """The likeliest tokens one by one, up to and with the end token, for each row."""
        encoded = self.decoder.encoded(self.encode(source, mask))
        rows: list[list[int]] = [[] for _ in range(len(source))]
        ids, past = torch.tensor([prompt] * len(source)), None
        for _ in range(most):
            logits, past = self.decoder(ids, encoded, mask, past)
            ids = logits[:, -1].argmax(-1, keepdim=True)
            for row, token in zip(rows, ids[:, 0].tolist()):
                if end not in row:
                    row.append(token)
            if all(end in row for row in rows):
                break
        return rows
