"""Files as uploads: kinds, names, conversions, and the key that makes the same submission the same job."""

import io
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from build_scripts.palier_cli.jobs_files import UnreadableUploadError, as_uploads, idempotency_key
from functions.core.errors import PalierError
from functions.core.models.options import DiagnosisOptions
from tests.support.recordings import npy_bytes, tone, wav_bytes


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    path = tmp_path / "a.wav"
    path.write_bytes(wav_bytes(tone(0.5)))
    return path


def test_a_file_is_sent_as_it_is_under_its_kind(tmp_path: Path, wav: Path) -> None:
    npy, raw = tmp_path / "b.npy", tmp_path / "c.DAT"
    npy.write_bytes(npy_bytes(tone()))
    raw.write_bytes(tone().tobytes())
    uploads = as_uploads([wav, npy, raw])
    assert [upload.entry for upload in uploads] == [
        {"name": "a.wav", "content_type": "audio/wav"},
        {"name": "b.npy", "content_type": "application/x-npy"},
        {"name": "c.dat", "content_type": "application/octet-stream"},
    ]
    assert [upload.read() for upload in uploads] == [path.read_bytes() for path in (wav, npy, raw)]


def test_a_mat_is_sent_as_npy(tmp_path: Path) -> None:
    path = tmp_path / "drive.mat"
    savemat(path, {"X097_DE_time": tone(0.5).astype(float)[:, np.newaxis]})
    (upload,) = as_uploads([path])
    assert (upload.entry["name"], upload.entry["content_type"]) == ("drive.mat", "application/x-npy")
    np.testing.assert_allclose(np.load(io.BytesIO(upload.read())).ravel(), tone(0.5), rtol=1e-6)


def test_names_are_the_service_s_and_never_the_same_twice(tmp_path: Path) -> None:
    names = ("1/a.wav", "2/a.wav", "über~1.wav", "a-2.wav", "---.wav")
    paths = [tmp_path / name for name in names]
    for path in paths:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(wav_bytes(tone()))
    sent = [upload.entry["name"] for upload in as_uploads(paths)]
    assert sent == ["a.wav", "a-2.wav", "ber-1.wav", "a-2-2.wav", "recording.wav"]


def test_thousands_of_one_name_are_named_each_by_one_step(tmp_path: Path) -> None:
    sent = [upload.entry["name"] for upload in as_uploads([Path(f"{number}/a.wav") for number in range(5000)])]
    assert (sent[0], sent[1], sent[-1]) == ("a.wav", "a-2.wav", "a-5000.wav")
    assert len(set(sent)) == 5000


@pytest.mark.parametrize(("name", "said"), [("absent.mat", "No such file"), ("a.xyz", "ends in nothing known")])
def test_what_cannot_be_sent_is_named(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "a.xyz").write_bytes(b"x")
    with pytest.raises(PalierError, match=said) as caught:
        as_uploads([tmp_path / name])
    assert name in caught.value.message


def test_a_file_that_went_away_is_named_when_it_is_read(wav: Path) -> None:
    (upload,) = as_uploads([wav])
    wav.unlink()
    with pytest.raises(UnreadableUploadError, match=r"a\.wav: No such file"):
        upload.read()


def test_the_same_files_and_options_have_the_same_key_and_others_another(wav: Path) -> None:
    uploads = as_uploads([wav])
    key = idempotency_key({"model": "tiny"}, uploads)
    assert idempotency_key({"model": "tiny"}, as_uploads([wav])) == key
    assert idempotency_key({"model": "other"}, uploads) != key
    wav.write_bytes(wav_bytes(tone(0.1)))
    assert idempotency_key({"model": "tiny"}, uploads) != key


def test_what_a_converted_file_states_goes_with_it(tmp_path: Path) -> None:
    path = tmp_path / "pump.mat"
    savemat(path, {"x": tone(), "y": tone(0.5), "fs": 4096.0, "units": "m/s^2", "RPM": 1500.0})
    (upload,) = as_uploads([path], options=DiagnosisOptions(channel="y"))
    stated = {"sample_rate_hz": 4096.0, "unit": "m/s2", "shaft_speed_rpm": 1500.0, "channel": "1"}
    assert upload.entry == {"name": "pump.mat", "content_type": "application/x-npy"} | stated


def test_what_is_stated_of_all_files_is_not_stated_again(tmp_path: Path) -> None:
    path = tmp_path / "pump.mat"
    savemat(path, {"x": tone(), "fs": 4096.0, "units": "m/s^2", "RPM": 1500.0})
    given = DiagnosisOptions(sample_rate_hz=4100, unit="m/s2", shaft_speed_rpm=1480, channel="all")
    (upload,) = as_uploads([path], options=given)
    assert upload.entry == {"name": "pump.mat", "content_type": "application/x-npy"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (DiagnosisOptions(sample_rate_hz=2048), "`sample_rate_hz` is 2048 Hz, but the file states 4096 Hz"),
        (DiagnosisOptions(unit="g"), "`unit` is g, but the file states 'm/s2'"),
        (DiagnosisOptions(channel="z"), "There is no channel 'z'"),
    ],
)
def test_an_option_that_contradicts_a_converted_file_is_refused(
    tmp_path: Path, options: DiagnosisOptions, said: str
) -> None:
    savemat(tmp_path / "pump.mat", {"x": tone(), "fs": 4096.0, "units": "m/s^2"})
    with pytest.raises(UnreadableUploadError, match=said):
        as_uploads([tmp_path / "pump.mat"], options=options)
