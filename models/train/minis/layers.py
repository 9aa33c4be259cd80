"""Parts of transformers, with normalisation before each part."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

POSITIONS = 128
# Added to the scores of what attention must not see.
HIDDEN = -1e4

KeysAndValues = tuple[torch.Tensor, torch.Tensor]


@dataclass(frozen=True)
class Shape:
    width: int
    heads: int
    encoder_layers: int = 1
    decoder_layers: int = 1
    dropout: float = 0

    @property
    def inner_width(self) -> int:
        return 4 * self.width


def waves(count: int, width: int) -> torch.Tensor:
    """Sinusoidal positions [count, width]. Learnt ones start with them, because neighbours are then easy to find."""
    rates = torch.exp(-math.log(10_000) / max(1, width // 2 - 1) * torch.arange(width // 2))
    angles = torch.arange(count)[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], 1)


class Attention(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.heads, self.dropout = shape.heads, shape.dropout
        self.query, self.key, self.value, self.out = (nn.Linear(shape.width, shape.width) for _ in range(4))

    def split(self, x: torch.Tensor) -> torch.Tensor:
        batch, length, width = x.shape
        return x.view(batch, length, self.heads, width // self.heads).transpose(1, 2)

    def keys_and_values(self, x: torch.Tensor) -> KeysAndValues:
        return self.split(self.key(x)), self.split(self.value(x))

    def forward(self, x: torch.Tensor, seen: KeysAndValues, bias: torch.Tensor | None) -> torch.Tensor:
        keys, values = seen
        query = self.split(self.query(x))
        scores = query @ keys.transpose(-1, -2) * query.shape[-1] ** -0.5
        if bias is not None:
            scores = scores + bias
        mixed = F.dropout(scores.softmax(-1), self.dropout, self.training) @ values
        return self.out(mixed.transpose(1, 2).flatten(2))


class Inner(nn.Sequential):
    def __init__(self, shape: Shape):
        super().__init__(
            nn.LayerNorm(shape.width),
            nn.Linear(shape.width, shape.inner_width),
            nn.GELU(),
            nn.Linear(shape.inner_width, shape.width),
            nn.Dropout(shape.dropout),
        )


class EncoderLayer(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.norm, self.attention, self.inner = nn.LayerNorm(shape.width), Attention(shape), Inner(shape)

    def forward(self, x: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
        y = self.norm(x)
        x = x + self.attention(y, self.attention.keys_and_values(y), bias)
        return x + self.inner(x)


class DecoderLayer(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.norm, self.attention = nn.LayerNorm(shape.width), Attention(shape)
        self.cross_norm, self.cross, self.inner = nn.LayerNorm(shape.width), Attention(shape), Inner(shape)

    def forward(
        self,
        x: torch.Tensor,
        past: KeysAndValues | None,
        encoded: KeysAndValues,
        bias: torch.Tensor,
        cross_bias: torch.Tensor | None,
    ) -> tuple[torch.Tensor, KeysAndValues]:
        y = self.norm(x)
        own = self.attention.keys_and_values(y)
        if past is not None:
            own = (torch.cat([past[0], own[0]], 2), torch.cat([past[1], own[1]], 2))
        x = x + self.attention(y, own, bias)
        x = x + self.cross(self.cross_norm(x), encoded, cross_bias)
        return x + self.inner(x), own


def padding_bias(mask: torch.Tensor) -> torch.Tensor:
    """What hides the padding: mask [batch, length] of ones and zeros → [batch, 1, 1, length]."""
    return (1 - mask.float())[:, None, None] * HIDDEN
