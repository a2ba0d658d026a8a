import logging
from pathlib import Path

from build_scripts.packaging.build_log import build_log

LOG = logging.getLogger("build")


def test_the_log_is_a_file_and_the_terminal_and_leaves_the_logger_as_it_was(tmp_path: Path) -> None:
    before = (list(LOG.handlers), LOG.level, LOG.propagate)
    with build_log(tmp_path / "work") as path:
        LOG.info("a step")
    LOG.info("behind its end")
    (line,) = path.read_text().splitlines()
    assert line.endswith(" s  a step")
    assert (LOG.handlers, LOG.level, LOG.propagate) == before
