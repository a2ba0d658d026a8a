"""One synthesis of all stages, shared by all tests."""

import os
import shutil
from pathlib import Path

import pytest

from cdk.stages import Stage
from tests.cdk.bundles import write_bundle
from tests.cdk.stage_variants import DEPLOYABLE, VARIANTS
from tests.cdk.templates import Assembly


@pytest.fixture(scope="session")
def bundle_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(tmp_path_factory.mktemp("bundle") / "build")


@pytest.fixture(scope="session")
def assembly(bundle_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    # Late: loading the CDK takes seconds, and Node.js with it.
    if shutil.which("node") is None:
        pytest.skip("the CDK runs on Node.js, and there is none")
    os.environ["JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION"] = "18,20"
    cdk = pytest.importorskip("aws_cdk")
    from cdk_nag import AwsSolutionsChecks

    from cdk.app import compose, feature_flags
    from cdk.bundle import Bundle
    from cdk.stacks.api import Source

    folder = tmp_path_factory.mktemp("cdk.out")
    app = cdk.App(
        outdir=str(folder),
        context=feature_flags(),
        builtin_cloud_formation_validation=False,
        tree_metadata=False,
    )
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks())
    bundle = Bundle(bundle_dir)
    for stage in DEPLOYABLE.values():
        compose(app, Source(stage, bundle))
    for name, stage in VARIANTS.items():
        compose(cdk.Stage(app, name), Source(stage, bundle))
    try:
        app.synth()
    except RuntimeError as error:
        # The report is written nevertheless, and its own test shows it.
        if "ValidationFailed" not in str(error):
            raise
    return Assembly(folder)


@pytest.fixture(params=list(DEPLOYABLE))
def stage(request: pytest.FixtureRequest) -> Stage:
    """Each of the stages that ship."""
    return DEPLOYABLE[request.param]
