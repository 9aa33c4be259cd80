"""Log mel spectra as WhisperFeatureExtractor of the Hugging Face hub makes them."""

import numpy as np
import torch

from .speech import RATE_HZ, WINDOW

N_FFT, HOP, MELS = 400, 320, 80
FRAMES = WINDOW // HOP


def mel_filters(mels: int) -> np.ndarray:
    """Slaney's triangles, of equal areas: [mels, N_FFT / 2 + 1]."""

    def mel_of(hertz):
        return np.where(hertz < 1000, 3 * hertz / 200, 15 + np.log(np.maximum(hertz, 1e-9) / 1000) * 27 / np.log(6.4))

    def hertz_of(mel):
        return np.where(mel < 15, 200 * mel / 3, 1000 * np.exp(np.log(6.4) / 27 * (mel - 15)))

    edges = hertz_of(np.linspace(mel_of(np.array(0.0)), mel_of(np.array(RATE_HZ / 2)), mels + 2))
    bins = np.linspace(0, RATE_HZ / 2, N_FFT // 2 + 1)
    low, middle, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    triangles = np.minimum((bins - low) / (middle - low), (high - bins) / (high - middle))
    return np.maximum(0, triangles) * (2 / (high - low))


def log_mel(pcm: np.ndarray) -> torch.Tensor:
    """int16 [n, WINDOW] → float32 [n, MELS, FRAMES]"""
    samples = torch.from_numpy(pcm.astype(np.float32) / 32768)
    window = torch.hann_window(N_FFT)
    spectrum = torch.stft(samples, N_FFT, HOP, window=window, pad_mode="reflect", return_complex=True)[..., :-1]
    power = torch.tensor(mel_filters(MELS), dtype=torch.float32) @ spectrum.abs() ** 2
    logarithms = power.clamp(min=1e-10).log10()
    loudest = logarithms.amax((1, 2), keepdim=True)
    return (torch.maximum(logarithms, loudest - 8) + 4) / 4
