"""What the bundle is commanded by."""

import argparse

from build_scripts.build_cli.commands.report import Report
from build_scripts.build_cli.parser import ROOT


def bundle_command(options: argparse.Namespace) -> Report:
    """Build function asset, layers, bundle.json and bill of materials."""
    from build_scripts.lambda_bundle.architecture import ARCHITECTURES
    from build_scripts.lambda_bundle.step import Sources, bundle

    chosen = [one for name, one in ARCHITECTURES.items() if options.architecture in {name, "both"}]
    return bundle(Sources(ROOT), options.out, options.cache or options.out, chosen)
