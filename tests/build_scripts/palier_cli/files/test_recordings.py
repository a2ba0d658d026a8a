import json
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import scipy.io
import soundfile

from build_scripts.palier_cli.files.recordings import FileChoice, read_recording
from functions.core.decoding.wav import decode_wav as read_wav
from functions.core.errors import MalformedBodyError, PalierError, UnsupportedMediaTypeError
from functions.core.models.options import DiagnosisOptions
from tests.support.recordings import csv_text, npy_bytes, npy_with_header, tone, wav_bytes

HIGH = tone(0.5)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", csv_text([HIGH]).encode()),
        ("a.CSV", csv_text([HIGH]).encode()),
        ("a.tsv", csv_text([HIGH]).encode()),
        ("a.txt", csv_text([HIGH]).encode()),
        ("a.wav", wav_bytes(HIGH)),
        ("a.npy", npy_bytes(HIGH)),
        *((f"a.{ending}", HIGH.astype("<f4").tobytes()) for ending in ("bin", "raw", "f32", "dat")),
    ],
)
def test_the_ending_says_what_it_is(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    np.testing.assert_array_equal(read_recording(tmp_path / name).samples, HIGH[np.newaxis])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.dat", csv_text([HIGH]).encode()),
        ("a.dat", wav_bytes(HIGH)),
        ("a.txt", wav_bytes(HIGH)),
        ("a.csv", npy_bytes(HIGH)),
        ("a.txt", json.dumps(HIGH.tolist()).encode()),
    ],
)
def test_first_bytes_decide_against_an_ending_of_text_or_any_data(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    np.testing.assert_array_equal(read_recording(tmp_path / name).samples, HIGH[np.newaxis])


@pytest.mark.parametrize(
    ("content", "what", "word"),
    [
        (csv_text([HIGH]).encode(), "text", "csv"),
        (npy_bytes(HIGH), "npy", "npy"),
        (json.dumps(HIGH.tolist()).encode(), "json", "json"),
    ],
)
def test_what_is_called_raw_samples_and_is_none_is_refused(
    tmp_path: Path, content: bytes, what: str, word: str
) -> None:
    (tmp_path / "a.bin").write_bytes(content)
    with pytest.raises(MalformedBodyError) as refusal:
        read_recording(tmp_path / "a.bin")
    assert refusal.value.message == (
        f"'a.bin' is called raw samples and begins as {what}: state --format {word} if it is that."
    )


def test_full_scale_stretches_integer_wav(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(wav_bytes(HIGH, subtype="PCM_16"))
    samples = read_recording(tmp_path / "a.wav", options=DiagnosisOptions(full_scale=4.0)).samples
    np.testing.assert_allclose(samples[0], 4 * HIGH, atol=4 * 2**-15)


def test_raw_samples_may_be_int16(tmp_path: Path) -> None:
    (tmp_path / "a.raw").write_bytes(np.rint(HIGH * 32_768).astype("<i2").tobytes())
    samples = read_recording(
        tmp_path / "a.raw", options=DiagnosisOptions(full_scale=4.0, sample_format="int16")
    ).samples
    np.testing.assert_allclose(samples[0], 4 * HIGH, atol=4 * 2**-15)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\x1f\x8b\x08\x00", "The content of 'a.xyz' is gzip: unpack them, or send them with Content-Encoding: gzip."),
        (b"PK\x03\x04" + b"\0" * 26 + b"[Content_Types].xml", "'a.xyz' is an Office document: save the sheet as CSV."),
        (b"acc.csv".ljust(257, b"\0") + b"ustar\00000", "'a.xyz' is tar: unpack them."),
        (b"OggS" + bytes(20), "'a.xyz' is Ogg: convert them to one of the formats that are read."),
    ],
)
def test_content_that_is_known_and_not_read_is_named(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / "a.xyz").write_bytes(content)
    with pytest.raises(UnsupportedMediaTypeError) as refusal:
        read_recording(tmp_path / "a.xyz")
    assert refusal.value.message.endswith(sentence)


@pytest.mark.parametrize("name", ["a.mp3", "a", "a.csv.gz"])
def test_a_file_that_neither_its_name_nor_its_content_identifies_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\x01\x02\x03\x00")
    with pytest.raises(UnsupportedMediaTypeError) as refusal:
        read_recording(tmp_path / name)
    assert refusal.value.message == (
        f"{name!r} ends in nothing known, and its content shows no format: state it with --format."
    )


@pytest.mark.parametrize("name", ["2004.02.12.10.32.39", "recording", "a.log"])
@pytest.mark.parametrize(
    "content", [csv_text([HIGH]).encode(), wav_bytes(HIGH), npy_bytes(HIGH)], ids=["text", "wav", "npy"]
)
def test_a_name_without_a_format_leaves_it_to_the_content(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    np.testing.assert_array_equal(read_recording(tmp_path / name).samples, HIGH[np.newaxis])


def test_a_format_that_is_stated_comes_before_the_name(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(csv_text([HIGH]).encode())
    recording = read_recording(tmp_path / "a.wav", FileChoice("csv"))
    np.testing.assert_array_equal(recording.samples, HIGH[np.newaxis])


@pytest.mark.parametrize("subtype", ["PCM_16", "FLOAT"])
def test_aiff_is_read_as_a_wav_of_the_same_samples(tmp_path: Path, subtype: str) -> None:
    soundfile.write(tmp_path / "a.aiff", HIGH, 2048, subtype=subtype)
    recording = read_recording(tmp_path / "a.aiff", options=DiagnosisOptions(full_scale=2))
    assert recording.sample_rate_hz == 2048
    wanted = read_wav(wav_bytes(HIGH, rate_hz=2048, subtype=subtype), full_scale=2)
    np.testing.assert_array_equal(recording.samples, wanted.samples)


@pytest.mark.parametrize(
    "content", [b"", b"FORM", wav_bytes(HIGH), b"FORM\0\0\0\4AIFF", b"FORM" + bytes(4) + b"AIFFCOMM" + b"\xff" * 40]
)
def test_what_is_no_aiff_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.aif").write_bytes(content)
    with pytest.raises(MalformedBodyError, match="AIFF"):
        read_recording(tmp_path / "a.aif")


@pytest.mark.parametrize("name", ["a.csv", "a.wav", "a.npy", "a.f32"])
def test_an_empty_file_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(PalierError):
        read_recording(tmp_path / name)


@pytest.mark.parametrize("shape", [(0,), (0, 4), (4, 0), (10**8, 0), (0, 10**8)])
def test_samples_of_no_bytes_are_refused_and_cost_nothing(tmp_path: Path, shape: tuple[int, ...]) -> None:
    """128 bytes that promise a hundred million channels."""
    np.save(tmp_path / "a.npy", np.empty(shape, np.float32))
    assert (tmp_path / "a.npy").stat().st_size == 128
    tracemalloc.start()
    with pytest.raises(PalierError):
        read_recording(tmp_path / "a.npy")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 200_000


@pytest.mark.parametrize(("channels", "read"), [(1024, True), (1025, False)])
def test_channels_are_bounded(tmp_path: Path, channels: int, read: bool) -> None:
    np.save(tmp_path / "a.npy", np.ones((channels, 80), np.float32))
    if read:
        assert read_recording(tmp_path / "a.npy").samples.shape == (channels, 80)
        return
    with pytest.raises(PalierError, match=r"more than 1024 channels"):
        read_recording(tmp_path / "a.npy")


def test_a_file_of_many_rows_without_samples_is_refused(tmp_path: Path) -> None:
    """128 bytes that once took all memory."""
    path = tmp_path / "a.npy"
    path.write_bytes(npy_with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (100000000, 0), }"))
    with pytest.raises(PalierError, match="a dimension of 0 holds no samples"):
        read_recording(path)


@pytest.mark.parametrize("name", ["absent.csv", "absent.mat", "folder.npy", "folder.mat"])
def test_a_file_that_cannot_be_opened_is_an_os_error(tmp_path: Path, name: str) -> None:
    if name.startswith("folder"):
        (tmp_path / name).mkdir()
    with pytest.raises(OSError, match=r"No such file|Is a directory"):
        read_recording(tmp_path / name)


def test_a_real_matlab_file(samples_dir: Path) -> None:
    recording = read_recording(samples_dir / "170.mat")
    names = ("X170_DE_time", "X170_FE_time", "X170_BA_time")
    assert set(recording.channel_names) == set(names)
    assert recording.sample_rate_hz is None
    content = scipy.io.loadmat(str(samples_dir / "170.mat"))
    for name, row in zip(recording.channel_names, recording.samples, strict=True):
        np.testing.assert_array_equal(row, content[name][:, 0].astype(np.float32))


def test_a_real_csv_file(samples_dir: Path) -> None:
    recording = read_recording(samples_dir / "OR007@6_1.csv")
    assert recording.channel_names == ("DE_g", "FE_g")
    assert recording.sample_rate_hz == pytest.approx(12000, rel=1e-4)
    assert recording.samples.shape == (2, 24000)
    first = (samples_dir / "OR007@6_1.csv").read_text().splitlines()[1].split(",")
    np.testing.assert_array_equal(recording.samples[:, 0], np.array(first[1:], np.float32))


def test_a_real_wav_file(samples_dir: Path) -> None:
    recording = read_recording(samples_dir / "B021_1_DE.wav", options=DiagnosisOptions(full_scale=4.0))
    assert (recording.samples.shape, recording.sample_rate_hz) == ((1, 60000), 12000)
    counts = np.frombuffer((samples_dir / "B021_1_DE.wav").read_bytes()[44:], "<i2")
    np.testing.assert_allclose(recording.samples[0], counts / 8192, atol=1e-6)


def test_a_real_npy_file(samples_dir: Path) -> None:
    recording = read_recording(samples_dir / "Normal_0_DE.npy")
    np.testing.assert_array_equal(recording.samples[0], np.load(samples_dir / "Normal_0_DE.npy"))
    assert recording.samples.shape == (1, 60985)


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
def test_an_aiff_that_was_cut_says_so(tmp_path: Path, subtype: str) -> None:
    content = wav_bytes(HIGH, subtype=subtype, format="AIFF")
    (tmp_path / "whole.aiff").write_bytes(content)
    (tmp_path / "cut.aiff").write_bytes(content[: len(content) * 3 // 4])
    whole, cut = (read_recording(tmp_path / name) for name in ("whole.aiff", "cut.aiff"))
    assert whole.note is None
    assert (cut.note or "").startswith("The file is cut short: ")
    count = cut.samples.shape[1]
    assert len(HIGH) * 0.7 < count < len(HIGH) * 0.76
    np.testing.assert_array_equal(cut.samples, whole.samples[:, :count])
