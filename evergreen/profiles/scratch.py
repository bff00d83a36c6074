"""Memory that a thread uses again: fresh pages are cleared first, which takes as long as much that is done in them."""

from __future__ import annotations

import threading
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

_Scalar = TypeVar("_Scalar", bound=np.generic)
_KEPT = threading.local()
_LARGEST = 72 << 20  # bytes that are kept


def scratch(use: str, size: int, dtype: type[_Scalar]) -> NDArray[_Scalar]:
    """So many elements, whatever they hold, until this thread asks for the same `use` again.

    >>> scratch("sums", 3, np.float64).shape
    (3,)
    """
    kept: NDArray[Any] | None = getattr(_KEPT, use, None)
    if kept is None or len(kept) < size:
        kept = np.empty(size, dtype)
        if kept.nbytes <= _LARGEST:
            setattr(_KEPT, use, kept)
    return kept[:size]
