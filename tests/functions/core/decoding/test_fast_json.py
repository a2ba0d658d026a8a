"""JSON that simdjson does not check: every text in it is Unicode."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.decoding.fast_json import read_json
from functions.core.decoding.json_body import decode_json
from functions.core.errors import MalformedBodyError
from tests.support.costs import assert_linear_memory

# Halves of surrogate pairs among all other characters, more often than by chance.
TEXT = st.text(
    st.one_of(st.characters(exclude_categories=()), st.sampled_from("\ud800\udbff\udc00\udfffa\\u")), max_size=6
)
DOCUMENTS = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXT, inner, max_size=4)),
    max_leaves=12,
)


def is_unicode(document: Any) -> bool:
    """Whether all text of a document has a UTF-8 form, found out in another way than the code does."""
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


@given(DOCUMENTS)
def test_a_document_is_read_unless_half_a_pair_stands_alone_in_it(document: Any) -> None:
    text = json.dumps(document)
    # Two halves that meet in the text are one character.
    known = json.loads(text)
    if is_unicode(known):
        assert read_json(text.encode()) == known
    else:
        with pytest.raises(MalformedBodyError, match="half of a surrogate pair stands alone"):
            read_json(text.encode())


@pytest.mark.parametrize(
    "body",
    [
        b'"\\ud800"',
        b'"\\uDFFF"',
        b'["a", ["\\ud83d \\ude00"]]',
        b'{"\\ud800": 1}',
        b'{"a": {"b": ["\\udc00\\ud800"]}}',
        b'"\xed\xa0\x80"',
        '"\ud800"'.encode("utf-16-le", "surrogatepass"),
        b'"\xff"',
    ],
)
def test_text_that_is_no_unicode_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedBodyError, match="no Unicode"):
        read_json(body)


@pytest.mark.parametrize("body", [b'"\\ud83d\\ude00"', '"😀"'.encode(), '"😀"'.encode("utf-16"), b'"\\\\ud800"'])
def test_pairs_and_escaped_escapes_are_text(body: bytes) -> None:
    assert read_json(body) in {"😀", "\\ud800"}


@pytest.mark.parametrize("member", ["model", "sample_format", "recorded_at", "channel", "anything"])
def test_a_recording_with_such_an_option_is_malformed(member: str) -> None:
    with pytest.raises(MalformedBodyError, match="no Unicode"):
        decode_json(f'{{"signal": [1, 2], "{member}": "\\ud800"}}'.encode())


@pytest.mark.parametrize("element", ['"\\ud83d\\ude00"', "[]", '{"a": 1}', "1.5"])
def test_memory_is_linear(element: str) -> None:
    bodies = [f"[{','.join([element] * count)}]".encode() for count in (20_000, 80_000)]
    assert_linear_memory(read_json, (bodies[0], bodies[1]), most=35)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"signal":\n[1,2,3}', "The body is not JSON: it has '}' at line 2, column 7."),
        ('{"signal":[1,2', "The body is not JSON: it ends too early, at line 1, column 15."),
        ("[1]\n[2]", "The body is not JSON: behind its value '[2]' follows, at line 2, column 1."),
    ],
)
def test_a_text_that_is_no_json_is_shown_where_it_breaks(text: str, sentence: str) -> None:
    with pytest.raises(MalformedBodyError) as refusal:
        read_json(text.encode())
    assert refusal.value.message == sentence
