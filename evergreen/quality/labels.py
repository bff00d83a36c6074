"""Labels as they arrive, matched with the model's classes: `true`, `1`, `"1"` and `True` mean one thing."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

UNKNOWN = -1
_SAME = {"true": "1", "false": "0"}


def class_codes(values: Iterable[Any], classes: Sequence[Any]) -> NDArray[np.int64]:
    """Return each value's position in `classes`, UNKNOWN (-1) for what is none of them.

    >>> class_codes([True, 1, "false", 0.0, "maybe", None], [False, True]).tolist()
    [1, 1, 0, 0, -1, -1]
    """
    exact = {_text(label): code for code, label in enumerate(classes)}
    alike = {_SAME.get(text, text): code for text, code in exact.items()}
    if len(alike) < len(exact):  # a target that tells "true" from "1" gets no tolerance
        alike = exact
    known: dict[str, int] = {}

    def code(value: Any) -> int:
        text = _text(value)
        if text not in known:
            known[text] = exact.get(text, alike.get(_SAME.get(text, text), UNKNOWN))
        return known[text]

    return np.fromiter((code(value) for value in values), dtype=np.int64)


def numbers(values: Iterable[Any]) -> NDArray[np.float64]:
    """Return each value as a float, NaN for what is no number.

    >>> numbers([1, "2.5", None, "x", True]).tolist()
    [1.0, 2.5, nan, nan, nan]
    """
    return np.fromiter((_number(value) for value in values), dtype=np.float64)


def _text(value: Any) -> str:
    if isinstance(value, str):
        number = _number(value)
        text = value.strip()
        return text.lower() if text.lower() in _SAME else text if math.isnan(number) else _plain(number)
    if isinstance(value, bool):
        return "true" if value else "false"
    return _plain(float(value)) if isinstance(value, int | float) else repr(value)


def _plain(number: float) -> str:
    return str(int(number)) if number.is_integer() else repr(number)


def _number(value: Any) -> float:
    if value is None or isinstance(value, bool):
        return math.nan
    try:
        number = float(value)
    except (TypeError, ValueError):
        return math.nan
    return number if math.isfinite(number) else math.nan
