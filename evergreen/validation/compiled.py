"""Expressions over arrays: each node of the tree is one function of `pyarrow.compute`.

Logic has three values, as in SQL: what a missing value makes unknown is null. Arithmetic is done in doubles, and a
division by zero is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from evergreen.data.types import TIMESTAMP
from evergreen.project.expression import Among, Literal, Name, Node, Unary
from evergreen.project.expression_types import instant_text
from evergreen.times import instant

_OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "<": pc.less, "<=": pc.less_equal, "==": pc.equal, "!=": pc.not_equal, ">=": pc.greater_equal, ">": pc.greater,
    "and": pc.and_kleene, "or": pc.or_kleene, "+": pc.add, "-": pc.subtract, "*": pc.multiply, "/": pc.divide,
}  # fmt: skip
_ARITHMETIC = ("+", "-", "*", "/")
_LOGIC = ("and", "or")


def compute(node: Node, columns: Mapping[str, pa.Array]) -> pa.Array | pa.Scalar:
    """The expression's value in each row; it has been checked against what the columns hold."""
    if isinstance(node, Name):
        return columns[node.name]
    if isinstance(node, Literal):
        return pa.scalar(node.value)
    if isinstance(node, Unary):
        return _unary(node, compute(node.operand, columns))
    if isinstance(node, Among):
        return _among(node, compute(node.operand, columns))
    left, right = compute(node.left, columns), compute(node.right, columns)
    if node.operator in _LOGIC:
        return _OPERATORS[node.operator](left.cast(pa.bool_()), right.cast(pa.bool_()))
    if node.operator in _ARITHMETIC:
        return _finite(_OPERATORS[node.operator](left.cast(pa.float64()), _divisor(node.operator, right)))
    return _OPERATORS[node.operator](*_alike(left, right))


def _unary(node: Unary, value: pa.Array | pa.Scalar) -> pa.Array | pa.Scalar:
    if node.operator == "is null":
        return pc.is_null(value)
    if node.operator == "is not null":
        return pc.is_valid(value)
    return pc.invert(value.cast(pa.bool_())) if node.operator == "not" else pc.negate(value.cast(pa.float64()))


def _among(node: Among, value: pa.Array | pa.Scalar) -> pa.Array | pa.Scalar:
    wanted = [literal.value for literal in node.values]
    if pa.types.is_timestamp(value.type):
        listed = pa.array([instant(str(text)) for text in wanted], TIMESTAMP)
    elif pa.types.is_integer(value.type) and any(isinstance(each, float) for each in wanted):
        value, listed = value.cast(pa.float64()), pa.array(wanted, pa.float64())
    else:
        listed = pa.array(wanted, pa.string() if pa.types.is_null(value.type) else value.type)
    if pa.types.is_floating(value.type):
        value = pc.add(value, 0.0)  # -0.0 is 0.0
    known = pc.is_valid(value)
    return pc.if_else(known, pc.is_in(value, listed), pa.scalar(None, pa.bool_()))


def _alike(left: Any, right: Any) -> tuple[Any, Any]:
    """Both sides in one type: a text beside a time is a time, a column of nulls is whatever it is compared with."""
    if pa.types.is_null(left.type):
        return left.cast(right.type), right
    if pa.types.is_null(right.type):
        return left, right.cast(left.type)
    if pa.types.is_timestamp(left.type) and isinstance(right, pa.StringScalar):
        return left, _time(right)
    if pa.types.is_timestamp(right.type) and isinstance(left, pa.StringScalar):
        return _time(left), right
    return left, right


def _time(text: pa.StringScalar) -> pa.Scalar:
    instant_text(text.as_py())
    return pa.scalar(instant(text.as_py()), TIMESTAMP)


def _divisor(operator: str, value: Any) -> Any:
    number = value.cast(pa.float64())
    return pc.if_else(pc.equal(number, 0.0), pa.scalar(None, pa.float64()), number) if operator == "/" else number


def _finite(value: Any) -> Any:
    """Overflow is unknown, too."""
    return pc.if_else(pc.is_finite(value), value, pa.scalar(None, pa.float64()))
