"""Makes the example's data and checkpoint: what you have already when the model is yours.

python docs/examples/own-model/train.py --out build/own-model [--records 240]
"""

import argparse
import shutil
from pathlib import Path

import numpy as np
import torch
from fan_network import FanNetwork
from numpy.typing import NDArray
from torch import nn

HERE = Path(__file__).resolve().parent
RATE_HZ, SECONDS, WINDOW = 8000, 1.0, 2048
CLASSES = ("healthy", "unbalance", "misalignment", "blade_rub")
STEPS, BATCH = 240, 32


def record(rng: np.random.Generator, label: int) -> NDArray[np.float32]:
    """One record [2, N] in m/s^2 of a toy fan at 24 to 26 turns a second: noise, and what the fault adds."""
    time_s = np.arange(int(RATE_HZ * SECONDS)) / RATE_HZ
    turns = rng.uniform(24.0, 26.0) * time_s + rng.random()
    signal = rng.normal(0.0, 0.4, (2, len(time_s)))
    signal += rng.uniform(0.3, 0.6) * np.sin(2 * np.pi * turns + np.array([[0.0], [np.pi / 2]]))
    grade = rng.uniform(0.8, 2.0)
    if label == 1:
        signal += 2.0 * grade * np.sin(2 * np.pi * turns + np.array([[0.3], [0.3 + np.pi / 2]]))
    elif label == 2:
        signal[1] += 1.5 * grade * np.sin(4 * np.pi * turns)
    elif label == 3:
        ringing = np.sin(2 * np.pi * 1900 * time_s) * np.exp(-60 * np.mod(7 * turns, 1.0) / 7)
        signal += 1.5 * grade * ringing * np.array([[1.0], [0.4]])
    return signal.astype(np.float32)


def write(path: Path, seed: int, count: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Write `count` labelled records in the form that build reads, and return signals and labels."""
    rng = np.random.default_rng(seed)
    label = np.arange(count) % len(CLASSES)
    signals = np.stack([record(rng, int(one)) for one in label])
    np.savez(path, signals=signals, label=label, class_names=np.array(CLASSES), sample_rate=np.float64(RATE_HZ))
    return signals, label


def train(signals: NDArray[np.float32], label: NDArray[np.int64]) -> nn.Module:
    """Train the network on windows at random places."""
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    network = FanNetwork()
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3)
    for _ in range(STEPS):
        chosen = rng.integers(0, len(signals), BATCH)
        start = int(rng.integers(0, signals.shape[2] - WINDOW + 1))
        logits = network(torch.from_numpy(signals[chosen, :, start : start + WINDOW]))
        loss = nn.functional.cross_entropy(logits, torch.from_numpy(label[chosen]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return network


def main() -> None:
    """Write training.npz, fitting.npz, unseen.npz, fan.pt, and beside them the network and the recipe."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--out", type=Path, default=Path("build/own-model"))
    parser.add_argument("--records", type=int, default=240, help="in each file")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    signals, label = write(options.out / "training.npz", 1, options.records)
    write(options.out / "fitting.npz", 2, options.records)
    write(options.out / "unseen.npz", 3, options.records)
    torch.save(train(signals, label).state_dict(), options.out / "fan.pt")
    for name in ("fan_network.py", "recipe.toml"):
        shutil.copyfile(HERE / name, options.out / name)


if __name__ == "__main__":
    main()
