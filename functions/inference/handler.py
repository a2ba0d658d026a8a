"""AWS Lambda's entry point of the inference function."""

from functions.core.lambda_host.starting import answering_probes, quick_start

with quick_start():
    from functions.core.lambda_host.light_imports import import_lightly

    import_lightly()

    from functions.core.errors import PalierError
    from functions.core.lambda_host.gateway import LambdaHandler
    from functions.core.lambda_host.snapshot import refresh, register_snapshot_hooks
    from functions.core.models.options import DiagnosisOptions
    from functions.core.observability.emf import EmfSink
    from functions.core.observability.telemetry import LOGGER, configure_logging
    from functions.core.settings import get_settings
    from functions.inference.app import create_app
    from functions.inference.snapshot import prime

    settings = get_settings()
    configure_logging(settings.log_level)
    app = create_app(settings, sinks=[EmfSink(settings.stage, "inference")])

    # The default model is loaded once, while the function starts; where that fails, /health answers 503.
    try:
        app.state.diagnoser.load(DiagnosisOptions())
    except PalierError as error:
        LOGGER.error("the default model cannot be loaded", extra={"code": error.code}, exc_info=error)

    handler = answering_probes(LambdaHandler(app, settings), lambda: prime(app, settings))
    register_snapshot_hooks(lambda: prime(app, settings), lambda: refresh(app))
