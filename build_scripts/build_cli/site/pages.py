"""The pages of the site: those of the repository, with links as the site has them."""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from build_scripts.build_cli.parser import ROOT
from build_scripts.build_cli.site.reference import reference_pages

# Pages that lie elsewhere, by their place in the site.
_ELSEWHERE = {"README.md": "index.md", "CHANGELOG.md": "changelog.md", "CONTRIBUTING.md": "contributing.md"}
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\((?!https?:|#|mailto:)([^)#\s]+)(#[^)\s]*)?\)")
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def places() -> dict[Path, PurePosixPath]:
    """Return where each file of the repository stands in the site, by its path in the repository."""
    found = {Path(name): PurePosixPath(place) for name, place in _ELSEWHERE.items()}
    for path in sorted((ROOT / "docs").rglob("*")):
        if path.is_file():
            found[path.relative_to(ROOT)] = PurePosixPath(path.relative_to(ROOT / "docs").as_posix())
    for path in sorted((ROOT / "layers" / "models").glob("*/*/CARD.md")):
        name = path.parts[-3]
        for one in sorted(path.parent.rglob("*")):
            if one.suffix in {".md", ".png", ".svg"}:
                found[one.relative_to(ROOT)] = PurePosixPath("models", name, one.relative_to(path.parent).as_posix())
    return found


def write_pages(folder: Path) -> list[str]:
    """Write every page and picture of the site into a folder that is made anew; return the pages' paths.

    A link to a file of the repository that the site does not have becomes its name.
    """
    shutil.rmtree(folder, ignore_errors=True)
    known = places()
    for source, place in known.items():
        target = folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.suffix == ".md":
            target.write_text(page_of((ROOT / source).read_text(), source, known))
        else:
            shutil.copyfile(ROOT / source, target)
    for name, text in reference_pages().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return sorted(str(one.relative_to(folder)) for one in folder.rglob("*.md"))


def page_of(text: str, source: Path, known: Mapping[Path, PurePosixPath]) -> str:
    """Return a page of the repository as the site has it.

    Args:
        text: of the page.
        source: its path in the repository.
        known: where files stand in the site.
    """

    def linked(found: re.Match[str]) -> str:
        picture, label, target, anchor = found[1], found[2], found[3], found[4] or ""
        path = _within(source.parent / target)
        place = known.get(path) or known.get(path / "README.md")
        if place is None:
            return label if label.startswith("`") else f"{label} (`{path}`)"
        steps = _steps(known[source].parent, place)
        # Labels may hold a picture, whose path changes too.
        return f"{picture}[{_LINK.sub(linked, label)}]({steps}{anchor})"

    parts, end = [], 0
    for fence in _FENCE.finditer(text):
        parts += [_LINK.sub(linked, text[end : fence.start()]), fence[0]]
        end = fence.end()
    return "".join([*parts, _LINK.sub(linked, text[end:])])


def _within(path: Path) -> Path:
    """Return a path of the repository without steps upwards."""
    return Path(*(ROOT / path).resolve().relative_to(ROOT).parts)


def _steps(start: PurePosixPath, place: PurePosixPath) -> str:
    shared = 0
    for one, other in zip(start.parts, place.parts[:-1], strict=False):
        if one != other:
            break
        shared += 1
    return "/".join([".."] * (len(start.parts) - shared) + list(place.parts[shared:]))
