import numpy as np
import pytest
import torch

from build_scripts.networks.network import BearingNetwork, NetworkConfig, Stage
from build_scripts.networks.novelty import ServedNetwork, fit_novelty, shrunk_covariance

OUTLIERS = np.array([[0.0, 0, 8, 0]], np.float32)
MEANS = np.array([[0.0, 0, 0, 0], [10, 0, 0, 0], [0, 10, 0, 0]])


def clusters(count: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    label = rng.integers(0, 3, count)
    spread = np.array([1.0, 2.0, 0.5, 3.0])
    return (MEANS[label] + spread * rng.standard_normal((count, 4))).astype(np.float32), label


def distance(points: np.ndarray, count: int = 5000) -> np.ndarray:
    model = fit_novelty(*clusters(count), OUTLIERS)
    gaps = (points.astype(np.float32) @ model.projection)[:, None] - model.means
    return np.asarray((gaps**2).mean(axis=2).min(axis=1))


def test_known_points_are_about_one_away() -> None:
    assert distance(clusters(3000)[0]).mean() == pytest.approx(1.0, abs=0.1)


def test_class_means_are_at_zero_and_strangers_far() -> None:
    assert distance(MEANS).max() < 0.01
    assert distance(np.array([[50.0, 0, 0, 0], [-30, -30, 0, 0]])).min() > 100


def test_a_way_the_classes_do_not_differ_in_is_seen_only_where_an_outlier_lies() -> None:
    there, elsewhere = np.array([[0.0, 0, 20, 0]]), np.array([[0.0, 0, 0, 120]])
    assert distance(there).min() > 100
    assert distance(elsewhere).max() < 1


def test_the_projection_has_one_direction_less_than_classes_and_one_for_each_outlier() -> None:
    model = fit_novelty(*clusters(1000), OUTLIERS)
    assert (model.projection.shape, model.means.shape) == ((4, 3), (3, 3))
    assert model.projection.dtype == np.float32
    assert model.means.dtype == np.float32


def test_classes_whose_windows_have_the_same_features_are_told_apart() -> None:
    label = np.repeat([0, 1, 2], 50)
    model = fit_novelty(MEANS[label].astype(np.float32), label, OUTLIERS)
    gaps = (np.array([MEANS[1], [9.0, 0, 0, 0]], np.float32) @ model.projection)[:, None] - model.means
    own, other = (gaps**2).mean(axis=2).min(axis=1)
    assert own < 10
    assert 1e6 < other < np.inf


def test_a_class_without_windows_is_refused() -> None:
    features, label = clusters(100)
    with pytest.raises(ValueError, match="2 of 3 classes"):
        fit_novelty(features[label != 1], label[label != 1], OUTLIERS)


def test_shrinkage_vanishes_with_many_rows_and_conditions_few() -> None:
    rng = np.random.default_rng(0)
    scale = np.array([1.0, 2.0, 4.0])
    many = scale * rng.standard_normal((20000, 3))
    np.testing.assert_allclose(shrunk_covariance(many), many.T @ many / len(many), atol=0.1)
    few = rng.standard_normal((3, 10))
    assert np.linalg.eigvalsh(few.T @ few / 3).min() < 1e-12
    assert np.linalg.eigvalsh(shrunk_covariance(few)).min() > 0.1


def test_the_served_network_adds_the_distance_to_the_logits() -> None:
    network = BearingNetwork(NetworkConfig(1, 3, (Stage(2, 5, 2),)))
    model = fit_novelty(*clusters(500), OUTLIERS)
    served = ServedNetwork(network, model).eval()
    signal = torch.randn(4, 1, 50)
    logits, measured = served(signal)
    torch.testing.assert_close(logits, network(signal))
    gaps = (network.features(signal).detach().numpy() @ model.projection)[:, None] - model.means
    np.testing.assert_allclose(measured.detach().numpy(), (gaps**2).mean(axis=2).min(axis=1), rtol=1e-4)
