"""Random small networks either become packages or end with a sentence; none ends with a traceback."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from build_scripts.__main__ import main
from tests.build_scripts.recipes.conftest import ENDED
from tests.support.random_networks import CHANNELS, CLASSES, WINDOW, random_network

pytestmark = pytest.mark.usefixtures("work", "quick_builds")

# Both exporters, with and without leave to package float32 alone.
IN_THE_SUITE, WITH_ALL_NETWORKS = 10, 100
# What a build prints on standard error: its log, its steps, the sentence it ends with, and nothing of a library.
LINE = re.compile(r" *\d+\.\d s  .+|[\w :.-]+: \d+ \w+, \d+\.\d s(, .+)?|build: .+\.")
RECIPE = f"""
[model]
name = "random"
title = "Random"
channels = {CHANNELS}
window = {WINDOW}
sample_rate_hz = 2000
classes = [{", ".join(f'{{ id = "c{one}", name = "C{one}" }}' for one in range(CLASSES))}]
[network]
file = "network.py"
factory = "Net"
[data]
training = "training.npz"
fitting = "fitting.npz"
unseen = "unseen.npz"
description = "noise"
limits = "Noise."
[quantization]
windows = 8
variants = ["static-minmax", "dynamic-uint8"]
"""


def made(text: str) -> torch.nn.Module:
    namespace: dict[str, Any] = {}
    exec(compile(text, "network.py", "exec"), namespace)
    network: torch.nn.Module = namespace["Net"]()
    return network


def write_network(folder: Path, text: str, exporter: str) -> None:
    """A random network as its owner has it, with weights as they are made and records of noise."""
    (folder / "network.py").write_text(text)
    (folder / "recipe.toml").write_text(f'{RECIPE}[export]\nexporter = "{exporter}"\n')
    torch.manual_seed(0)
    torch.save(made(text).state_dict(), folder / "weights.pt")
    for seed, part in enumerate(("training", "fitting", "unseen")):
        rng, label = np.random.default_rng(seed), np.arange(12) % CLASSES
        loud = (1 + label)[:, None, None]
        np.savez(
            folder / f"{part}.npz",
            signals=(loud * rng.normal(size=(12, CHANNELS, 2 * WINDOW))).astype(np.float32),
            label=label,
            class_names=[f"c{one}" for one in range(CLASSES)],
            sample_rate=2000.0,
        )


@dataclass(frozen=True)
class Trial:
    """A build of the network of a seed, whose text stands in the report of a test that fails."""

    request: pytest.FixtureRequest
    folder: Path
    capfd: pytest.CaptureFixture[str]

    def check(self, seed: int) -> None:
        """Build it; there is a package, or a sentence and nothing."""
        text = random_network(seed)
        self.request.node.add_report_section("call", f"the network of seed {seed}", text)
        write_network(self.folder, text, "dynamo" if seed % 4 else "legacy")
        status, error = self._build("--allow-float32" if seed % 2 else None)
        self.request.node.add_report_section("call", "standard error", error)
        package = self.folder / "out" / "random" / "1"
        assert [line for line in error.splitlines() if not LINE.fullmatch(line)] == []
        if status == 0:
            assert {"manifest.json", "proof.json", "CARD.md"} <= {path.name for path in package.iterdir()}
        else:
            assert status == 1
            assert not package.parent.exists() or list(package.parent.iterdir()) == []
            assert re.fullmatch(r"build: .+\.", error.splitlines()[-1])
        self.request.node.user_properties.append((ENDED, "random, a sentence" if status else "random, a package"))

    def _build(self, option: str | None) -> tuple[int, str]:
        files = ["--checkpoint", str(self.folder / "weights.pt"), "--recipe", str(self.folder / "recipe.toml")]
        status = main(["build", *files, "--out", str(self.folder / "out"), *([option] if option else [])])
        return status, self.capfd.readouterr().err


@pytest.fixture
def trial(request: pytest.FixtureRequest, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Trial:
    return Trial(request, tmp_path, capfd)


@pytest.mark.parametrize("seed", range(IN_THE_SUITE))
def test_a_random_network_becomes_a_package_or_a_sentence(seed: int, trial: Trial) -> None:
    trial.check(seed)


@pytest.mark.networks
@pytest.mark.parametrize("seed", range(IN_THE_SUITE, WITH_ALL_NETWORKS))
def test_a_hundred_random_networks_become_packages_or_sentences(seed: int, trial: Trial) -> None:
    trial.check(seed)


def test_random_networks_give_answers_of_their_classes() -> None:
    for seed in range(40):
        answer = made(random_network(seed)).eval()(torch.zeros(2, CHANNELS, WINDOW))
        logits = answer["logits"] if isinstance(answer, dict) else answer[0] if isinstance(answer, tuple) else answer
        assert logits.shape == (2, CLASSES), random_network(seed)


def test_the_same_seed_gives_the_same_network() -> None:
    assert random_network(3) == random_network(3)
    assert len({random_network(seed) for seed in range(100)}) == 100
