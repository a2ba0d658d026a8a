from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from functions.core.decoding.wav import decode_wav
from functions.core.errors import MalformedBodyError, SignalTypeError
from tests.support.recordings import tone, wav_bytes

STEPS = {"PCM_U8": 2**-7, "PCM_16": 2**-15, "PCM_24": 2**-23, "PCM_32": 2**-24, "FLOAT": 2**-24, "DOUBLE": 2**-24}


@given(
    hnp.arrays(np.float32, st.tuples(st.integers(1, 50), st.integers(1, 4)), elements=st.floats(-100, 100, width=32))
)
def test_float_samples_come_back_exactly(samples: NDArray[np.float32]) -> None:
    recording = decode_wav(wav_bytes(samples))
    np.testing.assert_array_equal(recording.samples, samples.T)


@pytest.mark.parametrize("subtype", STEPS)
def test_every_depth_is_read_to_its_step(subtype: str) -> None:
    samples = tone(0.25)
    recording = decode_wav(wav_bytes(samples, 20480, subtype))
    assert recording.samples.shape == (1, len(samples))
    assert recording.samples.dtype == np.float32
    assert recording.sample_rate_hz == 20480
    np.testing.assert_allclose(recording.samples[0], samples, atol=STEPS[subtype])


@pytest.mark.parametrize(("subtype", "factor"), [("PCM_16", 4.0), ("PCM_24", 4.0), ("FLOAT", 1.0), ("DOUBLE", 1.0)])
def test_full_scale_is_for_integers_only(subtype: str, factor: float) -> None:
    recording = decode_wav(wav_bytes(tone(0.5), subtype=subtype), full_scale=4.0)
    np.testing.assert_allclose(recording.samples[0], factor * tone(0.5), atol=4 * STEPS[subtype])


@pytest.mark.parametrize("container", [{"format": "WAVEX"}, {"format": "RF64"}, {"endian": "BIG"}])
def test_relatives_of_wav_are_read(container: dict[str, Any]) -> None:
    recording = decode_wav(wav_bytes(tone(0.5), subtype="PCM_16", **container))
    np.testing.assert_allclose(recording.samples[0], tone(0.5), atol=2**-15)


def test_channels_become_rows() -> None:
    samples = np.stack([tone(0.5), tone(-0.5), tone(0.0)], axis=1)
    np.testing.assert_array_equal(decode_wav(wav_bytes(samples)).samples, samples.T)


@pytest.mark.parametrize("container", ["FLAC", "AIFF", "W64", "OGG"])
def test_other_formats_are_named_and_refused(container: str) -> None:
    subtype = "VORBIS" if container == "OGG" else "PCM_16"
    with pytest.raises(MalformedBodyError, match=f"The body is {container}, not WAV"):
        decode_wav(wav_bytes(tone(0.5), 8000, subtype, format=container))


@pytest.mark.parametrize("subtype", ["ULAW", "ALAW", "IMA_ADPCM"])
def test_compressed_samples_are_refused(subtype: str) -> None:
    with pytest.raises(SignalTypeError, match=f"The WAV holds {subtype} samples"):
        decode_wav(wav_bytes(tone(0.5), subtype=subtype))


@pytest.mark.parametrize("endian", ["LITTLE", "BIG"])
@pytest.mark.parametrize("keep", [60, 1000, 4001])
def test_a_wav_that_was_cut_short_is_malformed(endian: str, keep: int) -> None:
    body = wav_bytes(tone(0.5), subtype="PCM_16", endian=endian)
    with pytest.raises(MalformedBodyError, match=f"it has {keep} of {len(body)} bytes"):
        decode_wav(body[:keep])


@pytest.mark.parametrize("unknown", [0, 0x7FFF_F024, 0xFFFF_FFFF])
def test_a_wav_from_a_pipe_does_not_know_its_length_and_is_read(unknown: int) -> None:
    body = bytearray(wav_bytes(tone(0.5), subtype="PCM_16"))
    body[4:8] = unknown.to_bytes(4, "little")
    at = body.index(b"data") + 4
    body[at : at + 4] = (0xFFFF_FFFF).to_bytes(4, "little")
    np.testing.assert_allclose(decode_wav(bytes(body)).samples[0], tone(0.5), atol=2**-15)


@pytest.mark.parametrize("body", [b"RIFF", b"not a wav", b"RIFF\x24\x00\x00\x00WAVEfmt ", bytes(100)])
def test_what_is_no_wav_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedBodyError) as refusal:
        decode_wav(body)
    assert refusal.value.field == "signal"


@pytest.mark.parametrize(("at", "size"), [(22, 2), (24, 4)], ids=["no channels", "no rate"])
def test_a_header_of_zeros_is_malformed(at: int, size: int) -> None:
    body = bytearray(wav_bytes(tone(0.5), subtype="PCM_16"))
    body[at : at + size] = bytes(size)
    with pytest.raises(MalformedBodyError):
        decode_wav(bytes(body))
