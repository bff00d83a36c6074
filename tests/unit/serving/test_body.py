"""What is refused before a value is even built."""

from __future__ import annotations

import base64
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evergreen.errors import InvalidRequest, MalformedRequest, RequestTooLarge, UnsupportedType
from evergreen.serving.body import MAX_BYTES, MAX_DEPTH, parse_json, require_json


def test_reads_an_object() -> None:
    assert parse_json('{"rows": [{"a": "é"}]}') == {"rows": [{"a": "é"}]}


def test_reads_a_base64_body() -> None:
    assert parse_json(base64.b64encode(b'{"a": 1}').decode(), is_base64=True) == {"a": 1}


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":', '{"a":"]}","b":['])
def test_json_nested_five_thousand_deep_is_refused_by_depth_not_by_recursion(opening: str) -> None:
    with pytest.raises(MalformedRequest, match="nested deeper than 8 levels") as refused:
        parse_json(opening * 5000)

    assert refused.value.errors == [{"field": "body", "problem": "is nested deeper than 8 levels"}]


def test_the_deepest_allowed_body_is_read() -> None:
    assert parse_json("[" * MAX_DEPTH + "]" * MAX_DEPTH)


def test_brackets_inside_strings_are_not_depth() -> None:
    assert parse_json('{"a": "[[[[[[[[[[\\"[[[[["}')


def test_a_two_megabyte_body_is_too_large() -> None:
    with pytest.raises(RequestTooLarge) as refused:
        parse_json('{"rows": "' + "x" * 2_000_000 + '"}')

    assert refused.value.status == 413
    assert refused.value.errors[0]["field"] == "body"


def test_the_limit_counts_bytes_not_characters() -> None:
    with pytest.raises(RequestTooLarge):
        parse_json('"' + "é" * (MAX_BYTES // 2) + '"')


def test_a_two_megabyte_base64_body_is_too_large() -> None:
    with pytest.raises(RequestTooLarge):
        parse_json(base64.b64encode(b" " * 2_000_000).decode(), is_base64=True)


@pytest.mark.parametrize("body", [None, "", "{", "nonsense", '{"a": 1} x', "\ufeff{}", '{"a": 1,}', "'a'"])
def test_what_is_not_json_is_malformed(body: str | None) -> None:
    with pytest.raises(MalformedRequest):
        parse_json(body)


@pytest.mark.parametrize("body", ['"\\ud800"', '{"\\udfff": 1}', "\ud800", '"' + "9" * 10, "9" * 5000])
def test_half_characters_and_endless_numbers_are_malformed(body: str) -> None:
    with pytest.raises(MalformedRequest):
        parse_json(body)


def test_invalid_base64_is_malformed() -> None:
    with pytest.raises(MalformedRequest):
        parse_json("***", is_base64=True)


def test_doubled_keys_are_refused_by_their_paths() -> None:
    with pytest.raises(MalformedRequest) as refused:
        parse_json('{"rows": [{"a": 1}, {"a": 1, "b": 2, "a": 3}], "rows2": {"x": 1, "x": 1}}')

    assert refused.value.errors == [
        {"field": "rows[1].a", "problem": "is given twice"},
        {"field": "rows2.x", "problem": "is given twice"},
    ]


@pytest.mark.parametrize(
    "body",
    ['"' + '\\"' * 400_000, "{" + '"a":1,' * 130_000 + '"a":1}', "[]" * 400_000, '[' + '"[",' * 200_000],
    ids=["escaped quotes", "doubled keys", "brackets", "strings"],
)  # fmt: skip
def test_hostile_bodies_cost_no_more_than_their_length(body: str) -> None:
    started = time.process_time()

    with pytest.raises(InvalidRequest):
        parse_json(body)

    assert time.process_time() - started < 2


@pytest.mark.parametrize("said", ["application/json", "Application/JSON; charset=utf-8", None])
def test_json_and_an_unnamed_type_are_taken(said: str | None) -> None:
    require_json({"Content-Type": said} if said else None)


@pytest.mark.parametrize("name", ["Content-Type", "content-type"])
def test_another_media_type_is_refused(name: str) -> None:
    with pytest.raises(UnsupportedType, match="application/json"):
        require_json({name: "text/csv"})


@given(st.text(alphabet='[]{}",:\\ ae1.-u', max_size=60))
def test_any_text_is_a_value_or_a_client_error(body: str) -> None:
    try:
        parse_json(body)
    except InvalidRequest as error:
        assert error.status in (400, 413)  # noqa: PT017
