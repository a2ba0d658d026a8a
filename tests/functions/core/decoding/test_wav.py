import io
import struct
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from functions.core.decoding.wav import decode_wav
from functions.core.errors import MalformedBodyError, PalierError, SignalTypeError
from functions.core.preprocessing.signal import MOST_CHANNELS
from tests.support.costs import FIXED_BYTES, assert_linear_memory, peak_bytes
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
    with pytest.raises(MalformedBodyError, match=f"(?i)The body is {container}, not WAV"):
        decode_wav(wav_bytes(tone(0.5), 8000, subtype, format=container))


@pytest.mark.parametrize("subtype", ["ULAW", "ALAW", "IMA_ADPCM", "MS_ADPCM", "GSM610"])
def test_compressed_samples_are_refused(subtype: str) -> None:
    with pytest.raises(SignalTypeError, match=f"The WAV holds {subtype} samples"):
        decode_wav(wav_bytes(tone(0.5), subtype=subtype))


@pytest.mark.parametrize("endian", ["LITTLE", "BIG"])
@pytest.mark.parametrize("keep", [60, 1000, 4001])
def test_a_wav_that_was_cut_short_is_read_as_far_as_it_goes(endian: str, keep: int) -> None:
    body = wav_bytes(tone(0.5), subtype="PCM_16", endian=endian)
    recording = decode_wav(body[:keep])
    frames = (keep - 44) // 2
    np.testing.assert_array_equal(recording.samples, decode_wav(body).samples[:, :frames])
    assert recording.note == f"The file is cut short: {keep - 44} of {len(body) - 44} bytes of samples are there."
    assert decode_wav(body).note is None


@pytest.mark.parametrize("keep", [12, 30, 43])
def test_a_wav_that_was_cut_before_its_samples_is_malformed(keep: int) -> None:
    with pytest.raises(MalformedBodyError, match="The WAV has no chunk"):
        decode_wav(wav_bytes(tone(0.5), subtype="PCM_16")[:keep])


def test_samples_may_be_none_where_a_chunk_follows() -> None:
    assert decode_wav(wav_of(PCM, chunk(b"data", b""), chunk(b"LIST", b"INFO"))).samples.shape == (1, 0)


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


def chunk(name: bytes, content: bytes) -> bytes:
    return name + len(content).to_bytes(4, "little") + content + bytes(len(content) % 2)


def wav_of(*chunks: bytes) -> bytes:
    content = b"WAVE" + b"".join(chunks)
    return b"RIFF" + len(content).to_bytes(4, "little") + content


def format_chunk(tag: int, channels: int = 1, bits: int = 16, **changes: int) -> bytes:
    width = changes.get("width", channels * bits // 8) % 2**16
    fields = struct.pack("<HHIIHH", tag, channels, changes.get("rate", 2048), 2048 * width % 2**32, width, bits)
    return chunk(b"fmt ", fields)


PCM, MP3 = format_chunk(1), format_chunk(0x55)
DATA = chunk(b"data", np.arange(8, dtype="<i2").tobytes())


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The files that libsndfile saw."""
    seen: list[bytes] = []
    original = soundfile.SoundFile

    def open_file(stream: io.BytesIO) -> Any:
        seen.append(stream.getvalue())
        return original(stream)

    monkeypatch.setattr(soundfile, "SoundFile", open_file)
    return seen


@pytest.mark.parametrize(
    ("body", "error", "sentence"),
    [
        (b"ID3\x04" + bytes(500), MalformedBodyError, "The body is MP3, not WAV."),
        (b"\xff\xfb\x90\x00" * 500, MalformedBodyError, "The body is something else, not WAV."),
        (b"fLaC" + bytes(500), MalformedBodyError, "The body is flac, not WAV."),
        (b"RIFF\x00\x00\x00\x00AVI " + bytes(500), MalformedBodyError, "something else, not WAV."),
        (wav_of(MP3, chunk(b"data", b"\xff\xfb\x90\x00" * 500)), SignalTypeError, "The WAV holds MP3 samples"),
        (wav_of(chunk(b"JUNK", bytes(31)), MP3, DATA), SignalTypeError, "The WAV holds MP3 samples"),
        (wav_of(format_chunk(0x1234), DATA), SignalTypeError, "The WAV holds 0x1234 samples"),
        (wav_of(DATA), MalformedBodyError, "no chunk 'fmt '"),
        (wav_of(*[chunk(b"JUNK", b"")] * 1001, PCM, DATA), MalformedBodyError, "no chunk 'fmt '"),
        (b"RIFF\x00\x00\x00\x00WAVE", MalformedBodyError, "no chunk 'fmt '"),
    ],
)
def test_libsndfile_sees_no_body_that_is_not_accepted(
    opened: list[bytes], capfd: pytest.CaptureFixture[str], body: bytes, error: type[PalierError], sentence: str
) -> None:
    """It hands MP3 to another library, which writes to our standard error what it thinks of it."""
    with pytest.raises(error, match=sentence) as refusal:
        decode_wav(body)
    assert refusal.value.field == "signal"
    assert opened == []
    assert capfd.readouterr() == ("", "")


def test_the_format_that_was_checked_is_the_first_that_libsndfile_finds(opened: list[bytes]) -> None:
    """What stands before it may be read in more ways than one."""
    before = (chunk(b"bext", bytes(602)), chunk(b"LIST", b"INFO" + MP3))
    samples = decode_wav(wav_of(*before, PCM, DATA)).samples
    np.testing.assert_array_equal(samples * 2**15, [np.arange(8)])
    assert opened[0][12:].startswith(PCM)


def test_channels_are_counted() -> None:
    """libsndfile takes as many as this service."""
    body = wav_of(format_chunk(1, MOST_CHANNELS), chunk(b"data", bytes(2 * MOST_CHANNELS)))
    assert decode_wav(body).samples.shape == (MOST_CHANNELS, 1)
    with pytest.raises(PalierError):
        decode_wav(wav_of(format_chunk(1, MOST_CHANNELS + 1), chunk(b"data", bytes(2 * MOST_CHANNELS + 2))))


@given(
    st.sampled_from([1, 3, 0xFFFE]),
    st.sampled_from([0, 1, 2, 1024, 65535]),
    st.sampled_from([0, 1, 8, 16, 24, 32, 64, 65535]),
    st.sampled_from([0, 1, 2, 4, 65535]),
    st.integers(0, 2**32 - 1),
    st.binary(max_size=64),
)
def test_no_header_takes_more_memory_than_its_body(
    tag: int, channels: int, bits: int, width: int, stated: int, rest: bytes
) -> None:
    """Whatever sizes a header states, what is made of it is as large as the body, or it is refused."""
    body = b"RIFF\xff\xff\xff\xffWAVE" + format_chunk(tag, channels, bits, width=width)
    body += b"data" + stated.to_bytes(4, "little") + bytes(2000) + rest
    assert peak_bytes(lambda: decode_wav(body)) < 12 * len(body) + FIXED_BYTES


@given(st.binary(max_size=100), st.integers(0, 60))
def test_no_bytes_are_a_defect(noise: bytes, at: int) -> None:
    body = wav_of(PCM, DATA)
    with suppress(PalierError):
        decode_wav(body[:at] + noise + body[at + len(noise) :])
    with suppress(PalierError):
        decode_wav(b"RIFF\x00\x00\x00\x00WAVE" + noise)


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "FLOAT"])
def test_memory_is_linear(subtype: str) -> None:
    bodies = [wav_bytes(np.zeros(count, np.float32), subtype=subtype) for count in (100_000, 400_000)]
    assert_linear_memory(decode_wav, (bodies[0], bodies[1]), most=13)
