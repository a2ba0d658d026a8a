"""Reference pages, written from the code that they describe."""

import argparse
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from build_scripts.build_cli.parser import make_parser
from build_scripts.evidence.card.markdown import table
from build_scripts.palier_cli.main import cli_parser
from build_scripts.recipes.user_recipe import RecipeFile
from functions.core.models.manifest import Manifest
from functions.inference.openapi import openapi_document
from local_server import server_parser

Schema = Mapping[str, Any]


def reference_pages() -> dict[str, str]:
    """Return the pages by their path in the site."""
    return {
        "reference/api.md": api_page(openapi_document()),
        "reference/command-line.md": command_page(cli_parser(), server_parser(), make_parser()),
        "reference/manifest.md": schema_page("manifest.json", msgspec.json.schema(Manifest), "$defs"),
        "reference/recipe.md": schema_page("Recipe of a model of one's own", RecipeFile.model_json_schema(), "$defs"),
    }


def api_page(document: Schema) -> str:
    """Return the HTTP API as a page: an operation each, its parameters, bodies and answers.

    Args:
        document: OpenAPI 3.1.
    """
    lines = [
        "# Every operation of the HTTP API",
        "",
        "Written from `/openapi.json`; [HTTP](../http.md) explains it.",
        "",
    ]
    for path, operations in sorted(document["paths"].items()):
        for method, operation in operations.items():
            lines += [f"## `{method.upper()} {path}`", "", operation["summary"] + ".", ""]
            lines += _parameters(operation.get("parameters", []))
            bodies = operation.get("requestBody", {}).get("content", {})
            if bodies:
                lines += ["Body: " + ", ".join(f"`{kind}`" for kind in bodies) + ".", ""]
            answers = [(f"`{status}`", one.get("description", "")) for status, one in operation["responses"].items()]
            lines += [table(("status", "answer"), answers), ""]
    return "\n".join(lines)


def command_page(*parsers: argparse.ArgumentParser) -> str:
    """Return the command lines as a page: what `--help` prints of each command."""
    lines = [
        "# Every option of the commands",
        "",
        "Written from the parsers; [commands](../commands.md) explains them.",
        "",
    ]
    for parser in parsers:
        for one in _commands(parser):
            lines += [f"## `{one.prog}`", "", one.description or "", ""]
            lines += [table(("argument", "meaning"), _arguments(one)), ""]
    return "\n".join(lines)


def schema_page(title: str, schema: Schema, definitions: str) -> str:
    """Return a JSON schema as a page: a table for each of its objects.

    Args:
        title: of the page.
        schema: its root may be a reference.
        definitions: name of the member that holds its parts.
    """
    lines = [f"# {title}", "", "Written from the code that reads it.", ""]
    parts = dict(schema[definitions])
    if "properties" in schema:
        parts = {schema.get("title", title): schema, **parts}
    for name, part in parts.items():
        if "properties" not in part:
            continue
        required = set(part.get("required", ()))
        description, meanings = _described(part.get("description", ""), part["properties"])
        rows = [
            (
                f"`{member}`",
                _type(one),
                "" if member in required else _default(one),
                one.get("description", meanings.get(member, "")),
            )
            for member, one in part["properties"].items()
        ]
        lines += [f"## {name}", "", description, "", table(("member", "type", "default", "meaning"), rows), ""]
    return "\n".join(lines)


def _described(docstring: str, members: Iterable[str]) -> tuple[str, dict[str, str]]:
    """Return a docstring without what it states of members as `member, member: meaning`, and meanings by member."""
    one = f"(?:{'|'.join(members)})"
    parts = re.split(rf"(?:^|(?<=[.;]) )({one}(?:, {one})*): ", " ".join(docstring.split()))
    stated = zip(parts[1::2], parts[2::2], strict=True)
    return parts[0], {name: meaning.rstrip(".;") for names, meaning in stated for name in names.split(", ")}


def _parameters(parameters: Sequence[Schema]) -> list[str]:
    rows = [(f"`{one['name']}`", one["in"], _type(one["schema"]), one.get("description", "")) for one in parameters]
    return [table(("parameter", "in", "type", "meaning"), rows), ""] if rows else []


def _commands(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    below = [one for one in parser._actions if isinstance(one, argparse._SubParsersAction)]
    if not below:
        yield parser
    for choices in below:
        for one in choices.choices.values():
            yield from _commands(one)


def _arguments(parser: argparse.ArgumentParser) -> list[tuple[str, str]]:
    shown = [one for one in parser._actions if not isinstance(one, argparse._HelpAction)]
    formatter = parser._get_formatter()
    return [
        (", ".join(f"`{name}`" for name in one.option_strings) or f"`{one.metavar or one.dest}`",
         formatter._expand_help(one) if one.help else "")
        for one in shown
        if one.help is not argparse.SUPPRESS
    ]  # fmt: skip


def _type(schema: Schema) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})" if "$defs" in schema["$ref"] else name
    if "enum" in schema:
        return ", ".join(f"`{one}`" for one in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    kinds = [_type(one) for one in schema.get("anyOf", ()) if one.get("type") != "null"]
    if kinds:
        return " or ".join(dict.fromkeys(kinds))
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items') or {})}"
    kind = schema.get("type", "any")
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


def _default(schema: Schema) -> str:
    value = schema.get("default")
    # The members of an object have their own.
    return "" if value is None or isinstance(value, dict) else f"`{msgspec.json.encode(value).decode()}`"
