"""Files of instruments, written by their own libraries and read back."""

import pickle
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from build_scripts.palier_cli.readers.kinds import READERS, Kind
from build_scripts.palier_cli.readers.reader import FileReader, ReaderNotInstalledError
from functions.core.errors import MalformedBodyError, SignalShapeError
from functions.core.preprocessing.arrays import Float32Array
from tests.support.instruments import write_lvm, write_mdf, write_tdms, write_uff
from tests.support.recordings import tone

RATE_HZ = 25_600.0
X, Y = tone(0.5)[:512].astype(float), tone(0.25)[:512].astype(float)

Write = Callable[[Path, dict[str, np.ndarray], float], None]


def tdms(path: Path, channels: dict[str, np.ndarray], rate_hz: float) -> None:
    write_tdms(path, channels, wf_increment=1 / rate_hz, unit_string="g")


KINDS: list[tuple[Kind, Write]] = [("tdms", tdms), ("uff", write_uff), ("lvm", write_lvm), ("mdf", write_mdf)]


@pytest.fixture(scope="module")
def reader() -> Iterator[FileReader]:
    with FileReader() as one:
        yield one


def close(samples: Float32Array, rows: list[np.ndarray]) -> None:
    assert samples.dtype == np.float32
    np.testing.assert_allclose(samples, rows, atol=1e-6)


@pytest.mark.parametrize(("kind", "write"), KINDS)
def test_one_channel_is_read_with_its_rate_and_unit(
    reader: FileReader, tmp_path: Path, kind: Kind, write: Write
) -> None:
    write(tmp_path / "a", {"acc": X}, RATE_HZ)
    recording = reader.read(tmp_path / "a", kind)
    close(recording.samples, [X])
    assert (recording.sample_rate_hz, recording.unit) == (RATE_HZ, "g")
    assert recording.shaft_speed_rpm == (1500 if kind == "tdms" else None)


@pytest.mark.parametrize(("kind", "write"), KINDS)
def test_channels_are_read_together_or_by_name(reader: FileReader, tmp_path: Path, kind: Kind, write: Write) -> None:
    write(tmp_path / "a", {"acc x": X, "acc y": Y}, RATE_HZ)
    recording = reader.read(tmp_path / "a", kind)
    close(recording.samples, [X, Y])
    assert [name.rpartition(".")[2] for name in recording.channel_names] == ["acc x", "acc y"]
    recording = reader.read(tmp_path / "a", kind, "acc y")
    close(recording.samples, [Y])
    assert (recording.sample_rate_hz, recording.unit) == (RATE_HZ, "g")


def test_a_universal_file_of_spectra_is_refused(reader: FileReader, tmp_path: Path) -> None:
    write_uff(tmp_path / "a", {"spectrum": X}, RATE_HZ, abscissa=18)
    with pytest.raises(
        SignalShapeError, match=r"^The file has 1 data sets of type 58, and none is a recording of time"
    ):
        reader.read(tmp_path / "a", "uff")


def test_a_file_of_mdf_3_states_its_unit(reader: FileReader, tmp_path: Path) -> None:
    write_mdf(tmp_path / "a.mdf", {"acc": X}, RATE_HZ, version="3.30")
    recording = reader.read(tmp_path / "a.mdf", "mdf")
    close(recording.samples, [X])
    assert (recording.channel_names, recording.sample_rate_hz, recording.unit) == (("group 0.acc",), RATE_HZ, "g")


def test_times_of_a_tdms_channel_give_the_rate(reader: FileReader, tmp_path: Path) -> None:
    dates = np.datetime64("2026-11-30T10:00:00") + (np.arange(512) * 1_000_000 // 50).astype("timedelta64[us]")
    write_tdms(tmp_path / "a", {"when": dates, "acc": X})
    recording = reader.read(tmp_path / "a", "tdms")
    close(recording.samples, [X])
    assert recording.sample_rate_hz == 50


@pytest.mark.parametrize("x_columns", ["One", "Multi", "No"])
@pytest.mark.parametrize("decimal", [".", ","])
def test_the_layouts_of_an_lvm_are_read(reader: FileReader, tmp_path: Path, x_columns: str, decimal: str) -> None:
    write_lvm(tmp_path / "a", {"x": X, "y": Y}, RATE_HZ, decimal=decimal, x_columns=x_columns)
    recording = reader.read(tmp_path / "a", "lvm")
    close(recording.samples, [X, Y])
    assert (recording.channel_names, recording.sample_rate_hz) == (("x", "y"), RATE_HZ)


class Trap:
    """An object whose pickle acts when it is loaded."""

    def __reduce__(self) -> tuple[Callable[[Path], None], tuple[Path]]:
        return Path.touch, (Path("loaded"),)


def test_no_pickle_beside_an_lvm_is_loaded(reader: FileReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_lvm(tmp_path / "a.lvm", {"x": X}, RATE_HZ)
    (tmp_path / "a.lvm.pkl").write_bytes(pickle.dumps(Trap()))
    with FileReader() as fresh:
        close(fresh.read(Path("a.lvm"), "lvm").samples, [X])
    assert not (tmp_path / "loaded").exists()


@pytest.mark.parametrize("kind", ["tdms", "uff", "lvm", "mdf"])
def test_a_library_that_is_not_installed_is_named_with_the_way_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: Kind
) -> None:
    """A module of its name that is none, before it on the path."""
    package = READERS[kind].package
    library = package.lower()
    (tmp_path / f"{library}.py").write_text(f"raise ModuleNotFoundError(name={library!r})")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "a").write_bytes(b"x" * 100)
    with FileReader() as fresh, pytest.raises(ReaderNotInstalledError) as refusal:
        fresh.read(tmp_path / "a", kind)
    assert refusal.value.message == (
        f"{READERS[kind].label} files are read by {package}, which is not installed: run `make instruments`, "
        f"or `pip install {package}`."
    )


def test_a_file_that_sends_its_library_in_circles_is_given_up(tmp_path: Path, reader: FileReader) -> None:
    """A channel group of MDF 4 that is its own successor: asammdf follows the links without end."""
    write_mdf(tmp_path / "a.mf4", {"acc": X}, RATE_HZ)
    content = bytearray((tmp_path / "a.mf4").read_bytes())
    group = content.index(b"##CG")
    # Its first link, behind name, length and number of links.
    content[group + 24 : group + 32] = group.to_bytes(8, "little")
    (tmp_path / "a.mf4").write_bytes(content)
    with pytest.raises(MalformedBodyError, match="was not read in the time that one of its size may take"):
        reader.read(tmp_path / "a.mf4", "mdf")
    write_mdf(tmp_path / "b.mf4", {"acc": X}, RATE_HZ)
    close(reader.read(tmp_path / "b.mf4", "mdf").samples, [X])
