"""The benchmark of jobs: a thousand recordings through local_server.py, and the price of a history."""

import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, TypeAlias

import httpx
import numpy as np
from numpy.typing import NDArray

from build_scripts.benchmarks.job_load.server import local_server
from build_scripts.data.progress import Progress
from build_scripts.data.simulation.classes import ADC_STEP_G, FAULT_CLASSES
from build_scripts.data.simulation.record import simulate_record
from build_scripts.errors import BuildError
from build_scripts.measuring.machine import measured_on
from functions.core.decoding.formats import RAW
from functions.core.models.options import DiagnosisOptions
from functions.core.models.pipeline import Diagnoser, create_diagnoser
from functions.core.preprocessing.arrays import Float32Array
from functions.core.preprocessing.signal import Recording
from functions.core.settings import read_settings

Int16Array: TypeAlias = NDArray[np.int16]

FULL_SCALE_G = 32_768 * ADC_STEP_G
_LOOK_EVERY_S = 0.5
_TIMEOUT_S = 600.0


@dataclass(frozen=True)
class Effort:
    """Counts: recordings of a job and of each of its files, rounds, requests with and without a history."""

    recordings: int
    in_a_file: int
    rounds: int
    requests: int


FULL, QUICK = Effort(1000, 50, 7, 400), Effort(22, 11, 1, 10)
# Between two requests: a client that waits for its answer and does something with it.
PAUSE_S = 0.02


@dataclass(frozen=True)
class Measured:
    """One round: seconds of the job's work, of its uploads, and of the bare diagnoses and engine calls."""

    job_s: float
    upload_s: float
    bare_s: float
    engine_s: float


def benchmark_jobs(*, quick: bool = False) -> dict[str, object]:
    """Measure a job through local_server.py, and answers with and without a history.

    Args:
        quick: few recordings and one round.

    Returns:
        Recordings a second of the job, of the same diagnoses in one thread and of the engine alone; their ratios, the
        medians of the ratios within a round; peak memory; the price of history; machine and versions.

    Raises:
        BuildError: a server does not start, or a result is not that of the same recording diagnosed directly.
    """
    effort = QUICK if quick else FULL
    counts = _records(effort.recordings)
    records = counts * np.float32(ADC_STEP_G)
    diagnoser = create_diagnoser(read_settings(api_keys_required=False, stage="local"))
    with local_server() as server, httpx.Client(base_url=server.url, timeout=60) as client:
        turns = Progress(range(effort.rounds), "jobs", "round")
        rounds = [_round(client, diagnoser, counts, records, effort) for _ in turns]
        memory = server.peak_memory_mb()
        history = _history(client, records, effort.requests)
    return {
        "recordings": effort.recordings,
        "in_a_file": effort.in_a_file,
        "rounds": effort.rounds,
        "requests": effort.requests,
        "pause_ms": PAUSE_S * 1e3,
        "peak_memory_mb": memory.palier_mb,
        "services_peak_memory_mb": memory.services_mb,
        **summary(rounds, effort.recordings),
        "history": history,
        **measured_on(),
    }


def summary(rounds: Sequence[Measured], recordings: int) -> dict[str, object]:
    """Return medians over the rounds, and medians of the ratios within a round."""

    def per_second(field: str) -> float:
        return float(statistics.median(recordings / asdict(one)[field] for one in rounds))

    return {
        "per_second": {name: per_second(f"{name}_s") for name in ("job", "upload", "bare", "engine")},
        "job_to_bare": statistics.median(one.bare_s / one.job_s for one in rounds),
        "job_to_engine": statistics.median(one.engine_s / one.job_s for one in rounds),
    }


def _records(count: int) -> Int16Array:
    """Return simulated records of five seconds as the converter gives them, int16 [count, samples] of ADC_STEP_G."""

    def record(seed: int) -> Int16Array:
        return simulate_record(np.random.SeedSequence(seed), seed % len(FAULT_CLASSES), seed % 4).counts

    return np.stack([record(seed) for seed in Progress(range(count), "simulate", "record")])


def _round(
    client: httpx.Client, diagnoser: Diagnoser, counts: Int16Array, records: Float32Array, effort: Effort
) -> Measured:
    # The bare ones on both sides of the job: what the machine does beside them drifts.
    before = _bare(diagnoser, records)
    upload_s, job = _job(client, counts, effort.in_a_file)
    after = _bare(diagnoser, records)
    _check(client, job["job_id"], before[2])
    started, finished = (datetime.fromisoformat(job[name]) for name in ("started_at", "finished_at"))
    bare_s, engine_s = ((one + other) / 2 for one, other in zip(before[:2], after[:2], strict=True))
    return Measured((finished - started).total_seconds(), upload_s, bare_s, engine_s)


def _job(client: httpx.Client, counts: Int16Array, in_a_file: int) -> tuple[float, dict[str, Any]]:
    """Upload records, have them diagnosed; returns seconds of uploading, and the job when it is over."""
    files = [counts[start : start + in_a_file] for start in range(0, len(counts), in_a_file)]
    entries = [{"name": f"{i}.raw", "content_type": RAW, "recordings": len(file)} for i, file in enumerate(files)]
    started = time.perf_counter()
    options = {"sample_format": "int16", "full_scale": FULL_SCALE_G}
    taken = _answer(client.post("/jobs", json=options | {"uploads": entries}))
    with httpx.Client(timeout=60) as bucket:
        for form, file in zip(taken["uploads"], Progress(files, "upload", "file"), strict=True):
            bucket.post(form["url"], data=form["fields"], files={"file": file.tobytes()}).raise_for_status()
    upload_s = time.perf_counter() - started
    job = _answer(client.post(f"/jobs/{taken['job_id']}/start"))
    deadline = time.monotonic() + _TIMEOUT_S
    while job["state"] in {"queued", "running"} and time.monotonic() < deadline:
        time.sleep(_LOOK_EVERY_S)
        job = _answer(client.get(f"/jobs/{job['job_id']}"))
    if job["state"] != "succeeded":
        raise BuildError(f"The job is {job['state']}.")
    return upload_s, job


def _bare(diagnoser: Diagnoser, records: Float32Array) -> tuple[float, float, list[int]]:
    """Return seconds of diagnosing and of the engine's calls alone, in one thread, and the classes."""
    classes, engine_ms = [], 0.0
    started = time.perf_counter()
    for row in records:
        diagnosis = diagnoser.diagnose(Recording(row[np.newaxis]), DiagnosisOptions())
        classes.append(diagnosis.predicted_class)
        engine_ms += diagnosis.inference_time_ms
    return time.perf_counter() - started, engine_ms / 1e3, classes


def _check(client: httpx.Client, job_id: str, classes: list[int]) -> None:
    """Hold every result to the class of the same recording, in order; raises BuildError."""
    found: list[int] = []
    cursor: str | None = None
    while len(found) < len(classes):
        query = {"limit": 1000} | ({} if cursor is None else {"cursor": cursor})
        page = _answer(client.get(f"/jobs/{job_id}/results", params=query))
        found += [one["diagnosis"]["predicted_class"] for one in page["results"]]
        cursor = page["next_cursor"]
        if not page["results"]:
            break
    if found != classes:
        raise BuildError("The job's results are not those of the same recordings diagnosed one by one.")


def _history(client: httpx.Client, records: Float32Array, requests: int) -> dict[str, float]:
    """Return the median latency (ms) of answers without and with an asset, which take turns, and their ratio."""
    assets: Mapping[str, dict[str, str]] = {"without": {}, "with": {"asset_id": "press-4"}}
    latencies: dict[str, list[float]] = {name: [] for name in assets}
    for number in range(requests):
        for name, query in assets.items():
            time.sleep(PAUSE_S)
            content = records[number % len(records)].tobytes()
            started = time.perf_counter()
            _answer(client.post("/predict", params=query, content=content, headers={"content-type": RAW}))
            latencies[name].append((time.perf_counter() - started) * 1e3)
    medians = {f"{name}_ms": statistics.median(values) for name, values in latencies.items()}
    return medians | {"with_to_without": medians["with_ms"] / medians["without_ms"]}


def _answer(response: httpx.Response) -> dict[str, Any]:
    if response.is_error:
        raise BuildError(f"The server answered {response.status_code}: {response.text[:200]}")
    answer: dict[str, Any] = response.json()
    return answer
