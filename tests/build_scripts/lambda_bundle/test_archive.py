import hashlib
import io
import stat
import zipfile

from build_scripts.lambda_bundle.archive import packed, unpacked

TREE = {"b/two.txt": b"two" * 500, "a.py": b"", "b/é.bin": bytes(range(256)) * 40}


def test_an_archive_gives_back_what_was_packed() -> None:
    assert unpacked(packed(TREE)) == TREE


def test_order_of_the_tree_does_not_matter() -> None:
    assert packed(TREE) == packed(dict(reversed(TREE.items())))


def test_entries_are_sorted_readable_by_all_and_of_no_date() -> None:
    with zipfile.ZipFile(io.BytesIO(packed(TREE))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == sorted(TREE)
        for info in archive.infolist():
            assert info.date_time == (1980, 1, 1, 0, 0, 0)
            assert info.external_attr >> 16 == stat.S_IFREG | 0o644
            assert info.compress_type == zipfile.ZIP_DEFLATED
            assert (info.extra, info.comment) == (b"", b"")


def test_the_same_bytes_on_every_machine() -> None:
    """The compressor is a locked package: a new version of it may change this on purpose."""
    digest = hashlib.sha256(packed(TREE)).hexdigest()
    assert digest == "70425afb738e7faef4e9355a7ac2d7d0dc05cc4816239b5687f8edf5d74d4f7d"


def test_an_empty_archive_can_be_read() -> None:
    assert unpacked(packed({})) == {}
