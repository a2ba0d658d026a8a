"""The local server: every function on one local port. Wiring only: nothing in functions/ depends on being local."""

import argparse
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware

from build_scripts.local.aws.data_folder import held
from build_scripts.local.aws.embedded.services import listen
from build_scripts.local.aws.hosts import AllowedHosts, names_of, origins_of
from build_scripts.local.aws.routes import LocalJobs
from build_scripts.local.aws.services import LocalHistory, LocalServices
from functions.core.decoding.formats import WAV
from functions.core.errors import PalierError
from functions.core.http.connections import ConnectionLimits
from functions.core.http.metrics_routes import metrics_routes
from functions.core.http.server import bind, server_config
from functions.core.keys.keys import KeyRing, KeyRingError, create_key, read_key_ring, write_key_ring
from functions.core.memory import keep_freed_memory
from functions.core.models.manifest import InputSpec
from functions.core.models.options import DiagnosisOptions
from functions.core.observability.memory_sink import MemorySink
from functions.core.observability.telemetry import configure_logging
from functions.core.settings import Settings, read_settings, set_defaults
from functions.dashboard.page import dashboard_routes
from functions.inference.app import create_app

EXAMPLE = Path(__file__).parent / "docs" / "examples" / "clearance.wav"
# A local file may be larger than what fits into one Lambda event, and a laptop serves more callers than an instance.
LOCAL_DEFAULTS = {
    "PALIER_STAGE": "local",
    "PALIER_LOG_LEVEL": "WARNING",
    "PALIER_MAX_BODY_BYTES": "64000000",
    "PALIER_MAX_PENDING": "256",
}
EXIT_CANNOT_START = 1
# The exit status that a shell gives a program ended by SIGTERM.
EXIT_TERMINATED = 128 + signal.SIGTERM


class CannotKeepKeysError(PalierError):
    """The key file cannot be written."""

    code = "cannot_keep_keys"


class CannotShowError(PalierError):
    """Standard output cannot be written."""

    code = "cannot_show"


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until Ctrl-C; returns 1, after one line with the reason, when it cannot start."""
    options = server_parser().parse_args(arguments)
    # What the server has started must be ended by it, also at SIGTERM.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(EXIT_TERMINATED))
    set_defaults(LOCAL_DEFAULTS)
    try:
        with tempfile.TemporaryDirectory(prefix="palier-") as scratch:
            return _serve(options, options.data_dir or Path(scratch))
    except PalierError as error:
        print(f"local_server: {error.message}", file=sys.stderr)
    return EXIT_CANNOT_START


def server_parser() -> argparse.ArgumentParser:
    """Return the parser of `local_server.py`."""
    parser = argparse.ArgumentParser(prog="local_server.py", description="Serve every function on one local port.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument("--port", type=int, default=8000, help="0 takes a free one")
    parser.add_argument("--data-dir", type=Path, help="keep API keys, jobs and histories here over a restart")
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="a further name by which this server may be asked, of a proxy before it; may be repeated",
    )
    parser.add_argument("--auth", action="store_true", help="require API keys, as when deployed")
    return parser


def _serve(options: argparse.Namespace, data_dir: Path) -> int:
    with (
        bind(options.host, options.port, "Choose another --port; 0 takes a free one.") as listener,
        held(data_dir),
        listen() as aws_listener,
    ):
        listener.listen()
        key = _key(data_dir / "keys.json") if options.auth else None
        port, names = listener.getsockname()[1], names_of(options.host, options.allow_host)
        settings = _settings(options, data_dir, aws_listener.getsockname()[1])
        kept = options.data_dir / "aws" if options.data_dir else None
        services = LocalServices(settings, kept, aws_listener, _report, origins=origins_of(names, port))
        with closing(services):
            app = _app(services)
            # Innermost, so that a refusal has a request id and is counted.
            app.user_middleware.append(Middleware(AllowedHosts, names=names))
            model = app.state.diagnoser.load(DiagnosisOptions()).manifest.input
            _announce(f"http://{_printable(options.host)}:{port}", key, model)
            _run(app, listener, services)
    return 0


def _settings(options: argparse.Namespace, data_dir: Path, aws_port: int) -> Settings:
    keys_file = data_dir / "keys.json" if options.auth else None
    settings = read_settings(
        api_keys_required=options.auth,
        api_keys_file=keys_file,
        # Where the page uploads the files of jobs.
        dashboard_connect_sources=[f"http://localhost:{aws_port}"],
    )
    configure_logging(settings.log_level)
    return settings


def _app(services: LocalServices) -> Starlette:
    memory = MemorySink()
    app = create_app(services.settings, [memory], LocalHistory(services))
    app.state.metrics = memory
    jobs = LocalJobs(services, app.state.key_store)
    pages = dashboard_routes(services.settings)
    app.routes.extend([*pages, *metrics_routes(memory, app.state.key_store), jobs])
    return app


class _Server(uvicorn.Server):
    """A server that, once it answers, installs what jobs need and resumes kept jobs, without delaying its end."""

    def __init__(self, config: uvicorn.Config, services: LocalServices) -> None:
        super().__init__(config)
        self._services = services

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to answer, to install, and to resume the jobs of a data folder."""
        await super().startup(sockets)
        self._services.begin_installation()
        self._services.resume()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish the requests in work; a job that waits for the installation is refused."""
        self._services.stop_installation()
        await super().shutdown(sockets)


def _run(app: Starlette, listener: socket.socket, services: LocalServices) -> None:
    keep_freed_memory()
    config = server_config(app, ConnectionLimits(), keep_alive_s=5, shutdown_s=5)
    try:
        _Server(config, services).run(sockets=[listener])
    except KeyboardInterrupt:
        # uvicorn has finished its requests; Ctrl-C is how this program is meant to end.
        print("\nstopped")


def _key(path: Path) -> str | None:
    """Return a new key where there is no key file yet, and write the file."""
    if path.exists():
        _check_keys(path)
        _show(f"API keys: {path}")
        return None
    key, stored = create_key("local_server")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_whole(path, write_key_ring(KeyRing(keys=[stored])))
    except OSError as error:
        raise CannotKeepKeysError(f"cannot write {path}: {error.strerror}.") from None
    try:
        _show(f"API key (shown this once; its hash is in {path}): {key}")
    except CannotShowError:
        # The key was not shown, so nobody has it.
        path.unlink()
        raise
    return key


def _check_keys(path: Path) -> None:
    """Refuse a key file that cannot be read: every request would get 503."""
    try:
        read_key_ring(path.read_bytes())
    except (OSError, KeyRingError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it holds no keys, or not all that was written"
        raise CannotKeepKeysError(
            f"cannot read API keys from {path}: {reason}. Bring it back from a copy, or remove it: the next start then "
            "makes a new key."
        ) from None


def _write_whole(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, whole or not at all, also where the disk is full."""
    partial = path.with_name(f"{path.name}.part")
    try:
        partial.unlink(missing_ok=True)
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise


def _announce(url: str, key: str | None, model: InputSpec) -> None:
    header = f"-H 'X-API-Key: {key}' " if key else ""
    command = f"curl -sS {header}-H 'Content-Type: {WAV}' --data-binary @'{EXAMPLE}' '{url}/predict?full_scale=4'"
    example = ("Try it in another terminal (five seconds of a bearing with too much clearance):", f"  {command}")
    lines = (
        f"Palier diagnoses at {url}",
        f"  dashboard      {url}/dashboard",
        f"  documentation  {url}/docs",
        f"  health         {url}/health",
        f"  models         {url}/models",
        # A model of several channels, or of conditions, would refuse the example.
        *(example if model.channels == 1 and not model.conditions_taken else ()),
        "Ctrl-C ends it.",
    )
    _show("\n".join(lines))


def _show(text: str) -> None:
    try:
        print(text, flush=True)
    except OSError as error:
        # Otherwise Python would try to write the rest when the process ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise CannotShowError(f"cannot write to standard output: {error.strerror}.") from None


def _report(sentence: str) -> None:
    print(sentence, flush=True)


def _printable(host: str) -> str:
    return f"[{host}]" if ":" in host else host


if __name__ == "__main__":
    sys.exit(main())
