"""Nets that hear: Whisper's encoder, and a model of letters."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from .features import HOP, N_FFT, mel_filters
from .layers import EncoderLayer, Shape, waves


class AudioEncoder(nn.Module):
    """
    input_features [batch, mels, frames] → [batch, frames / 4, width]. Both convolutions halve the length; of Whisper's,
    only the second does. Half as many positions are half the work.
    """

    def __init__(self, shape: Shape, mels: int, frames: int):
        super().__init__()
        self.first = nn.Conv1d(mels, shape.width, 5, stride=2, padding=2)
        self.second = nn.Conv1d(shape.width, shape.width, 3, stride=2, padding=1)
        self.register_buffer("places", waves(frames // 4, shape.width) * 0.3)
        self.layers = nn.ModuleList(EncoderLayer(shape) for _ in range(shape.encoder_layers))
        self.norm = nn.LayerNorm(shape.width)

    def forward(self, input_features: torch.Tensor) -> torch.Tensor:
        x = F.gelu(self.second(F.gelu(self.first(input_features)))).transpose(1, 2) + self.places
        for layer in self.layers:
            x = layer(x, None)
        return self.norm(x)


class Speller(nn.Module):
    """
    Samples in, letters out, as wav2vec2 does: input_values [batch, samples] → logits [batch, frames, letters]. The
    front is fixed: a spectrum by convolution, mel bands, and a logarithm.
    """

    FLOOR = 1e-2

    def __init__(self, shape: Shape, vocabulary: int, mels: int):
        super().__init__()
        window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(N_FFT) / N_FFT)
        angles = np.arange(N_FFT // 2 + 1)[:, None] * np.arange(N_FFT) * 2 * np.pi / N_FFT
        basis = np.concatenate([np.cos(angles), np.sin(angles)]) * window
        self.register_buffer("basis", torch.tensor(basis[:, None], dtype=torch.float32))
        self.register_buffer("bands", torch.tensor(mel_filters(mels) * 100, dtype=torch.float32))
        self.first = nn.Conv1d(mels, shape.width, 5, stride=2, padding=2)
        self.second = nn.Conv1d(shape.width, shape.width, 3, padding=1)
        self.layers = nn.ModuleList(EncoderLayer(shape) for _ in range(shape.encoder_layers))
        self.norm, self.head = nn.LayerNorm(shape.width), nn.Linear(shape.width, vocabulary)
        rates = torch.exp(-math.log(10_000) / (shape.width // 2 - 1) * torch.arange(shape.width // 2))
        self.register_buffer("rates", rates)

    def front(self, input_values: torch.Tensor) -> torch.Tensor:
        spectrum = F.conv1d(input_values[:, None], self.basis, stride=HOP)
        real, imaginary = spectrum.chunk(2, 1)
        return torch.log(self.bands @ (real**2 + imaginary**2) + self.FLOOR) * 0.2

    def spell(self, bands: torch.Tensor) -> torch.Tensor:
        x = F.gelu(self.second(F.gelu(self.first(bands)))).transpose(1, 2)
        angles = torch.arange(x.shape[1])[:, None] * self.rates
        x = x + torch.cat([angles.sin(), angles.cos()], 1) * 0.3
        for layer in self.layers:
            x = layer(x, None)
        return self.head(self.norm(x))

    def forward(self, input_values: torch.Tensor) -> torch.Tensor:
        return self.spell(self.front(input_values))
