"""The table of commands: the function of each step, by its name on the command line."""

import argparse
from collections.abc import Callable, Mapping

from build_scripts.build_cli.commands.graphs import (
    calibrate_command,
    export_command,
    optimize_command,
    prune_command,
    qat_command,
    quantize_command,
    validate_command,
)
from build_scripts.build_cli.commands.making import (
    build_command,
    bundle_command,
    card_command,
    docs_command,
    package_command,
    simulate_command,
    train_command,
    trust_command,
)
from build_scripts.build_cli.commands.measuring import (
    attack_command,
    benchmark_command,
    emulate_command,
    evaluate_command,
)
from build_scripts.build_cli.tables import Report

COMMANDS: Mapping[str, Callable[[argparse.Namespace], Report]] = {
    "simulate": simulate_command,
    "train": train_command,
    "export": export_command,
    "optimize": optimize_command,
    "validate": validate_command,
    "quantize": quantize_command,
    "qat": qat_command,
    "prune": prune_command,
    "calibrate": calibrate_command,
    "package": package_command,
    "models": package_command,
    "build": build_command,
    "trust": trust_command,
    "card": card_command,
    "emulate": emulate_command,
    "evaluate": evaluate_command,
    "benchmark": benchmark_command,
    "attack": attack_command,
    "bundle": bundle_command,
    "docs": docs_command,
}
