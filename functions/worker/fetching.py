"""Prefetching of a part's recordings: while one is diagnosed, the next are fetched.

S3 answers in some milliseconds, a diagnosis takes about one, so several recordings are fetched at once, and those that
share an object together. The bytes in memory are bounded.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

from functions.core.jobs.files import JobFiles
from functions.core.jobs.messages import PlannedRecording

# Most bytes of recordings that share an object and are fetched in one call.
BLOCK_BYTES = 16_000_000
# Most bytes that are fetched ahead of the recording in work; one recording of any size may be.
AHEAD_BYTES = 16_000_000
_MOST_AHEAD = 8

Fetched = tuple[PlannedRecording, Callable[[], bytes | memoryview]]


@dataclass(frozen=True)
class _Block:
    """Recordings that are fetched together."""

    recordings: list[PlannedRecording]

    @property
    def size_bytes(self) -> int | None:
        """The bytes of all its recordings, None where the plan does not state them."""
        lengths = [one.length for one in self.recordings]
        return None if None in lengths else sum(length or 0 for length in lengths)


@dataclass(frozen=True)
class Fetcher:
    """Fetches recordings ahead; one that is over the limit or missing fails only when its bytes are taken."""

    files: JobFiles
    limit_bytes: int

    def fetched(self, recordings: Sequence[PlannedRecording]) -> Iterator[Fetched]:
        """Yield each recording with a function that returns its bytes, and raises as `JobFiles.get`."""
        waiting = deque(_blocks(recordings))
        ahead: deque[tuple[_Block, Future[bytes]]] = deque()
        try:
            while waiting or ahead:
                while waiting and self._has_room(ahead, waiting[0]):
                    block = waiting.popleft()
                    ahead.append((block, self._pool.submit(self._fetch, block)))
                block, content = ahead.popleft()
                yield from _parts(block, content)
        finally:
            for _, content in ahead:
                content.cancel()

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        """The threads, kept for the next part: starting them takes as long as diagnosing one."""
        return ThreadPoolExecutor(_MOST_AHEAD, thread_name_prefix="palier-fetch")

    def _has_room(self, ahead: deque[tuple[_Block, "Future[bytes]"]], following: _Block) -> bool:
        # Two at least: one in work, one being fetched.
        if len(ahead) < 2:
            return True
        held = sum(self._size(block) for block, _ in ahead)
        return len(ahead) <= _MOST_AHEAD and held + self._size(following) <= AHEAD_BYTES

    def _size(self, block: _Block) -> int:
        return self.limit_bytes if block.size_bytes is None else block.size_bytes

    def _fetch(self, block: _Block) -> bytes:
        first = block.recordings[0]
        if first.offset is None:
            return self.files.get(first.key, self.limit_bytes)
        return self.files.get_range(first.key, first.offset, block.size_bytes or 0)


def _blocks(recordings: Sequence[PlannedRecording]) -> Iterator[_Block]:
    block: list[PlannedRecording] = []
    for one in recordings:
        if block and not _belongs(block, one):
            yield _Block(block)
            block = []
        block.append(one)
    if block:
        yield _Block(block)


def _belongs(block: list[PlannedRecording], one: PlannedRecording) -> bool:
    """Whether a recording lies right behind a block, and the block has room for it."""
    first, last = block[0], block[-1]
    if first.offset is None or last.offset is None or last.length is None or one.length is None:
        return False
    follows = one.key == last.key and one.offset == last.offset + last.length
    return follows and last.offset + last.length + one.length - first.offset <= BLOCK_BYTES


def _parts(block: _Block, content: "Future[bytes]") -> Iterator[Fetched]:
    if len(block.recordings) == 1:
        yield block.recordings[0], content.result
        return
    start = 0
    for one in block.recordings:
        stop = start + (one.length or 0)
        yield one, _slice(content, start, stop)
        start = stop


def _slice(content: "Future[bytes]", start: int, stop: int) -> Callable[[], memoryview]:
    return lambda: memoryview(content.result())[start:stop]
