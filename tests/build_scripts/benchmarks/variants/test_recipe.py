import numpy as np

from build_scripts.benchmarks.variants.recipe import noise_windows


def test_noise_is_the_same_every_time() -> None:
    windows = noise_windows(3, 2, 500)
    assert windows.shape == (3, 2, 500)
    assert windows.dtype == np.float32
    assert abs(float(windows.std()) - 0.1) < 0.01
    assert np.array_equal(windows, noise_windows(3, 2, 500))
