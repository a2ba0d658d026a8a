"""Prune unpacked wheels for a layer: no file that the recipe drops, no symbol table, no debugging data.

No loaded byte of a shared library changes its address.
binutils' `strip` lays a file out anew, which breaks libraries that auditwheel has patched (some of their segments
lie behind the symbol table), needs one program per processor, and gives other bytes from version to version.
"""

from dataclasses import replace

from build_scripts.lambda_bundle.recipe import Recipe, Rule
from build_scripts.lambda_bundle.slimming.elf_layout import Gap, Layout, Section, read_layout
from build_scripts.lambda_bundle.tree import Tree

_ALIGNMENT = 8


def pruned(tree: Tree, recipe: Recipe) -> Tree:
    """Return the files that the layer keeps, shared libraries stripped; licences are collected apart.

    Modules that must be there and do nothing for a function are kept empty.
    """
    rules = (*recipe.dropped, *recipe.licence)
    kept = {
        path: b"" if _any(recipe.emptied, path) else content for path, content in tree.items() if not _any(rules, path)
    }
    return {path: stripped(path, content) if is_library(path, content) else content for path, content in kept.items()}


def collected_licences(tree: Tree, recipe: Recipe) -> Tree:
    """Return the licence texts of one unpacked wheel, by their path in it."""
    return {path: content for path, content in tree.items() if _any(recipe.licence, path)}


def is_library(path: str, content: bytes) -> bool:
    """Return whether a file is a shared library in ELF."""
    return ".so" in path.rpartition("/")[2] and content.startswith(b"\x7fELF")


def stripped(path: str, content: bytes) -> bytes:
    """Return the shared library at a path without what only linkers and debuggers read.

    What lies behind the last loaded byte is cut off; gaps between segments are closed by whole pages, so that
    segments keep their addresses, and what remains of a gap becomes zeros. The section table stays, for readelf
    and for gates: removed sections are null entries, so that no index changes.

    Raises:
        BundleError: the file is not a 64-bit little-endian ELF file with a section table.
    """
    layout = read_layout(path, content)
    gaps = layout.gaps()
    body = _without(content[: layout.loaded_end], gaps)
    body += bytes(-len(body) % _ALIGNMENT)
    names_at = len(body)
    body += layout.names_of(content)
    body += bytes(-len(body) % _ALIGNMENT)
    table = [_kept(layout, index, names_at, gaps) for index in range(len(layout.sections))]
    _write_headers(body, layout, gaps)
    return bytes(body + b"".join(section.packed() for section in table))


def _any(rules: tuple[Rule, ...], path: str) -> bool:
    return any(rule.matches(path) for rule in rules)


def _without(loaded: bytes, gaps: tuple[Gap, ...]) -> bytearray:
    body = bytearray()
    position = 0
    for gap in gaps:
        body += loaded[position : gap.start] + bytes(gap.end - gap.start - gap.cut)
        position = gap.end
    return body + loaded[position:]


def _kept(layout: Layout, index: int, names_at: int, gaps: tuple[Gap, ...]) -> Section:
    section = layout.sections[index]
    if index == layout.header.names:
        return replace(section, offset=names_at)
    return replace(section, offset=moved(section.offset, gaps)) if section.is_allocated else Section()


def _write_headers(body: bytearray, layout: Layout, gaps: tuple[Gap, ...]) -> None:
    at = moved(layout.header.segments_at, gaps)
    header = replace(layout.header, segments_at=at, sections_at=len(body))
    segments = b"".join(replace(one, offset=moved(one.offset, gaps)).packed() for one in layout.segments)
    body[: len(header.packed())] = header.packed()
    body[at : at + len(segments)] = segments


def moved(offset: int, gaps: tuple[Gap, ...]) -> int:
    """Return where a byte of the file lies once the gaps are closed."""
    return offset - sum(gap.cut for gap in gaps if gap.end <= offset)
