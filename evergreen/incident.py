"""What a log may say about an error.

Our own sentences name keys, versions and limits. What a caller sent and what somebody else's exception quotes may be
people's data, so of those only the class and the place are kept.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, ParamSpec, Protocol, TypeVar

from evergreen.errors import EvergreenError, InvalidRequest

P = ParamSpec("P")
R = TypeVar("R")
_FRAMES = 5  # the innermost places; the outer ones are the same doorway every time


class Log(Protocol):
    """What is needed of a logger."""

    def info(self, msg: object, *, extra: dict[str, object]) -> None:
        """Log what is normal, with fields."""

    def error(self, msg: object, *, extra: dict[str, object]) -> None:
        """Log what somebody has to look at, with fields."""


def report(log: Log, what: str, error: BaseException) -> None:
    """Log an error: a caller's mistake is news, anything else is ours to look at."""
    write = log.info if isinstance(error, InvalidRequest) else log.error
    write(what, extra=incident(error))


def reported(log: Log) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorate a function so that what it raises is logged, and raised."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return function(*args, **kwargs)
            except Exception as error:
                report(log, "failed", error)
                raise

        return call

    return decorate


def incident(error: BaseException) -> dict[str, object]:
    """The error's class and sentence, the classes behind it, and for an unforeseen error where it was raised.

    >>> incident(EvergreenError("the model is gone"))
    {'error': 'EvergreenError', 'sentence': 'the model is gone'}
    >>> incident(KeyError("a person's name"))
    {'error': 'KeyError', 'raised_at': []}
    """
    found: dict[str, object] = {"error": type(error).__name__}
    if not isinstance(error, EvergreenError):
        found["raised_at"] = _places(error)
    elif not isinstance(error, InvalidRequest):
        found["sentence"] = str(error)
    if causes := [_name(cause) for cause in _causes(error)]:
        found["causes"] = causes
    return found


def _causes(error: BaseException) -> Iterator[BaseException]:
    while (cause := error.__cause__) is not None:
        yield cause
        error = cause


def _name(error: BaseException) -> str:
    """`ClientError ThrottlingException`: an SDK's error carries the service's own code."""
    response: dict[str, Any] = getattr(error, "response", None) or {}
    code = response.get("Error", {}).get("Code")
    return f"{type(error).__name__} {code}" if code else type(error).__name__


def _places(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
