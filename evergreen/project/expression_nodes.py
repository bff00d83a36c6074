"""The tree of an `expression` rule."""

from __future__ import annotations

from dataclasses import dataclass

COMPARISONS = ("<=", ">=", "==", "!=", "<", ">")


class ExpressionError(ValueError):
    """An expression that cannot be read; says where."""

    def __init__(self, at: int, problem: str) -> None:
        super().__init__(f"at character {at + 1}: {problem}")


@dataclass(frozen=True)
class Name:
    """The value of a column."""

    name: str
    at: int

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Literal:
    """A number, a text, true or false."""

    value: float | int | str | bool
    at: int

    def __str__(self) -> str:
        return str(self.value).lower() if isinstance(self.value, bool) else repr(self.value)


@dataclass(frozen=True)
class Unary:
    """`not`, `-`, `is null` or `is not null` of one operand."""

    operator: str
    operand: Node
    at: int

    def __str__(self) -> str:
        after = self.operator.startswith("is")
        return f"({self.operand} {self.operator})" if after else f"({self.operator} {self.operand})"


@dataclass(frozen=True)
class Binary:
    """A comparison, `and`, `or`, or arithmetic of two operands."""

    operator: str
    left: Node
    right: Node
    at: int

    def __str__(self) -> str:
        return f"({self.left} {self.operator} {self.right})"


@dataclass(frozen=True)
class Among:
    """`operand in (…)`."""

    operand: Node
    values: tuple[Literal, ...]
    at: int

    def __str__(self) -> str:
        return f"({self.operand} in ({', '.join(map(str, self.values))}))"


Node = Name | Literal | Unary | Binary | Among


def names(node: Node) -> dict[str, int]:
    """The columns that an expression reads, in order, each with its first position."""
    if isinstance(node, Name):
        return {node.name: node.at}
    if isinstance(node, Literal):
        return {}
    operands = (node.left, node.right) if isinstance(node, Binary) else (node.operand,)
    found: dict[str, int] = {}
    for operand in operands:
        for name, at in names(operand).items():
            found.setdefault(name, at)
    return found
