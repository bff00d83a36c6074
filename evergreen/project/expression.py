"""The language of `expression` rules: read and checked here, computed in `evergreen.validation.compiled`.

Comparisons (`<`, `<=`, `==`, `!=`, `>=`, `>`), `and`, `or`, `not`, `+ - * /`, parentheses, numbers, 'texts', `true`,
`false`, column names (in backticks where they are no plain words), `x is null`, `x in (1, 2)`. Nothing is evaluated by
Python.

>>> str(parse_expression("arr_time > dep_time or not (is_cancelled)"))
'((arr_time > dep_time) or (not is_cancelled))'
"""

from __future__ import annotations

import re
from typing import NamedTuple

from evergreen.project.expression_nodes import COMPARISONS, Among, Binary, ExpressionError, Literal, Name, Node, Unary

LONGEST, MOST_TOKENS, DEEPEST = 4_000, 400, 50
_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|(?P<text>'(?:[^']|'')*'|\"[^\"]*\")"
    r"|(?P<name>`[^`]+`|[A-Za-z_]\w*)|(?P<sign><=|>=|==|!=|<>|[<>=+\-*/(),]))"
)
_WORDS = ("and", "or", "not", "is", "null", "in", "true", "false")


def parse_expression(text: str) -> Node:
    """The expression's tree; ExpressionError names the position of what is wrong."""
    if len(text) > LONGEST:
        raise ExpressionError(LONGEST, f"an expression has at most {LONGEST:,} characters")
    tokens = _tokens(text)
    if len(tokens) > MOST_TOKENS:
        raise ExpressionError(tokens[MOST_TOKENS].at, f"an expression has at most {MOST_TOKENS} words and signs")
    parser = _Parser(tokens, len(text))
    node = parser.either(0)
    parser.end()
    return node


class _Token(NamedTuple):
    kind: str
    text: str
    at: int


def _tokens(text: str) -> list[_Token]:
    found, at = [], 0
    end = len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            at += len(text[at:]) - len(text[at:].lstrip())
            unclosed = "a text that is not closed" if text[at] in "'\"`" else f"{text[at]!r} means nothing here"
            raise ExpressionError(at, unclosed)
        kind = group = str(match.lastgroup)
        word = match[kind]
        if kind == "name" and word.lower() in _WORDS:
            kind, word = "word", word.lower()
        found.append(_Token(kind, word, match.start(group)))
        at = match.end()
    return found


class _Parser:
    """Recursive descent: or, and, not, comparison, sum, product, minus, operand."""

    def __init__(self, tokens: list[_Token], length: int) -> None:
        self._tokens = tokens
        self._length = length
        self._next = 0

    def end(self) -> None:
        if (token := self._peek()) is not None:
            raise ExpressionError(token.at, f"{token.text!r} was not expected here")

    def either(self, depth: int) -> Node:
        left = self._both(depth)
        while token := self._take("or"):
            left = Binary("or", left, self._both(depth), token.at)
        return left

    def _both(self, depth: int) -> Node:
        left = self._negation(depth)
        while token := self._take("and"):
            left = Binary("and", left, self._negation(depth), token.at)
        return left

    def _negation(self, depth: int) -> Node:
        self._check(depth)
        if token := self._take("not"):
            return Unary("not", self._negation(depth + 1), token.at)
        return self._comparison(depth)

    def _comparison(self, depth: int) -> Node:
        left = self._sum(depth)
        if token := self._take("is"):
            no = self._take("not")
            self._need("null")
            return Unary("is not null" if no else "is null", left, token.at)
        if token := self._take("not"):
            self._need("in")
            return Unary("not", self._among(left, token.at), token.at)
        if token := self._take("in"):
            return self._among(left, token.at)
        if token := self._take(*COMPARISONS, "=", "<>"):
            sign = {"=": "==", "<>": "!="}.get(token.text, token.text)
            node = Binary(sign, left, self._sum(depth), token.at)
            if again := self._take(*COMPARISONS, "=", "<>"):
                raise ExpressionError(again.at, "comparisons do not chain; write a < b and b < c")
            return node
        return left

    def _among(self, left: Node, at: int) -> Node:
        self._need("(")
        values = [self._literal()]
        while self._take(","):
            values.append(self._literal())
        self._need(")")
        if len({_kind_of(value.value) for value in values}) > 1:
            raise ExpressionError(at, "a list holds numbers or texts, not both")
        return Among(left, tuple(values), at)

    def _literal(self) -> Literal:
        at = self._at()
        node = self._signed(0)
        if not isinstance(node, Literal):
            raise ExpressionError(at, "a list holds numbers or texts, no columns")
        return node

    def _sum(self, depth: int) -> Node:
        left = self._product(depth)
        while token := self._take("+", "-"):
            left = Binary(token.text, left, self._product(depth), token.at)
        return left

    def _product(self, depth: int) -> Node:
        left = self._signed(depth)
        while token := self._take("*", "/"):
            left = Binary(token.text, left, self._signed(depth), token.at)
        return left

    def _signed(self, depth: int) -> Node:
        self._check(depth)
        if token := self._take("-"):
            operand = self._signed(depth + 1)
            if isinstance(operand, Literal) and _kind_of(operand.value) == "number":
                return Literal(-operand.value, token.at)  # type: ignore[operator] # a number
            return Unary("-", operand, token.at)
        return self._operand(depth)

    def _operand(self, depth: int) -> Node:
        token = self._peek()
        if token is None:
            raise ExpressionError(self._length, "the expression ends where a value was expected")
        self._next += 1
        if token.text == "(":
            node = self.either(depth + 1)
            self._need(")")
            return node
        if token.kind == "name":
            return Name(token.text.strip("`"), token.at)
        if token.kind == "number":
            return Literal(int(token.text) if token.text.isdigit() else float(token.text), token.at)
        if token.kind == "text":
            return Literal(token.text[1:-1].replace("''", "'") if token.text[0] == "'" else token.text[1:-1], token.at)
        if token.text in ("true", "false"):
            return Literal(token.text == "true", token.at)
        raise ExpressionError(token.at, f"{token.text!r} was not expected here; a value was")

    def _check(self, depth: int) -> None:
        if depth > DEEPEST:
            raise ExpressionError(self._at(), f"nested more than {DEEPEST} deep")

    def _peek(self) -> _Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _at(self) -> int:
        token = self._peek()
        return token.at if token else self._length

    def _take(self, *texts: str) -> _Token | None:
        token = self._peek()
        if token is None or token.kind not in ("sign", "word") or token.text not in texts:
            return None
        self._next += 1
        return token

    def _need(self, text: str) -> None:
        if self._take(text) is None:
            token = self._peek()
            found = repr(token.text) if token else "the end"
            raise ExpressionError(self._at(), f"{text!r} was expected, and {found} is here")


def _kind_of(value: object) -> str:
    return "boolean" if isinstance(value, bool) else "text" if isinstance(value, str) else "number"
