"""Kinds that hear: transcripts token by token, as Whisper gives them, and letters, as wav2vec2 gives them."""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from .features import FRAMES, MELS, log_mel
from .hearers import AudioEncoder, Speller
from .layers import Shape
from .rewriter import Decoder, Rewriter
from .rewriting import Rewrite
from .task import Task

SPELLER_MELS = 40


def edits(a: list, b: list) -> int:
    """Levenshtein distance."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (x != y))
    return row[-1]


def ctc(logits: torch.Tensor, targets: list[list[int]], blank: int) -> torch.Tensor:
    """CTC loss of logits [batch, frames, tokens]: a run of one token counts once, and `blank` separates equal tokens."""
    lengths = torch.full((len(targets),), logits.shape[1])
    return F.ctc_loss(
        F.log_softmax(logits, -1).transpose(0, 1),
        torch.tensor(sum(targets, [])),
        lengths,
        torch.tensor([len(target) for target in targets]),
        blank=blank,
        zero_infinity=True,
    )


def hide_bands(features: torch.Tensor, rng: np.random.Generator, most_bands: int, most_frames: int) -> torch.Tensor:
    """Sets some neighbouring bands and frames of each clip to the clip's mean, so that a net cannot rely on them."""
    features = features.clone()
    for clip in features:
        band, frame = rng.integers(0, clip.shape[0] - most_bands), rng.integers(0, clip.shape[1] - most_frames)
        mean = clip.mean()
        clip[band : band + rng.integers(0, most_bands)] = mean
        clip[:, frame : frame + rng.integers(0, most_frames)] = mean
    return features


class Transcribe(Rewrite):
    batch = 24
    metric = "1 − token error rate"

    def __init__(self, folder: Path, kind: str):
        super().__init__(folder, kind)
        self.features = {split: self.features_of(folder, split) for split in self.rows}

    @staticmethod
    def features_of(folder: Path, split: str) -> torch.Tensor:
        pcm = np.load(folder / "data" / f"speech.{split}.pcm.npy", mmap_mode="r")
        return torch.cat([log_mel(pcm[i : i + 100]).half() for i in range(0, len(pcm), 100)])

    def source_of(self, row: dict) -> list[int]:
        return []

    @staticmethod
    def net_of(kind: str, shape: Shape, vocabulary: int) -> nn.Module:
        net = Rewriter(AudioEncoder(shape, MELS, FRAMES), Decoder(shape, vocabulary))
        # Only for training, and not exported: its loss makes the encoder's frames tell the tokens without the decoder.
        net.helper = nn.Linear(shape.width, vocabulary + 1)
        return net

    def sources(self, split: str, picked, rows, rng=None):
        features = self.features[split][picked].float()
        if rng is not None:
            features = hide_bands(features + torch.randn_like(features) * 0.05, rng, 9, 10)
        return features, None

    def extra_loss(self, net, hidden, rows) -> torch.Tensor:
        return 0.5 * ctc(net.helper(hidden), [row["target"][:-1] for row in rows], self.vocabulary)

    def score(self, net) -> float:
        decoded = self.decoded(net)
        return 1 - sum(edits(*pair) for pair in decoded) / sum(len(wanted) for _, wanted in decoded)


class Spell(Task):
    batch = 24
    blank = 0
    metric = "1 − letter error rate"

    def __init__(self, folder: Path, kind: str):
        super().__init__(folder, kind)
        self.bands = {split: self.bands_of(folder, split) for split in self.rows}

    def bands_of(self, folder: Path, split: str) -> torch.Tensor:
        pcm = np.load(folder / "data" / f"speech.{split}.pcm.npy", mmap_mode="r")
        lengths = np.load(folder / "data" / f"speech.{split}.lengths.npy")
        front = self.net(Shape(8, 1)).front
        with torch.no_grad():
            return torch.cat(
                [
                    front(normalised(pcm[i : i + 50], lengths[i : i + 50])).half()
                    for i in range(0, len(pcm), 50)
                ]
            )

    def source_of(self, row: dict) -> list[int]:
        return []

    @staticmethod
    def net_of(kind: str, shape: Shape, vocabulary: int) -> nn.Module:
        return Speller(shape, vocabulary, SPELLER_MELS)

    def loss(self, net, picked, rng) -> torch.Tensor:
        bands = hide_bands(self.bands["train"][picked].float(), rng, 5, 10)
        return ctc(net.spell(bands), [self.rows["train"][i]["target"] for i in picked], self.blank)

    def score(self, net) -> float:
        wrong = letters = 0
        for picked, rows in self.chunks():
            best = net.spell(self.bands["validation"][picked].float()).argmax(-1).tolist()
            for row, given in zip(rows, best):
                collapsed = [t for i, t in enumerate(given) if t != self.blank and (i == 0 or given[i - 1] != t)]
                wrong += edits(collapsed, row["target"])
                letters += len(row["target"])
        return 1 - wrong / letters


def normalised(pcm: np.ndarray, lengths: np.ndarray) -> torch.Tensor:
    """Clips of mean 0 and variance 1, with zeros behind: float32 [n, samples]."""
    rows = torch.from_numpy(pcm.astype(np.float32) / 32768)
    for row, length in zip(rows, lengths):
        clip = row[:length]
        row[:length] = (clip - clip.mean()) / (clip.var(unbiased=False) + 1e-7).sqrt()
    return rows
