"""Expressions: the grammar with the position of every mistake, and what they compute."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from evergreen.project.expression import MOST_TOKENS, parse_expression
from evergreen.project.expression_nodes import ExpressionError, names
from evergreen.project.expression_types import check_condition
from evergreen.times import instant
from evergreen.validation.compiled import compute

Row = dict[str, float | None]
OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt, "<=": operator.le, "==": operator.eq, "!=": operator.ne, ">": operator.gt, ">=": operator.ge,
    "+": operator.add, "-": operator.sub, "*": operator.mul,
}  # fmt: skip

numbers = st.recursive(
    st.sampled_from(["a", "b"]) | st.integers(-3, 3).map(str),
    lambda inner: st.tuples(inner, st.sampled_from(["+", "-", "*", "/"]), inner).map(lambda it: f"({' '.join(it)})"),
    max_leaves=4,
)
conditions = st.recursive(
    st.tuples(numbers, st.sampled_from(["<", "<=", "==", "!=", ">", ">="]), numbers).map(" ".join)
    | numbers.map(lambda it: f"{it} is null")
    | numbers.map(lambda it: f"{it} in (0, 1, -2)"),
    lambda inner: (
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda it: f"({' '.join(it)})")
        | inner.map(lambda it: f"not ({it})")
    ),
    max_leaves=4,
)
values = st.none() | st.integers(-3, 3).map(float)


def naive(node: Any, row: Row) -> Any:
    """One row, with None for unknown."""
    kind = type(node).__name__
    if kind == "Name":
        return row[node.name]
    if kind == "Literal":
        return node.value
    if kind == "Among":
        found = naive(node.operand, row)
        return None if found is None else found in [literal.value for literal in node.values]
    if kind == "Unary":
        found = naive(node.operand, row)
        if node.operator == "is null":
            return found is None
        return None if found is None else (not found if node.operator == "not" else -found)
    left, right = naive(node.left, row), naive(node.right, row)
    if node.operator in ("and", "or"):
        decided = node.operator == "or"
        return decided if decided in (left, right) else None if None in (left, right) else not decided
    if left is None or right is None or (node.operator == "/" and right == 0):
        return None
    return left / right if node.operator == "/" else OPERATORS[node.operator](left, right)


@example("b * 0 in (0, 1)", [(None, -1.0)])
@given(conditions, st.lists(st.tuples(values, values), min_size=1, max_size=6))
def test_computes_what_a_loop_over_the_rows_would(text: str, rows: list[tuple[float | None, float | None]]) -> None:
    node = parse_expression(text)
    columns = {name: pa.array([row[at] for row in rows], pa.float64()) for at, name in enumerate("ab")}

    found = compute(node, columns)

    expected = [naive(node, dict(zip("ab", row, strict=True))) for row in rows]
    assert (found.to_pylist() if isinstance(found, pa.Array) else [found.as_py()] * len(rows)) == expected


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a >", r"at character 4: the expression ends where a value was expected"),
        ("a = 1 = 2", r"at character 7: comparisons do not chain"),
        ("a in (b)", r"at character 7: a list holds numbers or texts"),
        ("a in (1, 'x')", r"at character 3: a list holds numbers or texts, not both"),
        ("a $ b", r"at character 3: '\$' means nothing here"),
        ("a == 'x", r"at character 6: a text that is not closed"),
        ("(a", r"at character 3: '\)' was expected"),
        ("a b", r"at character 3: 'b' was not expected here"),
        ("__import__('os').system('x')", r"at character 17: '\.' means nothing here"),
        ("(" * 60 + "a", r"nested more than 50 deep"),
        ("a" + "+a" * MOST_TOKENS, r"at most 400 words and signs"),
    ],
)
def test_names_the_position_of_a_mistake(text: str, place: str) -> None:
    with pytest.raises(ExpressionError, match=place):
        parse_expression(text)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a > c", "at character 3: a is a number and cannot be compared with c, a text"),
        ("c + 1 > 0", r"at character 1: '\+' needs a number, and c is a text"),
        ("not a", "at character 5: 'not' needs true or false, and a is a number"),
        ("a + 1", "is a number, and a rule must be true or false"),
        ("t > 'soon'", "at character 5: 'soon' is not an ISO 8601 time"),
    ],
)
def test_types_are_checked_before_any_row(text: str, place: str) -> None:
    with pytest.raises(ExpressionError, match=place):
        check_condition(parse_expression(text), {"a": "number", "c": "text", "t": "timestamp"})


def test_reads_names_texts_and_times() -> None:
    node = parse_expression("`odd name` == 'it''s' and t >= '2013-01-02' and not flag")
    columns = {
        "odd name": pa.array(["it's", "it's", "no"]),
        "t": pa.array([instant("2013-01-02"), instant("2013-01-01"), None], pa.timestamp("us", "UTC")),
        "flag": pa.array([False, False, True]),
    }

    assert list(names(node)) == ["odd name", "t", "flag"]
    assert compute(node, columns).to_pylist() == [True, False, False]


LARGE = 2**53
EXTREMES = {
    "big": pa.array([LARGE + 1, LARGE, None]),
    "u64": pa.array([2**64 - 1, 1, None], pa.uint64()),
    "i8": pa.array([1, -2, 3], pa.int8()),
    "none": pa.nulls(3),
    "x": pa.array([1.5, float(LARGE), None]),
}
NO, YES, UNKNOWN = [False] * 3, [True] * 3, [None] * 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("big < 99999999999999999999", [True, True, None]),
        (f"big > -{'9' * 400}", [True, True, None]),
        ("big == 9007199254740993", [True, False, None]),
        ("big in (9007199254740993, 99999999999999999999)", [True, False, None]),
        ("big > 0.5", [True, True, None]),
        ("big + 1 > 0", [True, True, None]),
        ("big == x", [False, True, None]),
        ("u64 > -1", [True, True, None]),
        ("u64 > big", [True, False, None]),
        ("u64 < 18446744073709551616", [True, True, None]),
        ("i8 in (-2, 3, 300)", [False, True, True]),
        ("i8 in (1.0, 2.5)", [True, False, False]),
        ("x in (1.5, 99999999999999999999)", [True, False, None]),
        ("none == none", UNKNOWN),
        ("none in (1, 2)", UNKNOWN),
        ("none < 3", UNKNOWN),
        ("none is null", YES),
        ("i8 == 128", NO),
    ],
)
def test_numbers_of_every_size_and_columns_of_nulls_can_be_compared(text: str, expected: list[bool | None]) -> None:
    assert compute(parse_expression(text), EXTREMES).to_pylist() == expected


def test_a_minus_before_a_text_is_a_mistake_with_its_place() -> None:
    with pytest.raises(ExpressionError, match="at character 7: a list holds numbers or texts, no columns"):
        parse_expression("a in (-'x')")


@pytest.mark.parametrize("text", ["t > '9999-12-31T23:59:59-05:00'", "t in ('2013-01-01', 'soon')"])
def test_times_that_nothing_can_be_compared_with_are_mistakes(text: str) -> None:
    with pytest.raises(ExpressionError, match="is not an ISO 8601 time"):
        check_condition(parse_expression(text), {"t": "timestamp"})
