"""The serve flow from end to end: recordings and options in, diagnoses out."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

import numpy as np
from msgspec import UNSET

from functions.core.errors import (
    ModelUnavailableError,
    PalierError,
    RecordingTooLongError,
    SampleRateContradictsError,
    SignalTooShortError,
)
from functions.core.models.diagnosis import Diagnosis, Measured, RateSource, novelty, record_probabilities
from functions.core.models.engine import EngineOutput, cpu_threads
from functions.core.models.flow import EngineCall, Flow, part_of, run_flow
from functions.core.models.manifest import InputSpec
from functions.core.models.models import Engines, LoadedModel, ModelRepository
from functions.core.models.options import DiagnosisOptions
from functions.core.observability.metrics import Finding, observe_diagnosis, observe_inference, observe_model_not_loaded
from functions.core.preprocessing.arrays import Float32Array
from functions.core.preprocessing.indicators import indicators
from functions.core.preprocessing.resampling import resample
from functions.core.preprocessing.signal import RateRange, Recording, channel_name, check_samples, select_channels
from functions.core.preprocessing.windowing import cut_windows
from functions.core.settings import Settings

# By how much the rates of caller and file may differ and still be one: oscillators and rounded time columns do.
_RATE_TOLERANCE = 0.005


@dataclass(frozen=True)
class Limits:
    """What one request may ask for."""

    rates: RateRange
    max_windows: int


@dataclass(frozen=True)
class _Prepared:
    """A recording as the engine takes it: windows float32 [B, C, T], and whether it was clipped before resampling.

    conditions: of operation, as the model gets them; None where it takes none; measured: before resampling, too.
    """

    windows: Float32Array
    clipped: bool
    conditions: Mapping[str, float] | None
    measured: Measured


class Diagnoser:
    """Diagnoses recordings with the models of a repository; safe to share between threads."""

    def __init__(self, models: ModelRepository, default_model: str, limits: Limits) -> None:
        self.models = models
        self.default_model = default_model
        self._limits = limits

    def load(self, options: DiagnosisOptions) -> LoadedModel:
        """Return the model the options name.

        Raises:
            ModelNotFoundError, VersionNotFoundError, ModelUnavailableError: it cannot serve.
        """
        if options.model is None:
            self.require_default()
        return self.models.load(options.model or self.default_model, options.version)

    def require_default(self) -> None:
        """Check that the default model is here; that it is not is no fault of the caller.

        Raises:
            ModelUnavailableError: it is not.
        """
        if self.default_model not in self.models.names():
            observe_model_not_loaded()
            raise ModelUnavailableError(f"The default model {self.default_model!r} is not installed here.")

    def diagnose(self, recording: Recording, options: DiagnosisOptions) -> Diagnosis:
        """Diagnose one recording.

        Raises:
            PalierError: the recording cannot be used, is over a limit, or the model cannot serve.
        """
        return run_flow(self.diagnosing(recording, options))

    def diagnosing(self, recording: Recording, options: DiagnosisOptions) -> Flow[Diagnosis]:
        """Diagnose one recording as a flow; raises as `diagnose`."""
        model = self.load(options)
        conditions = _conditions(model.manifest.input, options.conditions)
        prepared = self._prepare(recording, options, model.manifest.input, self._limits.max_windows, conditions)
        run = yield _engine_call(model, [prepared])
        observe_inference(model.manifest.name, len(prepared.windows), run.elapsed_ms)
        return _diagnosis(model, prepared, run.output, run.elapsed_ms)

    def diagnosing_batch(
        self,
        recordings: Sequence[Recording],
        options: DiagnosisOptions,
        conditions_of_each: Sequence[Mapping[str, float]] | None = None,
    ) -> Flow[list[Diagnosis]]:
        """Diagnose recordings together, in order, as a flow; their windows share the engine's runs.

        Args:
            recordings: at least one.
            options: of all.
            conditions_of_each: conditions of operation, a recording's own; the options' go before them.

        Raises:
            PalierError: as `diagnose`; `field` names the recording, for example `signals[3]`.
        """
        model = self.load(options)
        spec = model.manifest.input
        conditions = _conditions_of_each(spec, options.conditions, conditions_of_each, len(recordings))
        parts: list[_Prepared] = []
        room = self._limits.max_windows
        for index, recording in enumerate(recordings):
            try:
                parts.append(self._prepare(recording, options, spec, room, conditions[index]))
            except PalierError as error:
                if error.field == "signal":
                    error.field = f"signals[{index}]"
                raise
            room -= len(parts[-1].windows)
        run = yield _engine_call(model, parts)
        ends = list(accumulate(len(part.windows) for part in parts))
        observe_inference(model.manifest.name, ends[-1], run.elapsed_ms)
        return [
            _diagnosis(model, part, part_of(run.output, start, end), run.elapsed_ms * (end - start) / ends[-1])
            for part, start, end in zip(parts, [0, *ends], ends, strict=False)
        ]

    def _prepare(
        self,
        recording: Recording,
        options: DiagnosisOptions,
        spec: InputSpec,
        room: int,
        conditions: Mapping[str, float] | None,
    ) -> _Prepared:
        rate_hz, source = self._rate(recording, options, spec)
        signal = check_samples(select_channels(recording, spec.channels, options.channel))
        length = round(signal.samples.shape[1] * spec.sample_rate_hz / rate_hz)
        if length < spec.window:
            raise SignalTooShortError(length=length, required=spec.window, sample_rate_hz=spec.sample_rate_hz)
        count = math.ceil(length / spec.window)
        if count > room:
            raise RecordingTooLongError(
                f"The request has {count} windows of {spec.window / spec.sample_rate_hz:g} s where {room} may stand"
                f" (limit of one request: {self._limits.max_windows})."
            )
        channel = channel_name(recording, options.channel) if spec.channels == 1 else None
        measured = Measured(
            rate_hz,
            source,
            channel,
            signal.samples.shape[1] / rate_hz,
            options.unit,
            indicators(signal.samples),
        )
        if recording.unit or options.unit or options.machine_group or options.foundation:
            measured = _with_severity(measured, signal.samples, recording.unit, options)
        windows = cut_windows(resample(signal.samples, rate_hz, spec.sample_rate_hz), spec.window)
        return _Prepared(windows, signal.clipped, conditions, measured)

    def _rate(self, recording: Recording, options: DiagnosisOptions, spec: InputSpec) -> tuple[float, RateSource]:
        given, in_file = options.sample_rate_hz, recording.sample_rate_hz
        if given is None:
            return (spec.sample_rate_hz, "assumed") if in_file is None else (self._limits.rates.check(in_file), "file")
        if in_file is not None and not abs(given - in_file) <= _RATE_TOLERANCE * in_file:
            raise SampleRateContradictsError(
                f"`sample_rate_hz` is {given:g} Hz, but the file states {in_file:g} Hz: leave the option out, or"
                " correct the file."
            )
        return self._limits.rates.check(given), "option"


def _with_severity(
    measured: Measured, samples: Float32Array, unit_in_file: str | None, options: DiagnosisOptions
) -> Measured:
    # Late: few requests state a unit.
    from functions.core.preprocessing.severity import check_severity, severity_zone, unit_of, velocity_rms_mm_s

    unit = unit_of(options.unit, unit_in_file)
    check_severity(unit, options.machine_group, options.foundation)
    velocity = velocity_rms_mm_s(samples, measured.sample_rate_hz, unit)
    zone = severity_zone(velocity, options.machine_group, options.foundation)
    return replace(measured, unit=unit, velocity_rms_mm_s=velocity, severity_zone=zone)


def _conditions(spec: InputSpec, given: Mapping[str, float], field: str = "conditions") -> Mapping[str, float] | None:
    if spec.conditions is UNSET and not given:
        return None
    # Late: few models take any.
    from functions.core.models.conditions import used_conditions

    return used_conditions(spec, given, field)


def _conditions_of_each(
    spec: InputSpec,
    of_all: Mapping[str, float],
    of_each: Sequence[Mapping[str, float]] | None,
    recordings: int,
) -> Sequence[Mapping[str, float] | None]:
    if of_each is None:
        return [_conditions(spec, of_all)] * recordings
    return [_conditions(spec, {**one, **of_all}, f"conditions[{index}]") for index, one in enumerate(of_each)]


def _engine_call(model: LoadedModel, parts: Sequence[_Prepared]) -> EngineCall:
    windows = parts[0].windows if len(parts) == 1 else np.concatenate([part.windows for part in parts])
    if model.manifest.input.conditions is UNSET:
        return EngineCall(model, windows)
    from functions.core.models.conditions import condition_rows

    rows = [condition_rows(part.conditions, len(part.windows)) for part in parts if part.conditions is not None]
    return EngineCall(model, windows, np.concatenate(rows))


def _diagnosis(model: LoadedModel, prepared: _Prepared, output: EngineOutput, elapsed_ms: float) -> Diagnosis:
    diagnosis = Diagnosis(
        manifest=model.manifest,
        precision=model.precision,
        probabilities=record_probabilities(output, model.manifest),
        windows=len(output.logits),
        novelty=novelty(output, model.manifest.novelty),
        clipped=prepared.clipped,
        conditions=prepared.conditions,
        inference_time_ms=elapsed_ms,
        recording=prepared.measured,
    )
    finding = Finding(model.manifest.name, model.manifest.classes[diagnosis.predicted_class].id)
    observe_diagnosis(finding, novel=diagnosis.in_distribution is False)
    return diagnosis


def create_diagnoser(settings: Settings, engines: Engines | None = None) -> Diagnoser:
    """Return the diagnoser the settings describe; engines run on the CPU unless others are given."""
    threads = settings.threads or cpu_threads(settings.lambda_memory_mb)
    rates = RateRange(settings.min_sample_rate_hz, settings.max_sample_rate_hz)
    return Diagnoser(
        ModelRepository(settings.models_dir, threads, engines),
        settings.default_model,
        Limits(rates, settings.max_windows),
    )
