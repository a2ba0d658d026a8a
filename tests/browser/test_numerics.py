"""What the worker computes, against numpy, to 1e-6 of the greatest value; the worker is the one that ships."""

import base64
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page

from functions.core.bearings.catalogue import find_bearing
from functions.core.bearings.evidence import bearing_evidence
from tests.browser.watching import OpenPage
from tests.support import bearings
from tests.support.recordings import npy_bytes

ASSETS = Path(__file__).resolve().parents[2] / "functions" / "dashboard" / "static" / "assets"
(WORKER,) = ASSETS.glob("worker-*.js")
RATE_HZ = 12_800.0

Float64 = NDArray[np.float64]

# Opens the samples in a worker of the page's own, and makes one call of it.
ASK = """async ([worker, content, call, details]) => {
    const asked = new Worker(`dashboard/assets/${worker}`, { type: "module" });
    let last = 0;
    const ask = (call, details) => new Promise((resolve, reject) => {
        const id = ++last;
        asked.addEventListener("message", ({ data }) => {
            if (data.id === id) data.failure ? reject(new Error(data.failure.message)) : resolve(data.answer);
        });
        asked.postMessage({ id, call, details });
    });
    const buffer = Uint8Array.from(atob(content), (one) => one.charCodeAt(0)).buffer;
    await ask("open", { name: "a.npy", buffer });
    const chosen = await ask("choose", { channel: 0, scale: 1 });
    const answer = call === "choose" ? chosen : await ask(call, details);
    asked.terminate();
    const plain = (value) => (ArrayBuffer.isView(value) ? Array.from(value) : value);
    return Object.fromEntries(Object.entries(answer).map(([name, value]) => [name, plain(value)]));
}"""


@pytest.fixture(scope="module")
def noisy() -> Float64:
    """Lines, a modulated resonance and noise; 50,001 samples: no power of two, no even number."""
    rng = np.random.default_rng(7)
    time = np.arange(50_001) / RATE_HZ
    bursts = np.maximum(0, np.sin(2 * np.pi * 107.3 * time)) ** 8 * np.sin(2 * np.pi * 3900 * time)
    signal = 0.2 + np.sin(2 * np.pi * 60 * time) + 0.3 * bursts + 0.05 * rng.standard_normal(len(time))
    return np.asarray(signal.astype(np.float32), dtype=np.float64)


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    return open_page()


def ask(page: Page, samples: Float64, call: str, **details: Any) -> dict[str, Any]:
    content = base64.b64encode(npy_bytes(samples.astype(np.float32))).decode()
    answer: dict[str, Any] = page.evaluate(ASK, [WORKER.name, content, call, details])
    return answer


def assert_close(found: list[float], expected: Float64) -> None:
    assert len(found) == len(expected)
    assert np.abs(np.asarray(found) - expected).max() <= 1e-6 * np.abs(expected).max()


def starts(length: int, size: int) -> list[int]:
    """At least half overlapping, evenly spread, the last one aligned to the end."""
    steps = -(-(length - size) // (size // 2))
    return [k * (length - size) // steps for k in range(steps + 1)] if steps else [0]


def hann_spectrum(samples: Float64, size: int) -> Float64:
    """One-sided amplitudes of Hann-windowed segments, averaged as power."""
    window = np.hanning(size + 1)[:-1]
    centred = samples - samples.mean()
    lines = [np.fft.rfft(centred[start : start + size] * window) for start in starts(len(samples), size)]
    amplitude = np.sqrt(np.mean(np.abs(lines) ** 2, axis=0)) * 2 / window.sum()
    amplitude[[0, -1]] /= 2
    return np.asarray(amplitude)


def band_envelope(samples: Float64, low_hz: float, high_hz: float) -> Float64:
    """Magnitude of the analytic signal of a band, padded to a power of two."""
    size = 1 << (len(samples) - 1).bit_length()
    spectrum = np.fft.fft(samples, size)
    frequencies = np.fft.fftfreq(size, 1 / RATE_HZ)
    frequencies[size // 2] = RATE_HZ / 2  # numpy calls the line at half the rate a negative one
    spectrum[(frequencies < low_hz) | (frequencies > high_hz)] = 0
    spectrum[1 : size // 2] *= 2
    return np.asarray(np.abs(np.fft.ifft(spectrum))[: len(samples)])


@pytest.mark.parametrize("size", [256, 4096, 32_768])
def test_the_amplitude_spectrum_is_numpys(page: Page, noisy: Float64, size: int) -> None:
    answer = ask(page, noisy, "spectrum", rateHz=RATE_HZ, size=size)
    assert_close(answer["amplitude"], hann_spectrum(noisy, size))
    assert (answer["stepHz"], answer["averages"]) == (RATE_HZ / size, len(starts(len(noisy), size)))


def test_a_sine_on_a_line_shows_its_amplitude(page: Page) -> None:
    samples = 0.7 * np.sin(2 * np.pi * 100 * np.arange(12_800) / RATE_HZ)
    answer = ask(page, samples, "spectrum", rateHz=RATE_HZ, size=2048)
    line = round(100 / answer["stepHz"])
    assert answer["amplitude"][line] == pytest.approx(0.7, rel=1e-6)
    assert int(np.argmax(answer["amplitude"])) == line


@pytest.mark.parametrize("band", [(2560, 5760), (0, 6400)])
def test_the_envelope_spectrum_is_numpys(page: Page, noisy: Float64, band: tuple[int, int]) -> None:
    answer = ask(page, noisy, "envelope", rateHz=RATE_HZ, lowHz=band[0], highHz=band[1], size=8192)
    assert_close(answer["amplitude"], hann_spectrum(band_envelope(noisy, *band), 8192))


def test_the_envelope_of_bursts_shows_how_often_they_come(page: Page, noisy: Float64) -> None:
    answer = ask(page, noisy, "envelope", rateHz=RATE_HZ, lowHz=3000, highHz=5000, size=32_768)
    strongest = int(np.argmax(answer["amplitude"][3:])) + 3
    assert strongest * answer["stepHz"] == pytest.approx(107.3, abs=answer["stepHz"])


@pytest.mark.parametrize(("duration_s", "windows"), [(1.7, 1), (5.3, 3)])
def test_the_whitened_envelope_stands_as_high_as_the_service_s_evidence(
    page: Page, duration_s: float, windows: int
) -> None:
    shaft_hz = 30.0
    orders = find_bearing("6205").orders()
    signal = bearings.impacts(duration_s, orders.bpfo * shaft_hz) + bearings.noise(duration_s)
    samples = signal.astype(np.float32)
    evidence = bearing_evidence(samples[None], bearings.RATE_HZ, 60 * shaft_hz, orders)
    answer = ask(page, samples.astype(np.float64), "whitened", rateHz=bearings.RATE_HZ, toHz=2000)
    assert answer["averages"] == windows
    line = evidence.lines[0]
    places = [round(one.n * line.frequency_hz / answer["stepHz"]) for one in line.harmonics]
    assert len(places) == 6
    assert [answer["amplitude"][place] for place in places] == pytest.approx(
        [one.level_db for one in line.harmonics], abs=0.051
    )


def test_the_spectrogram_is_numpys_in_steps_of_a_level(page: Page, noisy: Float64) -> None:
    answer = ask(page, noisy, "spectrogram", rateHz=RATE_HZ, look={"topHz": 6400, "segmentS": 0.02})
    size = 256
    columns, rows = answer["columns"], answer["rows"]
    assert (rows, answer["stepHz"], answer["topHz"], columns) == (128, RATE_HZ / size, 6400, 720)
    power = spectrogram_power(noisy, size, columns)[:, :rows]
    below_db = 10 * np.log10(power / power.max())
    expected = np.maximum(0, np.floor(255 * (1 + below_db / answer["rangeDb"]) + 0.5))
    found = np.asarray(answer["levels"]).reshape(columns, rows)
    assert np.abs(found - expected).max() <= 1
    assert np.mean(found != expected) < 1e-4


def spectrogram_power(samples: Float64, size: int, columns: int) -> Float64:
    window = np.hanning(size + 1)[:-1]
    centred, room = samples - samples.mean(), len(samples) - size
    power = []
    for column in range(columns):
        begin, end = column * room // columns, max(1, (column + 1) * room // columns)
        count = -(-(end - begin) // (size // 2))
        parts = [begin + part * (end - begin) // count for part in range(count)]
        power.append(
            np.mean([np.abs(np.fft.rfft(centred[start : start + size] * window)) ** 2 for start in parts], axis=0)
        )
    return np.asarray(power)


def test_the_figures_of_a_recording_are_numpys(page: Page, noisy: Float64) -> None:
    figures = ask(page, noisy, "choose")["statistics"]
    centred = noisy - noisy.mean()
    rms = np.sqrt(np.mean(centred**2))
    assert figures["mean"] == pytest.approx(noisy.mean(), rel=1e-6)
    assert figures["rms"] == pytest.approx(rms, rel=1e-6)
    assert figures["crest"] == pytest.approx(np.abs(centred).max() / rms, rel=1e-6)
    assert figures["kurtosis"] == pytest.approx(np.mean(centred**4) / rms**4, rel=1e-6)
