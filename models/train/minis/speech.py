"""Speaks texts with espeak-ng (Debian package espeak-ng): many voices, speeds and pitches, with noise."""

import subprocess
from dataclasses import dataclass

import numpy as np

RATE_HZ = 16_000
WINDOW_SECONDS = 6
WINDOW = WINDOW_SECONDS * RATE_HZ
ESPEAK_RATE_HZ = 22_050
WAV_HEADER_BYTES = 44

ACCENTS = ("en-gb", "en-us", "en-gb-x-rp")
# Voices by split: those of validation and pack are not heard in training. Voices that breathe are left out, because
# espeak-ng draws their breath by the time of day.
VOICES = {
    "train": ("", "+f1", "+f4", "+m1", "+m2", "+m3", "+m4", "+m5", "+m7", "+m8", "+steph", "+Andy"),
    "validation": ("+Michael", "+linda"),
    "pack": ("+m6", "+Annie"),
}
SEEDS = {"train": 11, "validation": 12, "pack": 13}


@dataclass
class Clips:
    pcm: np.ndarray
    """int16 [n, WINDOW], zeros after each clip"""
    lengths: np.ndarray
    """int32 [n], in samples"""


def speak(text: str, voice: str, words_per_minute: int, pitch: int) -> np.ndarray:
    """A clip at RATE_HZ: float64 [samples], within ±1."""
    command = ["espeak-ng", "-v", voice, "-s", str(words_per_minute), "-p", str(pitch), "--stdout", text]
    wav = subprocess.run(command, capture_output=True, check=True).stdout
    samples = np.frombuffer(wav[WAV_HEADER_BYTES : len(wav) // 2 * 2], "<i2") / 32768
    # Resampling by cutting the spectrum needs no filter design.
    length = len(samples) * RATE_HZ // ESPEAK_RATE_HZ
    return np.fft.irfft(np.fft.rfft(samples)[: length // 2 + 1], length) * length / len(samples)


def noisy(clip: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The clip with white or brown noise, 10 to 30 dB below it, scaled to a random peak of 0.1 to 0.6."""
    noise = rng.standard_normal(len(clip))
    if rng.random() < 0.5:
        noise = np.cumsum(noise)
        noise -= np.convolve(noise, np.full(400, 1 / 400), "same")
    decibels = rng.uniform(10, 30)
    noise *= np.sqrt((clip**2).mean() / (noise**2).mean() / 10 ** (decibels / 10))
    mixed = clip + noise
    return mixed * rng.uniform(0.1, 0.6) / np.abs(mixed).max()


def speak_all(texts: list[str], split: str) -> Clips:
    rng = np.random.default_rng(SEEDS[split])
    clips = Clips(np.zeros((len(texts), WINDOW), np.int16), np.zeros(len(texts), np.int32))
    for row, text in enumerate(texts):
        voice = rng.choice(ACCENTS) + rng.choice(VOICES[split])
        speed, pitch = int(rng.integers(175, 230)), int(rng.integers(25, 75))
        clip = speak(text, voice, speed, pitch)
        while len(clip) > WINDOW:
            speed += 15
            clip = speak(text, voice, speed, pitch)
        clips.pcm[row, : len(clip)] = np.round(noisy(clip, rng) * 32767)
        clips.lengths[row] = len(clip)
    return clips
