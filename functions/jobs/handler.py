"""AWS Lambda's entry point of the jobs function."""

from functions.core.lambda_host.starting import answering_probes, quick_start

with quick_start():
    from functions.core.lambda_host.light_imports import import_lightly

    import_lightly()

    from functions.core.lambda_host.gateway import LambdaHandler
    from functions.core.lambda_host.snapshot import refresh, register_snapshot_hooks
    from functions.core.observability.emf import EmfSink
    from functions.core.observability.telemetry import configure_logging
    from functions.core.settings import get_settings
    from functions.jobs.app import create_app

    settings = get_settings()
    configure_logging(settings.log_level)
    app = create_app(settings, sinks=[EmfSink(settings.stage, "jobs")])

    def _prime() -> None:
        # Late: only snapshots and probes need it.
        from functions.jobs.snapshot import prime

        prime(app, settings)

    handler = answering_probes(LambdaHandler(app, settings), _prime)
    register_snapshot_hooks(_prime, lambda: refresh(app))
