"""The site, built by MkDocs; a link or an anchor that leads nowhere is an error."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from build_scripts.build_cli.site.pages import write_pages
from build_scripts.errors import BuildError

CONFIG = Path(__file__).parent / "mkdocs.yml"
STYLE = Path(__file__).parent / "site.css"
_TIMEOUT_S = 600


@dataclass(frozen=True)
class Site:
    """A site that was built: the folder of HTML, and its pages."""

    folder: Path
    pages: list[str]


def build_site(out: Path) -> Site:
    """Build the site into `out/html`, from pages in `out/pages`.

    Raises:
        BuildError: MkDocs is not installed, or finds a link that leads nowhere.
    """
    try:
        version("mkdocs-material")
    except PackageNotFoundError:
        raise BuildError("The site is built by MkDocs Material, which is not installed: run `make docs`.") from None
    pages = write_pages(out / "pages")
    shutil.copyfile(STYLE, out / "pages" / STYLE.name)
    config = out / "mkdocs.yml"
    config.write_text(CONFIG.read_text())
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--config-file", str(config)]
    # Material says at every start that another program will follow it (decision 0015).
    quiet = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False, env=quiet)
    if done.returncode:
        raise BuildError(f"MkDocs does not build the site: {done.stderr.strip() or done.stdout.strip()}")
    return Site(out / "html", pages)
