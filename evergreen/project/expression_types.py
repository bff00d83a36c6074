"""What an expression computes, from what its columns hold: mistakes are found before any row is read."""

from __future__ import annotations

from collections.abc import Mapping

from evergreen.project.expression_nodes import COMPARISONS, Among, ExpressionError, Literal, Name, Node, Unary
from evergreen.times import instant

# What a value is; None where nothing is known of it yet, or where a column holds nulls only.
Kind = str | None
_SAID = {"number": "a number", "text": "a text", "boolean": "true or false", "timestamp": "a time"}


def check_condition(node: Node, kinds: Mapping[str, Kind]) -> None:
    """ExpressionError unless the expression can be true or false of a row."""
    found = kind(node, kinds)
    if found not in (None, "boolean"):
        raise ExpressionError(0, f"is {_SAID[found]}, and a rule must be true or false of each row")


def kind(node: Node, kinds: Mapping[str, Kind]) -> Kind:
    """number, text, boolean, timestamp or None."""
    if isinstance(node, Name):
        return kinds.get(node.name)
    if isinstance(node, Literal):
        return literal_kind(node.value)
    if isinstance(node, Among):
        for value in node.values:
            _comparable(node.operand, value, kinds, node.at)
        return "boolean"
    if isinstance(node, Unary):
        return _unary(node, kinds)
    if node.operator in COMPARISONS:
        _comparable(node.left, node.right, kinds, node.at)
        return "boolean"
    wanted = "boolean" if node.operator in ("and", "or") else "number"
    for operand in (node.left, node.right):
        _needs(operand, wanted, kinds, node.operator)
    return wanted


def literal_kind(value: object) -> str:
    """What a literal is by itself."""
    return "boolean" if isinstance(value, bool) else "text" if isinstance(value, str) else "number"


def _unary(node: Unary, kinds: Mapping[str, Kind]) -> Kind:
    if node.operator.startswith("is"):
        kind(node.operand, kinds)
        return "boolean"
    wanted = "boolean" if node.operator == "not" else "number"
    _needs(node.operand, wanted, kinds, node.operator)
    return wanted


def _needs(operand: Node, wanted: str, kinds: Mapping[str, Kind], operator: str) -> None:
    found = kind(operand, kinds)
    if found not in (None, wanted):
        raise ExpressionError(operand.at, f"{operator!r} needs {_SAID[wanted]}, and {operand} is {_SAID[found]}")


def _comparable(left: Node, right: Node, kinds: Mapping[str, Kind], at: int) -> None:
    found = kind(left, kinds), kind(right, kinds)
    if None in found or found[0] == found[1]:
        return
    if "timestamp" in found and "text" in found:
        literal = left if found[0] == "text" else right
        if isinstance(literal, Literal):
            try:
                instant(str(literal.value))
            except ValueError:
                raise ExpressionError(literal.at, f"{literal} is not an ISO 8601 time") from None
            return
    first, second = (_SAID[str(each)] for each in found)
    raise ExpressionError(at, f"{left} is {first} and cannot be compared with {right}, {second}")
