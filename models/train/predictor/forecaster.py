"""A net that predicts the median and the p90 of the next 20 s' maximum from the counts of the last 120 s."""

import torch
import torch.nn.functional as F
from torch import nn

from .loads import HISTORY_S, UNKNOWN

# The level of a load is a mean over one of these windows (s): the window widens as long as older seconds agree.
LEVEL_WINDOWS = (8, 12, 18, 27, 40, 60, 90, 120)
# Two means agree if they differ by less than this many standard errors of their difference.
AGREEMENT = 3.5
BLOCK_S = 10
RECENT_S = 20
HIDDEN = (64, 32)
# The square root of a Poisson count plus this has nearly the same variance at every rate (Anscombe 1948).
ROOT_SHIFT = 3 / 8
# Mean absolute difference of two draws from a normal distribution, in its standard deviations.
MEAN_DIFFERENCE = 1.128
# The estimate of the deviation starts at that of Poisson counts, with the weight of this many seconds.
POISSON_ROOT, POISSON_SEEN = 0.5, 2


def _trailing(windows: tuple[int, ...]) -> torch.Tensor:
    """[HISTORY_S, len(windows)]: column i is 1 in the last windows[i] seconds and 0 before."""
    age = torch.arange(HISTORY_S - 1, -1, -1)[:, None]
    return (age < torch.tensor(windows)).float()


def _dispersion(x: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """Variance / mean of a count, [n, 1], from differences of successive seconds: a step of the rate adds little."""
    both = known[:, 1:] * known[:, :-1]
    roots = torch.sqrt(x + ROOT_SHIFT)
    steps = ((roots[:, 1:] - roots[:, :-1]).abs() * both).sum(1, keepdim=True)
    seen = both.sum(1, keepdim=True)
    deviation = (steps / MEAN_DIFFERENCE + POISSON_SEEN * POISSON_ROOT) / (seen + POISSON_SEEN)
    return 4 * deviation * deviation


def _level(
    sums: torch.Tensor, sizes: torch.Tensor, dispersion: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """The load's level: its mean over the widest window that agrees; and the seconds in that window: each [n, 1]."""
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
    Maps counts [n, 1 to 120], the oldest first, to the net's input [n, WIDTH] and to the base [n, 1] that its output is
    added to. The input is relative to the load's own level: a load ten times as high looks much the same.
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
        # Mean and standard deviation of the features over the training windows.
        self.register_buffer("mean", torch.zeros(Features.WIDTH))
        self.register_buffer("deviation", torch.ones(Features.WIDTH))
        widths = (Features.WIDTH, *HIDDEN)
        layers = [layer for pair in zip(widths, widths[1:]) for layer in (nn.Linear(*pair), nn.ReLU())]
        self.net = nn.Sequential(*layers, nn.Linear(HIDDEN[-1], 2))

    def quantiles(self, features: torch.Tensor, base: torch.Tensor) -> torch.Tensor:
        """log(1 + median), log(1 + p90): [n, 2], the second no less than the first."""
        # Features far from all training data are clamped, so that the net does not extrapolate.
        standard = ((features - self.mean) / self.deviation).clamp(-6, 6)
        out = self.net(standard)
        median = base + out[:, :1]
        return torch.cat([median, median + F.softplus(out[:, 1:])], 1)

    def forward(self, counts: torch.Tensor) -> torch.Tensor:
        """Median and p90 of the maximum, [n, 2], as whole requests per second."""
        return torch.round(torch.exp(self.quantiles(*self.features(counts))) - 1).clamp(min=0)
