"""A sink of metrics for Prometheus, at GET /metrics.

Where the reference project has a metric, its name and labels are used (`lstm_pfd_...`), so that its alert rules and
dashboards work with this server; the others begin with `palier_`.
Source: the reference project's utils/metrics.py and deploy/monitoring/prometheus-alerts.yml.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cache

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, Info, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response

from functions.container.batching import RanBatch
from functions.container.gpu_memory import gpu_memory_bytes
from functions.container.system import CpuShare, memory_percent
from functions.core.models.models import ModelRepository
from functions.core.observability.metrics import RequestMetrics
from functions.core.version import VERSION

# The reference's buckets, and finer ones below: its models take tens of milliseconds.
_LATENCY_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_INFERENCE_S = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)
_WAITED_S = (0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)
_BATCH = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class PrometheusSink:
    """A sink that counts requests and batches in a Prometheus registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        at = self.registry
        self._requests = Counter("lstm_pfd_requests", "Requests", ["method", "endpoint", "status"], registry=at)
        self._latency = Histogram(
            "lstm_pfd_request_latency_seconds", "Of requests", ["method", "endpoint"], buckets=_LATENCY_S, registry=at
        )
        self._inference = Histogram(
            "lstm_pfd_inference_seconds", "In the engine, of a request", ["model"], buckets=_INFERENCE_S, registry=at
        )
        self._inferences = Counter("lstm_pfd_inferences", "Recordings diagnosed", ["model", "fault_class"], registry=at)
        self._responses = Counter("palier_responses", "Responses by status", ["code"], registry=at)
        self._windows = Counter("palier_windows", "Windows that ran", ["model"], registry=at)
        self._novel = Counter("palier_novel_diagnoses", "Unlike the training data, or clipped", ["model"], registry=at)
        self._not_loaded = Counter("palier_models_not_loaded", "A model could not be loaded", registry=at)
        self._keys = Counter("palier_key_store_failures", "The API keys could not be read", registry=at)
        self._batch = Histogram("palier_batch_windows", "Windows of a batch", ["model"], buckets=_BATCH, registry=at)
        self._waited = Histogram(
            "palier_queue_seconds", "A request waited for its batch", ["model"], buckets=_WAITED_S, registry=at
        )
        # Cached, since looking up a label costs more than counting.
        self._of_requests = cache(self._labelled_request)
        self._of_runs = cache(lambda model: (self._inference.labels(model), self._windows.labels(model)))
        self._of_findings = cache(lambda one: (self._inferences.labels(*one), self._novel.labels(one.model)))
        self._of_batches = cache(lambda model: (self._batch.labels(model), self._waited.labels(model)))
        Info("lstm_pfd", "This server", registry=at).info({"version": VERSION, "name": "palier"})

    def record(self, request: RequestMetrics) -> None:
        """Count one finished request; as the reference does, `status` is success or error (a defect or an outage)."""
        tally = request.tally
        requests, responses, latency = self._of_requests(request.method, request.endpoint, request.status)
        requests.inc()
        responses.inc()
        latency.observe(request.latency_ms / 1e3)
        if tally.model is not None:
            inference, windows = self._of_runs(tally.model)
            inference.observe(tally.inference_ms / 1e3)
            windows.inc(tally.windows)
        for finding, count in tally.diagnoses.items():
            diagnoses, novel = self._of_findings(finding)
            diagnoses.inc(count)
            novel.inc(tally.novel[finding])
        if tally.models_not_loaded:
            self._not_loaded.inc(tally.models_not_loaded)
        if tally.key_store_failures:
            self._keys.inc(tally.key_store_failures)

    def _labelled_request(self, method: str, endpoint: str, status: int) -> tuple[Counter, Counter, Histogram]:
        """Return the counters and the histogram of a request with these labels."""
        return (
            self._requests.labels(method, endpoint, "error" if status >= 500 else "success"),
            self._responses.labels(str(status)),
            self._latency.labels(method, endpoint),
        )

    def observe(self, batch: RanBatch) -> None:
        """Count one batch; called from any thread."""
        windows, waited = self._of_batches(batch.model)
        windows.observe(batch.windows)
        for seconds in batch.waited_s:
            waited.observe(seconds)

    def watch_queue(self, queued: Callable[[], int]) -> None:
        """Register a gauge of the windows that wait for the engine."""
        gauge = Gauge("palier_queue_windows", "Windows that wait for the engine", registry=self.registry)
        gauge.set_function(queued)

    def watch_models(self, models: ModelRepository) -> None:
        """Register gauges of the loaded models, their sizes, and the load of the machine."""
        self.registry.register(_Models(models))
        self.registry.register(_Machine())

    async def metrics(self, _: Request) -> Response:
        """GET /metrics."""
        return Response(generate_latest(self.registry), headers={"content-type": CONTENT_TYPE_LATEST})


class _Models(Collector):
    """A collector of the loaded models and the sizes of their files."""

    def __init__(self, models: ModelRepository) -> None:
        self._models = models

    def collect(self) -> Iterable[Metric]:
        loaded = GaugeMetricFamily("lstm_pfd_model_loaded", "1 where it is loaded, else 0", labels=["model"])
        size = GaugeMetricFamily("lstm_pfd_model_size_bytes", "Of the file that serves", labels=["model"])
        here = {model.manifest.name: model for model in self._models.loaded()}
        for name in self._models.names():
            loaded.add_metric([name], float(name in here))
            if model := here.get(name):
                size.add_metric([name], model.manifest.variant(model.precision).size_bytes)
        return [loaded, size]


class _Machine(Collector):
    """A collector of the machine's load and its GPUs' memory."""

    def __init__(self) -> None:
        self._cpu = CpuShare()

    def collect(self) -> Iterator[Metric]:
        shares = {
            "lstm_pfd_system_cpu_percent": ("Since the last scrape", self._cpu.percent()),
            "lstm_pfd_system_memory_percent": ("Of the machine", memory_percent()),
        }
        for name, (sentence, value) in shares.items():
            if value is not None:
                yield GaugeMetricFamily(name, sentence, value=value)
        gpus = GaugeMetricFamily("lstm_pfd_gpu_memory_bytes", "In use", labels=["gpu_id"])
        for gpu, used in gpu_memory_bytes().items():
            gpus.add_metric([gpu], used)
        yield gpus
