"""Expressions over arrays: each node of the tree is one function of `pyarrow.compute`.

Logic has three values, as in SQL: what a missing value makes unknown is null. Integers are compared as integers.
Arithmetic is done in doubles, and a division by zero is unknown.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from evergreen.data.types import TIMESTAMP
from evergreen.project.expression_nodes import Among, Literal, Name, Node, Unary
from evergreen.times import instant
from evergreen.validation.values import doubles, whole_numbers

_OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "<": pc.less, "<=": pc.less_equal, "==": pc.equal, "!=": pc.not_equal, ">=": pc.greater_equal, ">": pc.greater,
    "and": pc.and_kleene, "or": pc.or_kleene, "+": pc.add, "-": pc.subtract, "*": pc.multiply, "/": pc.divide,
}  # fmt: skip
_ARITHMETIC = ("+", "-", "*", "/")
_LOGIC = ("and", "or")
_WHOLE = pa.decimal128(38, 0)  # holds every integer of 64 bits, signed or not


def compute(node: Node, columns: Mapping[str, pa.Array]) -> pa.Array | pa.Scalar:
    """The expression's value in each row; it has been checked against what the columns hold."""
    if isinstance(node, Name):
        return columns[node.name]
    if isinstance(node, Literal):
        return _literal(node.value)
    if isinstance(node, Unary):
        return _unary(node, compute(node.operand, columns))
    if isinstance(node, Among):
        return _among(node, compute(node.operand, columns))
    left, right = compute(node.left, columns), compute(node.right, columns)
    if node.operator in _LOGIC:
        return _OPERATORS[node.operator](left.cast(pa.bool_()), right.cast(pa.bool_()))
    if node.operator in _ARITHMETIC:
        return _finite(_OPERATORS[node.operator](_double(left), _divisor(node.operator, right)))
    if pa.types.is_null(left.type) or pa.types.is_null(right.type):
        return pc.and_kleene(_unknown(left), _unknown(right))
    return _OPERATORS[node.operator](*_alike(left, right))


def _literal(value: object) -> pa.Scalar:
    """Whole numbers stay whole, up to the 38 digits of a decimal."""
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**63:
        beyond = math.inf if value > 0 else -math.inf
        return pa.scalar(Decimal(value), _WHOLE) if abs(value) < 10**38 else pa.scalar(beyond)
    return pa.scalar(value)


def _unknown(value: pa.Array | pa.Scalar) -> pa.Array | pa.Scalar:
    """Null for each row of an array, or for a scalar."""
    return pa.scalar(None, pa.bool_()) if isinstance(value, pa.Scalar) else pa.nulls(len(value), pa.bool_())


def _unary(node: Unary, value: pa.Array | pa.Scalar) -> pa.Array | pa.Scalar:
    if node.operator == "is null":
        return pc.is_null(value)
    if node.operator == "is not null":
        return pc.is_valid(value)
    return pc.invert(value.cast(pa.bool_())) if node.operator == "not" else pc.negate(_double(value))


def _among(node: Among, value: pa.Array | pa.Scalar) -> pa.Array | pa.Scalar:
    if pa.types.is_null(value.type):
        return _unknown(value)
    wanted = [literal.value for literal in node.values]
    if pa.types.is_timestamp(value.type):
        listed = pa.array([instant(str(text)) for text in wanted], TIMESTAMP)
    elif pa.types.is_integer(value.type):
        listed = whole_numbers(wanted, value.type)
    elif pa.types.is_floating(value.type):
        listed = pa.array(doubles(wanted), value.type)
    else:
        listed = pa.array(wanted, value.type)
    if pa.types.is_floating(value.type):
        value = pc.add(value, 0.0)  # -0.0 is 0.0
    return pc.if_else(pc.is_valid(value), pc.is_in(value, listed), pa.scalar(None, pa.bool_()))


def _alike(left: Any, right: Any) -> tuple[Any, Any]:
    """Both sides in one type: a text beside a time is a time, integers are compared as they are, others in doubles."""
    if pa.types.is_timestamp(left.type) and isinstance(right, pa.StringScalar):
        return left, _time(right)
    if pa.types.is_timestamp(right.type) and isinstance(left, pa.StringScalar):
        return _time(left), right
    if pa.types.is_floating(left.type) or pa.types.is_floating(right.type):
        return _double(left), _double(right)
    if left.type != right.type and {left.type, right.type} & {pa.uint64(), _WHOLE}:
        return left.cast(_WHOLE), right.cast(_WHOLE)
    return left, right


def _time(text: pa.StringScalar) -> pa.Scalar:
    return pa.scalar(instant(text.as_py()), TIMESTAMP)


def _double(value: Any) -> Any:
    """The nearest double of a number of any size."""
    return value.cast(pa.float64(), safe=False)


def _divisor(operator: str, value: Any) -> Any:
    number = _double(value)
    return pc.if_else(pc.equal(number, 0.0), pa.scalar(None, pa.float64()), number) if operator == "/" else number


def _finite(value: Any) -> Any:
    """Overflow is unknown, too."""
    return pc.if_else(pc.is_finite(value), value, pa.scalar(None, pa.float64()))
