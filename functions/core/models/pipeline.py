"""The serve flow from end to end: recordings and options in, diagnoses out."""

import math
from collections.abc import Mapping, Sequence, Set
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np
from msgspec import UNSET, Struct
from msgspec.structs import replace

from functions.core.errors import (
    ConditionRangeError,
    ModelUnavailableError,
    PalierError,
    RecordingTooLongError,
    SignalTooShortError,
)
from functions.core.models.diagnosis import Diagnosis, join_probabilities, novelty, weighed, window_probabilities
from functions.core.models.engine import EngineOutput, cpu_threads
from functions.core.models.flow import EngineCall, Flow, part_of, run_flow
from functions.core.models.manifest import ANY_UNIT, InputSpec, Manifest
from functions.core.models.models import Engines, LoadedModel, ModelRepository
from functions.core.models.options import ORDERS, SHAFT_SPEED, DiagnosisOptions
from functions.core.models.preparation import rows_of_recording
from functions.core.observability.metrics import Finding, observe_diagnosis, observe_inference, observe_model_not_loaded
from functions.core.preprocessing.arrays import Float32Array, WholeSpectrum
from functions.core.preprocessing.indicators import Measured, indicators
from functions.core.preprocessing.signal import (
    RateRange,
    Recording,
    SampleRate,
    Signal,
    channel_name,
    channel_unit,
    check_samples,
    join_notes,
    sample_rate,
    select_channels,
)
from functions.core.settings import Settings

if TYPE_CHECKING:
    from functions.core.bearings.lines import Evidence
    from functions.core.models.operation import Operation

# Answers where a request says how fast which bearing turned and names no model.
ANY_BEARING = "any-bearing"
# The conditions of operation that determine where lines are.
_LINES_NEED = frozenset({SHAFT_SPEED, *ORDERS[:2]})


class Limits(Struct, frozen=True):
    """Limits of one request, and the class ids that mean no fault.

    max_channels: of a recording of which every channel is diagnosed; healthy_classes: ids that mean no fault.
    """

    rates: RateRange
    max_windows: int
    max_channels: int = 128
    healthy_classes: Set[str] = frozenset({"healthy", "normal"})


class _Stated(Struct, frozen=True):
    """What a caller states of a recording's machine.

    operation: where it determines where lines are; conditions: of operation, as the model takes them, None where it
    takes none; filled: names of conditions that the caller did not give by name.
    """

    operation: "Operation | None"
    conditions: Mapping[str, float] | None
    filled: Set[str]

    def at_speed(self, shaft_speed_rpm: float) -> Mapping[str, float] | None:
        """Return the conditions at the shaft speed that the recording shows; a speed given by name stays."""
        if self.conditions is None or SHAFT_SPEED not in self.filled:
            return self.conditions
        return {**self.conditions, SHAFT_SPEED: shaft_speed_rpm}


class _Prepared(Struct, frozen=True):
    """A recording as the engine takes it: windows or their features float32 [B, C, T], and whether it was clipped.

    conditions: of operation, as the model gets them, None where it takes none; evidence: of its lines, None where
    the operation does not determine where they are; measured: of the samples before resampling.
    """

    windows: Float32Array
    clipped: bool
    conditions: Mapping[str, float] | None
    evidence: "Evidence | None"
    measured: Measured


class Diagnoser:
    """Diagnoses recordings with the models of a repository; safe to share between threads."""

    def __init__(self, models: ModelRepository, default_model: str, limits: Limits) -> None:
        self.models = models
        self.default_model = default_model
        self.limits = limits

    def load(self, options: DiagnosisOptions) -> LoadedModel:
        """Return the model the options name.

        Raises:
            ModelNotFoundError, VersionNotFoundError, ModelUnavailableError: it cannot serve.
        """
        if options.model is None and options.shaft_speed_rpm is not None and options.names_bearing:
            name = ANY_BEARING if ANY_BEARING in self.models.names() else self.default_model
            return self.models.load(name, options.version)
        if options.model is None:
            self.require_default()
        return self.models.load(options.model or self.default_model, options.version)

    def require_default(self) -> None:
        """Check that the default model is installed; if it is not, that is no fault of the caller.

        Raises:
            ModelUnavailableError: it is not.
        """
        if self.default_model not in self.models.names():
            observe_model_not_loaded()
            raise ModelUnavailableError(
                f"The default model {self.default_model!r} is not installed here; PALIER_DEFAULT_MODEL names it, "
                "PALIER_MODELS_DIR the folder of models."
            )

    def diagnose(self, recording: Recording, options: DiagnosisOptions) -> Diagnosis:
        """Diagnose one recording.

        Raises:
            PalierError: the recording cannot be used, is over a limit, or the model cannot serve.
        """
        return run_flow(self.diagnosing(recording, options))

    def diagnosing(self, recording: Recording, options: DiagnosisOptions) -> Flow[Diagnosis]:
        """Diagnose one recording as a flow; raises as `diagnose`."""
        model = self.load(options)
        stated = _stated(model.manifest.input, options, options.conditions)
        prepared = self._prepare(recording, options, model.manifest, self.limits.max_windows, stated)
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
        stated = _stated_of_each(spec, options, conditions_of_each, len(recordings))
        parts: list[_Prepared] = []
        room = self.limits.max_windows
        for index, recording in enumerate(recordings):
            try:
                parts.append(self._prepare(recording, options, model.manifest, room, stated[index]))
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
        self, recording: Recording, options: DiagnosisOptions, manifest: Manifest, room: int, stated: _Stated
    ) -> _Prepared:
        spec = manifest.input
        rate = sample_rate(options.sample_rate_hz, recording.sample_rate_hz, spec.sample_rate_hz, self.limits.rates)
        signal = check_samples(select_channels(recording, spec.channels, options.channel))
        length = round(signal.samples.shape[1] * spec.sample_rate_hz / rate.hz)
        if length < spec.window:
            raise SignalTooShortError(length=length, required=spec.window, sample_rate_hz=spec.sample_rate_hz)
        count = math.ceil(length / spec.window)
        if count > room:
            raise RecordingTooLongError(
                f"The request has {count} windows of {spec.window / spec.sample_rate_hz:g} s where {room} may stand"
                f" (limit of one request: {self.limits.max_windows})."
            )
        channel = channel_name(recording, options.channel) if spec.channels == 1 else None
        samples, measured = _in_unit(signal.samples, _measured(recording, signal, options, rate, channel), spec)
        whole = WholeSpectrum()
        evidence = stated.operation.evidence(signal.samples, rate.hz, whole) if stated.operation else None
        conditions = stated.at_speed(evidence.shaft_speed_used_rpm) if evidence else stated.conditions
        windows = rows_of_recording(samples, rate.hz, manifest, conditions, whole)
        return _Prepared(windows, signal.clipped, conditions, evidence, measured)


def _in_unit(samples: Float32Array, measured: Measured, spec: InputSpec) -> tuple[Float32Array, Measured]:
    """Return samples float32 [C, N] in the unit of the model, and their figures, with a note where it cannot be."""
    if measured.unit is None or spec.unit in (measured.unit, ANY_UNIT):
        return samples, measured
    # Late: few requests state a unit.
    from functions.core.preprocessing.severity import factor_between

    factor = factor_between(measured.unit, spec.unit)
    if factor is None:
        reason = (
            f"The samples are in {measured.unit} and the model takes {spec.unit}: they reached it as they are, and its"
            " answer may be wrong."
        )
        return samples, replace(measured, note=join_notes(measured.note, reason))
    return samples if factor == 1 else samples * np.float32(factor), measured


def _measured(
    recording: Recording, signal: Signal, options: DiagnosisOptions, rate: SampleRate, channel: str | None
) -> Measured:
    """Return the measured figures of the signal of a recording that the model gets."""
    duration_s = signal.samples.shape[1] / rate.hz
    found = Measured(rate, channel, duration_s, indicators(signal), note=recording.note)
    in_file = channel_unit(recording, options.channel)
    if not (in_file or options.unit or options.machine_group or options.foundation):
        return found
    # Late: few requests state a unit.
    from functions.core.preprocessing.severity import unit_of, with_severity

    unit = unit_of(options.unit, in_file)
    return with_severity(replace(found, unit=unit), signal.samples, options.machine_group, options.foundation)


def _stated(
    spec: InputSpec, options: DiagnosisOptions, given: Mapping[str, float], field: str = "conditions"
) -> _Stated:
    """Return what a caller states of a recording's machine.

    Args:
        spec: of the model's input.
        options: of the request.
        given: the recording's conditions by name.
        field: where they stand, for the error.
    """
    operation, filled = None, dict[str, float]()
    if options.shaft_speed_rpm is not None or options.names_bearing or (given and given.keys() >= _LINES_NEED):
        # Late: few requests say how a machine ran.
        from functions.core.models.operation import stated_operation

        operation = stated_operation(options, given)
        known = operation.conditions(spec, operation.shaft_speed_rpm) if operation else {}
        filled = {name: value for name, value in known.items() if name not in given}
    if spec.conditions is UNSET and not given:
        return _Stated(operation, None, frozenset())
    # Late: few models take any.
    from functions.core.models.conditions import used_conditions

    try:
        used = used_conditions(spec, {**given, **filled}, field)
    except ConditionRangeError as error:
        name = (error.field or "").removeprefix(f"{field}.")
        # What was not given among the conditions is at fault where it stands.
        error.field = name if name in filled and getattr(options, name) is not None else error.field
        raise
    return _Stated(operation, used, filled.keys())


def _stated_of_each(
    spec: InputSpec,
    options: DiagnosisOptions,
    of_each: Sequence[Mapping[str, float]] | None,
    recordings: int,
) -> Sequence[_Stated]:
    if of_each is None:
        return [_stated(spec, options, options.conditions)] * recordings
    return [
        _stated(spec, options, {**one, **options.conditions}, f"conditions[{index}]")
        for index, one in enumerate(of_each)
    ]


def _engine_call(model: LoadedModel, parts: Sequence[_Prepared]) -> EngineCall:
    windows = parts[0].windows if len(parts) == 1 else np.concatenate([part.windows for part in parts])
    if model.manifest.input.conditions is UNSET:
        return EngineCall(model, windows)
    from functions.core.models.conditions import condition_rows

    rows = [condition_rows(part.conditions, len(part.windows)) for part in parts if part.conditions is not None]
    return EngineCall(model, windows, np.concatenate(rows))


def _diagnosis(model: LoadedModel, prepared: _Prepared, output: EngineOutput, elapsed_ms: float) -> Diagnosis:
    windows = window_probabilities(output, model.manifest)
    found = Diagnosis(
        manifest=model.manifest,
        precision=model.precision,
        probabilities=join_probabilities(windows, model.manifest.join),
        windows=len(output.logits),
        novelty=novelty(output, model.manifest.novelty),
        clipped=prepared.clipped,
        conditions=prepared.conditions,
        evidence=prepared.evidence,
        inference_time_ms=elapsed_ms,
        recording=prepared.measured,
    )
    diagnosis = weighed(found, windows)
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
        Limits(rates, settings.max_windows, settings.max_batch, frozenset(settings.healthy_classes)),
    )
