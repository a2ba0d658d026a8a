"""AWS Lambda's entry point of the dashboard function."""

from functions.core.lambda_host.starting import answering_probes, quick_start

with quick_start():
    from functions.core.lambda_host.light_imports import import_lightly

    import_lightly()

    from functions.core.lambda_host.gateway import LambdaHandler
    from functions.core.observability.emf import EmfSink
    from functions.core.observability.telemetry import configure_logging
    from functions.core.settings import get_settings
    from functions.dashboard.app import create_app

    settings = get_settings()
    configure_logging(settings.log_level)
    app = create_app(settings, sinks=[EmfSink(settings.stage, "dashboard")])

    def _prime() -> None:
        # Late: only snapshots and probes need it.
        from functions.core.lambda_host.snapshot import prime_app

        prime_app(app, settings, "/dashboard")

    handler = answering_probes(LambdaHandler(app, settings), _prime)
    if settings.lambda_initialization == "snap-start":
        # Late: only snapshots need it.
        from functions.core.lambda_host.snapshot import refresh, register_snapshot_hooks

        register_snapshot_hooks(_prime, lambda: refresh(app))
