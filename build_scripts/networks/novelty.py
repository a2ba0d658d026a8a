"""Novelty: the distance of a window from everything the network was trained on.

The measure is the squared Mahalanobis distance of the pooled features to the nearest class mean, under
one covariance shared by the classes, in the K - 1 directions that separate the classes and those that separate
each kind of outlier from the class nearest to it, divided by their number: about 1 for a window like the
training windows, far more for another machine, another sensor or no machine at all.

Source: Lee et al., "A Simple Unified Framework for Detecting Out-of-Distribution Samples and Adversarial
Attacks", NeurIPS 2018; shrinkage after Ledoit and Wolf, "A well-conditioned estimator for
large-dimensional covariance matrices", 2004.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from build_scripts.networks.network import BearingNetwork
from functions.core.preprocessing.arrays import Float32Array, Float64Array


@dataclass(frozen=True)
class NoveltyModel:
    """Whitening projection float32 [F, D] and class means in its space float32 [K, D]."""

    projection: Float32Array
    means: Float32Array


class Distance(nn.Module):
    """Features float32 [B, F] to their squared distance to the nearest class mean, float32 [B]."""

    projection: Tensor
    offset: Tensor
    means: Tensor

    def __init__(self, novelty: NoveltyModel) -> None:
        super().__init__()
        means = torch.from_numpy(novelty.means)
        # As a linear layer, which is the faster kernel; its offset puts the classes around zero. Classes first in
        # the means, for their gaps to [B, D] then need no operator that makes room for them.
        self.register_buffer("projection", torch.from_numpy(novelty.projection).T.contiguous())
        self.register_buffer("offset", -means.mean(dim=0))
        self.register_buffer("means", (means - means.mean(dim=0)).unsqueeze(1))

    def forward(self, features: Tensor) -> Tensor:
        """Return the distance float32 [B]."""
        gaps = nn.functional.linear(features, self.projection, self.offset) - self.means
        return (gaps * gaps).mean(dim=2).amin(dim=0)


class ServedNetwork(nn.Module):
    """A network with its novelty, as it is exported: signal float32 [B, C, T] to logits [B, K] and distance [B]."""

    def __init__(self, network: BearingNetwork, novelty: NoveltyModel) -> None:
        super().__init__()
        self.network, self.distance = network, Distance(novelty)

    def forward(self, signal: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits float32 [B, K] and distance float32 [B]."""
        features = self.network.features(signal)
        return self.network.head(features), self.distance(features)


def fit_novelty(features: Float32Array, label: NDArray[np.int64], outliers: Float32Array) -> NoveltyModel:
    """Fit class means and shared covariance of pooled features float32 [n, F] with labels int64 [n].

    The projection whitens the features and keeps the K - 1 directions in which the class means differ, and for
    each kind of outlier, of mean features float32 [E, F], the one from its nearest class: what the network was
    trained to separate is also where a foreign signal lands far from every class.

    Raises:
        ValueError: a class has no window.

    Source: Fisher's linear discriminant; Rao, "The Utilization of Multiple Measurements in Problems of
    Biological Classification", 1948.
    """
    classes = int(label.max()) + 1
    if len(np.unique(label)) != classes:
        raise ValueError(f"{len(np.unique(label))} of {classes} classes have windows.")
    wide = features.astype(np.float64)
    means = np.stack([wide[label == index].mean(axis=0) for index in range(classes)])
    values, vectors = np.linalg.eigh(shrunk_covariance(wide - means[label]))
    # A network may give all windows of a class the same features: they are known to the rounding of float32.
    rounding = float(np.finfo(np.float32).eps * np.abs(wide).max())
    whitening = vectors / np.sqrt(np.maximum(values, rounding**2))
    between = np.linalg.svd((means - means.mean(axis=0)) @ whitening, full_matrices=False)[2][: classes - 1]
    away = outlier_directions(outliers.astype(np.float64) @ whitening, means @ whitening)
    projection = whitening @ np.linalg.qr(np.concatenate([between, away]).T)[0]
    return NoveltyModel(projection.astype(np.float32), (means @ projection).astype(np.float32))


def outlier_directions(outliers: Float64Array, means: Float64Array) -> Float64Array:
    """Return the way from the nearest class mean to each outlier, float64 [E, F]; all in whitened space."""
    gaps = outliers[:, None] - means[None]
    nearest = (gaps**2).sum(axis=2).argmin(axis=1)
    return np.asarray(gaps[np.arange(len(outliers)), nearest])


def shrunk_covariance(residuals: NDArray[np.float64]) -> NDArray[np.float64]:
    """Covariance of centred rows float64 [n, F], shrunk towards a multiple of the identity.

    Source: Ledoit and Wolf 2004, the optimal linear combination; float64 [F, F].
    """
    count, size = residuals.shape
    sample = residuals.T @ residuals / count
    target = np.trace(sample) / size
    spread = ((sample - target * np.eye(size)) ** 2).sum()
    noise = ((residuals**2).T @ (residuals**2) / count - sample**2).sum() / count
    weight = min(noise, spread) / spread if spread else 1.0
    return np.asarray((1.0 - weight) * sample + weight * target * np.eye(size))
