import re

import numpy as np
import pytest
from msgspec.structs import replace

from functions.core.errors import (
    ModelUnavailableError,
    PalierError,
    RecordingTooLongError,
    SampleRateContradictsError,
    SampleRateError,
    SignalConstantError,
    SignalNotFiniteError,
    SignalShapeError,
    SignalTooShortError,
)
from functions.core.models.flow import run_flow
from functions.core.models.models import CpuEngines
from functions.core.models.options import DiagnosisOptions
from functions.core.models.pipeline import Diagnoser, create_diagnoser
from functions.core.preprocessing.signal import Recording, Unit
from functions.core.settings import Settings
from tests.support.apps import short_id
from tests.support.packages import GAIN, WINDOW, expected_probabilities
from tests.support.recordings import tone

DEFAULTS = DiagnosisOptions()


@pytest.fixture
def diagnoser(settings: Settings) -> Diagnoser:
    return create_diagnoser(settings)


def recording(*rows: np.ndarray[tuple[int], np.dtype[np.float32]], rate_hz: float | None = None) -> Recording:
    return Recording(np.stack(rows), rate_hz)


@pytest.mark.parametrize(("mean", "index"), [(0.5, 0), (0.0, 1), (-0.5, 2)])
def test_one_window_gives_the_model_s_answer(diagnoser: Diagnoser, mean: float, index: int) -> None:
    diagnosis = diagnoser.diagnose(recording(tone(mean)), DEFAULTS)
    np.testing.assert_allclose(diagnosis.probabilities, expected_probabilities(mean), atol=1e-6)
    assert (diagnosis.predicted_class, diagnosis.windows, diagnosis.precision) == (index, 1, "fp32")
    square = mean**2 + 0.005
    assert diagnosis.novelty == pytest.approx(square / (square + 1), abs=1e-6)
    assert diagnosis.in_distribution is True
    assert diagnosis.inference_time_ms > 0


def test_a_recording_unlike_the_training_data_is_marked(diagnoser: Diagnoser) -> None:
    diagnosis = diagnoser.diagnose(recording(tone(0.0, amplitude=10)), DEFAULTS)
    assert diagnosis.novelty == pytest.approx(50 / 51, abs=1e-5)
    assert diagnosis.in_distribution is False


def test_a_clipped_recording_is_marked_even_after_resampling(diagnoser: Diagnoser) -> None:
    samples = np.clip(tone(0.0), -0.05, 0.05)
    own = diagnoser.diagnose(recording(samples), DEFAULTS)
    faster = diagnoser.diagnose(recording(np.repeat(samples, 2), rate_hz=2 * WINDOW), DEFAULTS)
    assert (own.clipped, own.in_distribution, faster.clipped, faster.in_distribution) == (True, False, True, False)
    both = run_flow(diagnoser.diagnosing_batch([recording(tone(0.0)), recording(samples)], DEFAULTS))
    assert [one.clipped for one in both] == [False, True]


def test_the_version_named_answers(diagnoser: Diagnoser) -> None:
    options = DiagnosisOptions(version="2")
    diagnosis = diagnoser.diagnose(recording(tone(0.5)), options)
    np.testing.assert_allclose(diagnosis.probabilities, expected_probabilities(0.5, -GAIN), atol=1e-6)
    assert diagnosis.manifest.version == "2"


def test_a_long_recording_is_joined_over_its_windows(diagnoser: Diagnoser) -> None:
    parts = np.concatenate([tone(0.5), tone(-0.5), tone(-0.5)])
    diagnosis = diagnoser.diagnose(recording(parts), DEFAULTS)
    high, low = expected_probabilities(0.5), expected_probabilities(-0.5)
    np.testing.assert_allclose(diagnosis.probabilities, (high + 2 * low) / 3, atol=1e-6)
    assert (diagnosis.windows, diagnosis.predicted_class) == (3, 2)


def test_the_last_window_is_aligned_to_the_end(diagnoser: Diagnoser) -> None:
    samples = np.concatenate([tone(0.5), tone(-0.5, windows=0.5)])
    diagnosis = diagnoser.diagnose(recording(samples), DEFAULTS)
    last = expected_probabilities(float(samples[-WINDOW:].mean()))
    np.testing.assert_allclose(diagnosis.probabilities, (expected_probabilities(0.5) + last) / 2, atol=1e-6)
    assert diagnosis.windows == 2


def test_more_windows_than_one_run_takes_are_all_counted(settings: Settings) -> None:
    diagnoser = create_diagnoser(replace(settings, max_windows=70))
    samples = np.concatenate([tone(0.5, windows=35), tone(-0.5, windows=35)])
    diagnosis = diagnoser.diagnose(recording(samples), DEFAULTS)
    mean = (expected_probabilities(0.5) + expected_probabilities(-0.5)) / 2
    np.testing.assert_allclose(diagnosis.probabilities, mean, atol=1e-6)
    assert diagnosis.windows == 70


def test_another_rate_is_resampled(diagnoser: Diagnoser) -> None:
    faster = recording(tone(0.5, windows=2), rate_hz=4096)
    diagnosis = diagnoser.diagnose(faster, DEFAULTS)
    assert diagnosis.windows == 1
    np.testing.assert_allclose(diagnosis.probabilities, expected_probabilities(0.5), atol=2e-2)


@pytest.mark.parametrize(
    ("given", "in_file", "rate_hz", "source", "duration_s"),
    [
        (None, None, 2048, "assumed", 3),
        (None, 4096, 4096, "file", 1.5),
        (4096, None, 4096, "option", 1.5),
        # Within half a percent the two are one, and the caller's is taken.
        (4076, 4096, 4076, "option", 6144 / 4076),
        (4116, 4096, 4116, "option", 6144 / 4116),
    ],
)
def test_the_source_of_the_rate_is_reported(
    diagnoser: Diagnoser, given: float | None, in_file: float | None, rate_hz: float, source: str, duration_s: float
) -> None:
    options = DiagnosisOptions(sample_rate_hz=given)
    found = diagnoser.diagnose(recording(tone(0.5, windows=3), rate_hz=in_file), options).recording
    assert (found.sample_rate.hz, found.sample_rate.source) == (rate_hz, source)
    assert found.duration_s == pytest.approx(duration_s)


@pytest.mark.parametrize("given", [4075, 4117, 2048, 51_200])
def test_a_rate_at_odds_with_the_file_s_is_refused(diagnoser: Diagnoser, given: float) -> None:
    sentence = f"`sample_rate_hz` is {given:g} Hz, but the file states 4096 Hz: leave the option out, or correct the"
    with pytest.raises(SampleRateContradictsError, match=re.escape(sentence)) as refusal:
        diagnoser.diagnose(recording(tone(0.5, windows=2), rate_hz=4096), DiagnosisOptions(sample_rate_hz=given))
    assert refusal.value.field == "sample_rate_hz"


@pytest.mark.parametrize(
    ("names", "wanted", "channel"),
    [((), "1", "1"), (("acc", "vel"), "1", "vel"), (("acc", "vel"), "vel", "vel"), (("0",), "1", "1")],
)
def test_the_channel_that_was_diagnosed_is_named(
    diagnoser: Diagnoser, names: tuple[str, ...], wanted: str, channel: str
) -> None:
    two = Recording(np.stack([tone(0.5), tone(0.1, amplitude=0.2)]), channel_names=names)
    found = diagnoser.diagnose(two, DiagnosisOptions(channel=wanted)).recording
    assert found.channel == channel
    assert found.indicators.rms == pytest.approx(0.2 / 2**0.5, rel=1e-5)


def test_a_single_channel_is_named_and_all_of_a_model_of_two_are_not(diagnoser: Diagnoser) -> None:
    assert diagnoser.diagnose(recording(tone(0.5)), DEFAULTS).recording.channel == "0"
    both = recording(tone(0.5), tone(0.1, amplitude=0.3))
    found = diagnoser.diagnose(both, DiagnosisOptions(model="tiny-pair")).recording
    assert found.channel is None
    assert found.indicators.peak == pytest.approx(0.3, rel=1e-5)


def test_figures_are_those_of_the_samples_as_sent(diagnoser: Diagnoser) -> None:
    samples = tone(0.5, windows=4)
    samples[100] = 2.5
    found = diagnoser.diagnose(recording(samples, rate_hz=8192), DEFAULTS).recording
    assert found.indicators.peak == pytest.approx(2.5 - samples.mean(), rel=1e-5)


@pytest.mark.parametrize(
    ("in_file", "options", "unit", "velocity", "zone"),
    [
        (None, {}, None, None, None),
        ("V", {}, "V", None, None),
        # 0.1 g at 64 Hz: 0.1 x 9806.65 / (2 pi 64) / sqrt 2.
        (None, {"unit": "g"}, "g", 1.72442, None),
        ("m/s^2", {}, "m/s2", 0.175843, None),
        ("g", {"unit": "g", "machine_group": 2, "foundation": "rigid"}, "g", 1.72442, "B"),
        (None, {"unit": "g", "machine_group": 1, "foundation": "flexible"}, "g", 1.72442, "A"),
    ],
)
def test_the_severity_is_given_where_the_unit_is_known(
    diagnoser: Diagnoser,
    in_file: str | None,
    options: dict[str, object],
    unit: str | None,
    velocity: float | None,
    zone: str | None,
) -> None:
    samples = 0.1 * np.sin(2 * np.pi * 64 * np.arange(4 * WINDOW) / WINDOW)
    stated = Recording(samples[np.newaxis].astype(np.float32), unit=in_file)
    found = diagnoser.diagnose(stated, DiagnosisOptions.parse(options)).recording
    assert (found.unit, found.severity_zone) == (unit, zone)
    assert found.velocity_rms_mm_s == (None if velocity is None else pytest.approx(velocity, rel=1e-3))


@pytest.mark.parametrize(
    ("in_file", "unit", "mean"), [("m/s^2", None, 0.5 / 9.80665), (None, "m/s2", 0.5 / 9.80665), ("g", None, 0.5)]
)
def test_an_acceleration_reaches_the_model_in_its_own_unit(
    diagnoser: Diagnoser, in_file: str | None, unit: Unit | None, mean: float
) -> None:
    stated = Recording(tone(0.5)[np.newaxis], unit=in_file)
    found = diagnoser.diagnose(stated, DiagnosisOptions(unit=unit))
    np.testing.assert_allclose(found.probabilities, expected_probabilities(mean), atol=1e-6)
    # What was measured is of the samples as sent.
    assert found.recording.indicators.rms == pytest.approx(float(tone(0.5).std()), rel=1e-5)


def test_a_velocity_reaches_the_model_as_it_is_with_a_note(diagnoser: Diagnoser) -> None:
    found = diagnoser.diagnose(Recording(tone(0.5)[np.newaxis], note="Cut short."), DiagnosisOptions(unit="mm/s"))
    np.testing.assert_allclose(found.probabilities, expected_probabilities(0.5), atol=1e-6)
    assert found.recording.note == (
        "Cut short. The samples are in mm/s and the model takes g: they reached it as they are, and its answer may be"
        " wrong."
    )


def test_a_zone_that_cannot_be_given_comes_with_its_reason(diagnoser: Diagnoser) -> None:
    stated = {"unit": "g", "machine_group": 2, "foundation": "rigid", "sample_rate_hz": 1024.0}
    found = diagnoser.diagnose(Recording(tone(0.1)[np.newaxis]), DiagnosisOptions.parse(stated)).recording
    assert (found.velocity_rms_mm_s, found.severity_zone) == (None, None)
    assert found.note == (
        "There is no severity zone: the velocity needs 1 s at 2,000 Hz or more, and the recording has 2 s at 1,024 Hz."
    )
    assert diagnoser.diagnose(Recording(tone(0.1)[np.newaxis]), DiagnosisOptions(unit="g")).recording.note is None


def test_two_channels_reach_a_model_of_two(diagnoser: Diagnoser) -> None:
    options = DiagnosisOptions(model="tiny-pair")
    diagnosis = diagnoser.diagnose(recording(tone(0.5), tone(0.1)), options)
    np.testing.assert_allclose(diagnosis.probabilities, expected_probabilities(0.3), atol=1e-6)


def test_a_model_without_a_distance_measures_no_novelty(diagnoser: Diagnoser) -> None:
    diagnosis = diagnoser.diagnose(recording(tone(0.5, windows=2)), DiagnosisOptions(model="tiny-plain"))
    assert (diagnosis.novelty, diagnosis.in_distribution) == (None, None)
    squared = expected_probabilities(0.5) ** 2
    # The floor of 0.001 bounds what is said against a class.
    np.testing.assert_allclose(diagnosis.probabilities, squared / squared.sum(), atol=3e-4)


@pytest.mark.parametrize(
    ("samples", "options", "error"),
    [
        (tone()[:-1], {}, SignalTooShortError),
        (tone(windows=2)[:-2], {"sample_rate_hz": 4096}, SignalTooShortError),
        (np.full(WINDOW, 3, np.float32), {}, SignalConstantError),
        (np.append(tone(), np.float32(np.nan)), {}, SignalNotFiniteError),
        (tone(), {"sample_rate_hz": 99}, SampleRateError),
        (tone(), {"sample_rate_hz": float("nan")}, SampleRateError),
        (tone(), {"channel": "1"}, SignalShapeError),
        (tone(windows=21), {}, RecordingTooLongError),
        (tone(windows=2), {"sample_rate_hz": 100}, RecordingTooLongError),
    ],
    ids=short_id,
)
def test_what_cannot_be_diagnosed_is_refused(
    diagnoser: Diagnoser,
    samples: np.ndarray[tuple[int], np.dtype[np.float32]],
    options: dict[str, object],
    error: type[PalierError],
) -> None:
    with pytest.raises(error):
        diagnoser.diagnose(recording(samples), DiagnosisOptions.parse(options))


def test_exactly_the_longest_recording_passes(diagnoser: Diagnoser) -> None:
    assert diagnoser.diagnose(recording(tone(windows=20)), DEFAULTS).windows == 20


def test_a_batch_answers_in_order_as_single_requests_do(diagnoser: Diagnoser) -> None:
    recordings = [recording(tone(mean, windows=1 + index)) for index, mean in enumerate((0.3, -0.1, 0.0, -0.4))]
    together = run_flow(diagnoser.diagnosing_batch(recordings, DEFAULTS))
    for joint, alone in zip(together, (diagnoser.diagnose(one, DEFAULTS) for one in recordings), strict=True):
        np.testing.assert_allclose(joint.probabilities, alone.probabilities, atol=1e-6)
        assert joint.novelty == pytest.approx(alone.novelty, abs=1e-6)
        assert joint.windows == alone.windows


def test_a_batch_shares_the_limit_of_windows(diagnoser: Diagnoser) -> None:
    fits, over = recording(tone(windows=20)), recording(tone())
    with pytest.raises(RecordingTooLongError, match="where 0 may stand") as refusal:
        run_flow(diagnoser.diagnosing_batch([fits, over], DEFAULTS))
    assert refusal.value.field == "signals[1]"


def test_without_the_default_model_nothing_can_serve(settings: Settings) -> None:
    diagnoser = create_diagnoser(replace(settings, default_model="absent"))
    with pytest.raises(
        ModelUnavailableError,
        match="'absent' is not installed here; PALIER_DEFAULT_MODEL names it, PALIER_MODELS_DIR the folder of models",
    ):
        diagnoser.load(DEFAULTS)
    assert diagnoser.load(DiagnosisOptions(model="tiny")).manifest.name == "tiny"


@pytest.mark.parametrize(("change", "threads"), [({}, 1), ({"lambda_memory_mb": 3538}, 2), ({"threads": 3}, 3)])
def test_threads_come_from_the_settings_or_the_cpu_share(
    settings: Settings, change: dict[str, int], threads: int
) -> None:
    assert create_diagnoser(replace(settings, **change)).models._engines == CpuEngines(threads)
