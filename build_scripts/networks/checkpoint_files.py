"""The file of a checkpoint before it is read: which one of a folder, whether it is whole, and what else it may be."""

import zlib
from collections.abc import Sequence
from pathlib import Path
from zipfile import BadZipFile, ZipFile, is_zipfile

from build_scripts.errors import CheckpointError
from functions.core.decoding.foreign import recognize

STATE_DICT = "Save the weights alone: torch.save(model.state_dict(), F)."
MOST_NAMED = 5
# Names under which Hugging Face's libraries and others save a model in a folder of its own, the likeliest first.
MODEL_FILES = ("model.safetensors", "pytorch_model.bin")
LFS_POINTER = b"version https://git-lfs"
_PACKED = ("gzip", "bzip2", "XZ", "Zstandard", "7z", "RAR")
# What a file that is no checkpoint of PyTorch is, by the name of its format, and what to do with it.
_SENTENCES = {
    "HDF5": 'it is an HDF5 file, as Keras and MATLAB write them; Keras\' model.export(F, format="onnx") makes a file '
    "for --onnx.",
    **{name: f"it is packed by {name}; unpack it." for name in _PACKED},
}
_HEAD_BYTES = 32
# Exceptions of zipfile for archives with other bytes than were written.
_DAMAGED = (BadZipFile, zlib.error, UnicodeDecodeError, NotImplementedError, ValueError, OSError, EOFError)


def checkpoint_file(path: Path) -> Path:
    """Return the file that holds the model: the path itself or, of a folder, its one model file.

    Raises:
        CheckpointError: there is no such file or folder, or the folder has none.
    """
    if not path.is_dir():
        return path
    found = next((path / name for name in MODEL_FILES if (path / name).is_file()), None)
    if found is None:
        names = sorted(entry.name for entry in path.iterdir())
        raise CheckpointError(
            f"{path} is a folder without {' or '.join(MODEL_FILES)}; give one file. {_folder_remedy(names)}".rstrip()
        )
    return found


def _folder_remedy(names: Sequence[str]) -> str:
    """Return how one file is made of a folder of these names, a sentence; "" where they are of no known form."""
    if ".metadata" in names:
        return "torch.distributed.checkpoint.format_utils.dcp_to_torch_save(FOLDER, F) makes one of it."
    if "saved_model.pb" in names:
        return "TensorFlow's SavedModel becomes a file for --onnx by tf2onnx."
    if any(name.endswith(".index.json") for name in names):
        return 'Its weights are in several files: model.save_pretrained(FOLDER, max_shard_size="100GB") writes one.'
    return f"It has {first_names(names)}." if names else "It is empty."


def archive_members(path: Path) -> list[str]:
    """Return the names in a zip archive, as PyTorch's files are, that is whole; [] where the file is none.

    Raises:
        CheckpointError: the archive is damaged.
    """
    if not path.is_file() or not is_zipfile(path):
        return []
    try:
        with ZipFile(path) as archive:
            # torch.save writes zeros where set_crc32_options(False) has turned the checksums off.
            summed = any(member.CRC for member in archive.infolist())
            bad = archive.testzip() if summed else None
            names = archive.namelist()
    except _DAMAGED as error:
        raise CheckpointError(f"{path} is damaged: its list of parts cannot be read. Copy or save it anew.") from error
    if bad is not None:
        raise CheckpointError(f"{path} is damaged: its part {bad} does not match its checksum. Copy or save it anew.")
    return names


def not_readable(path: Path) -> str | None:
    """Return a sentence on what a file that PyTorch cannot read is; None where nothing shows it."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    kind = recognize(head)
    found = _archive(path) if kind == "zip" else _SENTENCES.get(str(kind))
    if head.startswith(LFS_POINTER):
        found = "it is a pointer of Git LFS; git lfs pull fetches the file."
    if path.suffix.lower() == ".onnx":
        found = "an ONNX file is given with --onnx in place of --checkpoint."
    if not head:
        found = f"it is empty. {STATE_DICT}"
    return None if found is None else f"{path} is not a readable checkpoint: {found}"


def _archive(path: Path) -> str | None:
    names = archive_members(path)
    if not names:
        return "its end is missing; copy it anew."
    if any(name.endswith("data.pkl") for name in names):
        return None
    if "model.weights.h5" in names:
        return 'it is a file of Keras; its model.export(F, format="onnx") makes a file for --onnx.'
    if all(name.endswith(".npy") for name in names):
        return f"it is an archive of NumPy's arrays ({first_names(names)}); save them as tensors by torch.save."
    return f"it is an archive of other files ({first_names(names)}); unpack it."


def first_names(names: Sequence[str], most: int = MOST_NAMED) -> str:
    """Return at most so many names as part of a sentence, and the number of the others."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
