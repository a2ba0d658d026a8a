"""No template and no metadata of a synth holds a secret, a password or a key."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from functions.core.keys.keys import create_key
from tests.cdk.stage_variants import DEPLOYABLE, PARTS, VARIANTS
from tests.cdk.templates import Assembly

# What looks like a secret, wherever it stands.
VALUES = re.compile(
    r"palier_[0-9a-f]{12}_[\w-]{20,}"  # an API key of ours
    r"|\b(AKIA|ASIA)[0-9A-Z]{16}\b"  # an access key of AWS
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}"  # a JSON web token
    r"|://[^/\s:@]+:[^/\s:@]+@"  # a password in a URL
)
# Names whose values must be references, not words.
NAMES = re.compile(
    r"password|passwd|secret_?string|secret_?key|private_?key|access_?key|token|credential", re.IGNORECASE
)
# Properties that are named so and hold no secret: how templates answer, how an instance's metadata is asked, how long
# the word is that Secrets Manager makes.
_NO_SECRETS = ("ResponseType", "HttpTokens", "httpTokens", "passwordLength")


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from leaves(one, f"{path}/{key}")
    elif isinstance(value, list):
        for one in value:
            yield from leaves(one, path)
    elif isinstance(value, str):
        yield path, value


def suspects(document: Any) -> list[str]:
    return [
        f"{path}: {value}"
        for path, value in leaves(document)
        if VALUES.search(value) or (NAMES.search(path.rpartition("/")[2]) and not path.endswith(_NO_SECRETS))
    ]


def test_no_template_holds_one(assembly: Assembly) -> None:
    # A web ACL, and with it the stack of protection, stands before REST APIs alone.
    stages = (*DEPLOYABLE.values(), *VARIANTS.values())
    expected = sum(len(PARTS) - (stage.door != "rest_api") + (stage.gpu is not None) for stage in stages)
    documents = {path.name: json.loads(path.read_bytes()) for path in assembly.folder.rglob("*.json")}
    assert len([name for name in documents if name.endswith(".template.json")]) == expected
    assert [one for document in documents.values() for one in suspects(document)] == []


@pytest.mark.parametrize(
    "document",
    [
        {"Environment": {"Variables": {"KEY": create_key("x")[0]}}},
        {"MasterUserPassword": "changeme"},
        {"SecretString": "{}"},
        {"Environment": {"Variables": {"POSTGRES_PASSWORD": "x"}}},
        {"Url": "postgres://palier:word@database/x"},
        {"Text": "AKIA" + "A" * 16},
    ],
)
def test_the_search_would_find_one(document: dict[str, Any]) -> None:
    assert suspects(document)
