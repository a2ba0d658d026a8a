"""One recording in every format that the page reads."""

import io
from pathlib import Path

import h5py
import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.io import savemat

from tests.support.recordings import npy_bytes, wav_bytes

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
RATE_HZ = 20480
FULL_SCALE_G = 4.0


def example(name: str) -> NDArray[np.float32]:
    """A recording of docs/examples in g, float32 [102400]."""
    samples, rate = soundfile.read(EXAMPLES / f"{name}.wav", dtype="float32")
    assert rate == RATE_HZ
    return np.asarray(samples * FULL_SCALE_G, dtype=np.float32)


def as_csv(samples: NDArray[np.float32]) -> bytes:
    """With a column of times, so that the rate is in the file."""
    rows = (f"{n / RATE_HZ:.7f},{value:.6g}" for n, value in enumerate(samples.tolist()))
    return ("time_s,bearing_g\n" + "\n".join(rows) + "\n").encode()


def as_german_csv(samples: NDArray[np.float32]) -> bytes:
    """Semicolons and decimal commas, no times."""
    rows = (f"{n};{value:.6g}".replace(".", ",") for n, value in enumerate(samples.tolist()))
    return ("Nr;Beschleunigung\n" + "\n".join(rows) + "\n").encode()


def as_mat(samples: NDArray[np.float32], *, compressed: bool) -> bytes:
    """MATLAB 5, as `save -v6` and `save -v7` write it."""
    stream = io.BytesIO()
    content = {"note": "a text", "fs": float(RATE_HZ), "X_DE_time": samples.astype(np.float64)[:, None], "XRPM": 3600}
    savemat(stream, content, do_compression=compressed)  # type: ignore[arg-type]
    return stream.getvalue()


def as_mat73(samples: NDArray[np.float32], path: Path) -> bytes:
    """MATLAB 7.3: HDF5 behind a block of 512 bytes, compressed, columns first."""
    with h5py.File(path, "w", userblock_size=512) as file:
        file.create_dataset("signal", data=samples.astype(np.float64)[None, :], compression="gzip", chunks=(1, 4096))
        file["fs"] = np.array([[float(RATE_HZ)]])
    content = bytearray(path.read_bytes())
    content[:19] = b"MATLAB 7.3 MAT-file"
    return bytes(content)


def as_wav24(samples: NDArray[np.float32]) -> bytes:
    """24-bit integers, 4 g at full scale, beside a second, silent channel."""
    pair = np.stack([samples / FULL_SCALE_G, np.zeros_like(samples)], axis=1)
    return wav_bytes(pair, RATE_HZ, "PCM_24")


def as_npy(samples: NDArray[np.float32]) -> bytes:
    """Two channels, columns first, big-endian: all that NumPy's format may be."""
    return npy_bytes(np.asfortranarray(np.stack([samples, samples[::-1]]).astype(">f8")))
