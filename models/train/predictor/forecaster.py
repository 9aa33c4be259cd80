"""A net that tells from the counts of the last 120 s the median and the p90 of the next 20 s' maximum."""

import torch
import torch.nn.functional as F
from torch import nn

from .loads import HISTORY_S, UNKNOWN

# The level is the mean over the longest of these windows up to which older seconds agree with newer ones.
LEVEL_WINDOWS = (8, 12, 18, 27, 40, 60, 90, 120)
# In standard errors of the two means' difference.
AGREEMENT = 3.5
BLOCK_S = 10
RECENT_S = 20
HIDDEN = (64, 32)
# A count's square root, moved by this, has the same variance at every rate (Anscombe).
ROOT_SHIFT = 3 / 8
# Mean absolute difference of two draws of a normal distribution, in standard deviations.
MEAN_DIFFERENCE = 1.128
# Standard deviation of a Poisson count's shifted square root, and how many seconds' worth it is believed beforehand.
POISSON_ROOT, POISSON_SEEN = 0.5, 2


def _trailing(windows: tuple[int, ...]) -> torch.Tensor:
    """[HISTORY_S, len(windows)]: 1 in the last so many seconds."""
    age = torch.arange(HISTORY_S - 1, -1, -1)[:, None]
    return (age < torch.tensor(windows)).float()


def _dispersion(x: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """Variance of a count over its mean, [n, 1]; from one second to the next, so that a step of the rate adds little."""
    both = known[:, 1:] * known[:, :-1]
    roots = torch.sqrt(x + ROOT_SHIFT)
    steps = ((roots[:, 1:] - roots[:, :-1]).abs() * both).sum(1, keepdim=True)
    seen = both.sum(1, keepdim=True)
    deviation = (steps / MEAN_DIFFERENCE + POISSON_SEEN * POISSON_ROOT) / (seen + POISSON_SEEN)
    return 4 * deviation * deviation


def _level(
    sums: torch.Tensor, sizes: torch.Tensor, dispersion: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean over the widened window, and the window's seconds: each [n, 1]."""
    level, size = sums[:, :1] / sizes[:, :1], sizes[:, :1]
    agrees = torch.ones_like(level)
    for i in range(1, len(LEVEL_WINDOWS)):
        wider, narrower = slice(i, i + 1), slice(i - 1, i)
        older = sizes[:, wider] - sizes[:, narrower]
        older_mean = (sums[:, wider] - sums[:, narrower]) / older.clamp(min=1)
        error = torch.sqrt(dispersion * (level + ROOT_SHIFT) * (1 / size + 1 / older.clamp(min=1)))
        agrees = agrees * ((older_mean - level).abs() < AGREEMENT * error).to(sums.dtype)
        level = level + agrees * (sums[:, wider] / sizes[:, wider] - level)
        size = size + agrees * older
    return level, size


class Features(nn.Module):
    """
    Counts [n, 1 to 120], the oldest first → what the net sees, [n, WIDTH], and the base that it adds to, [n, 1]. All is
    relative to the load's own level, so that a load ten times as high looks the same.
    """

    WIDTH = RECENT_S + 3 * HISTORY_S // BLOCK_S + len(LEVEL_WINDOWS) + 4

    def __init__(self):
        super().__init__()
        self.register_buffer("trailing", _trailing(LEVEL_WINDOWS), persistent=False)

    def forward(self, counts: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        padded = F.pad(counts, (HISTORY_S - counts.shape[1], 0), value=float(UNKNOWN))
        known = (padded >= 0).to(counts.dtype)
        x = padded * known
        dispersion = _dispersion(x, known)
        sums, sizes = x @ self.trailing, known @ self.trailing
        level, size = _level(sums, sizes, dispersion)

        deviation = torch.sqrt(dispersion * (level + ROOT_SHIFT))
        unit = level + ROOT_SHIFT
        ratios = (x - level) * known / unit
        blocks = ratios.reshape(-1, HISTORY_S // BLOCK_S, BLOCK_S)
        block_means = blocks.mean(2)
        features = [
            ratios[:, HISTORY_S - RECENT_S :],
            blocks.amax(2),
            block_means,
            torch.sqrt((blocks - block_means[:, :, None]).square().mean(2) + 1e-6),
            (sums / sizes - level) / unit,
            torch.log(deviation / unit),
            1 / (1 + level),
            torch.log(size),
            torch.log(sizes[:, -1:]),
        ]
        return torch.cat(features, 1), torch.log1p(level + 2 * deviation)


class Forecaster(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = Features()
        # Of the features over the training windows.
        self.register_buffer("mean", torch.zeros(Features.WIDTH))
        self.register_buffer("deviation", torch.ones(Features.WIDTH))
        widths = (Features.WIDTH, *HIDDEN)
        layers = [layer for pair in zip(widths, widths[1:]) for layer in (nn.Linear(*pair), nn.ReLU())]
        self.net = nn.Sequential(*layers, nn.Linear(HIDDEN[-1], 2))

    def quantiles(self, features: torch.Tensor, base: torch.Tensor) -> torch.Tensor:
        """log(1 + median), log(1 + p90): [n, 2], the second no less than the first."""
        # What is far from all that was learned from is no farther than this.
        standard = ((features - self.mean) / self.deviation).clamp(-6, 6)
        out = self.net(standard)
        median = base + out[:, :1]
        return torch.cat([median, median + F.softplus(out[:, 1:])], 1)

    def forward(self, counts: torch.Tensor) -> torch.Tensor:
        """Requests per second, whole ones."""
        return torch.round(torch.exp(self.quantiles(*self.features(counts))) - 1).clamp(min=0)
