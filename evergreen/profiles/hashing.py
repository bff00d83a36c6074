"""One 64-bit hash of each value of an array, the same whatever the array's encoding, chunks or machine.

Equal numbers have equal hashes, integers and fractions alike: 1 and 1.0 are one value. Texts are hashed by their UTF-8
bytes. Words are mixed by multiplication with an odd constant and a shift (Steele, Lea and Flood, Fast splittable
pseudorandom number generators, 2014). Not for keys that an adversary chooses.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from evergreen.profiles.distinct import HASHES, DistinctSketch, Hashes
from evergreen.profiles.scratch import scratch

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_ODD = np.uint64(0xD6E8FEB86659FD93)
_HALF = np.uint64(32)
_WORD = 8
_TEXTS = 1 << 20  # bytes of texts that are folded together: they are in the cache
_LONG = 1_024  # bytes of a text that is folded with others, at most
_EXACT_INTEGERS = 2**53
_BLOCK = 1 << 17  # values of one step: fewer are in the cache, but threads wait for each other at every step


def hash_numbers(numbers: NDArray[Any]) -> Hashes:
    """Hashes of numbers without NaN; -0.0 must have become 0.0.

    They are complements, since the mixture of no bits is 0: of 0, the most frequent number, it would be the smallest.
    """
    return ~_mix(_bits(numbers))


def small_hashes(numbers: NDArray[Any], absent: NDArray[np.bool_] | None = None) -> Hashes:
    """Hashes of the numbers that are not `absent`: the `HASHES` smallest distinct ones, or all."""
    bits, found = _bits(numbers), []
    if len(bits) <= 4 * HASHES:
        return _all_hashes(bits, absent)
    limit = np.uint64(2.0**64 / len(bits) * 2 * HASHES)
    work = scratch("hashes", 2 * _BLOCK, np.uint64).reshape(2, _BLOCK)
    for start in range(0, len(bits), _BLOCK):
        block = bits[start : start + _BLOCK]
        hashes = _mix(block, work[:, : len(block)])
        small = hashes > ~limit
        if absent is not None:
            small &= ~absent[start : start + _BLOCK]
        found.append(~hashes[small])
    few = DistinctSketch(np.concatenate(found))
    return _all_hashes(bits, absent) if few.exact else few.hashes


def _all_hashes(bits: Hashes, absent: NDArray[np.bool_] | None) -> Hashes:
    return ~_mix(bits if absent is None else bits[~absent])


def _bits(numbers: NDArray[Any]) -> Hashes:
    if numbers.dtype.kind == "f":
        return numbers.astype(np.float64, copy=False).view(np.uint64)
    bits = numbers.astype(np.float64).view(np.uint64)
    beyond = np.flatnonzero((numbers > _EXACT_INTEGERS) | (numbers < -_EXACT_INTEGERS))
    if len(beyond):  # those that no double is equal to have hashes of their own
        large = numbers[beyond]
        nearest, most = large.astype(np.float64), float(np.iinfo(large.dtype).max)
        held = nearest < most
        held[held] = nearest[held].astype(large.dtype) == large[held]
        bits[beyond[~held]] = large[~held].astype(np.uint64) ^ _ODD
    return bits


def hash_texts(texts: pa.Array) -> Hashes:
    """Hashes of a string or large_string array without nulls: its words of eight bytes, folded one by one.

    Of a text of more than 1,024 bytes it is the beginning of its SHA-256, since few may have so many words.
    """
    texts = texts.cast(pa.large_string())
    if not len(texts):
        return np.empty(0, np.uint64)
    _, offsets_buffer, data = texts.buffers()
    offsets = np.frombuffer(offsets_buffer, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    found = np.zeros(0, np.uint8) if data is None else np.frombuffer(data, np.uint8)
    rows = max(1, _TEXTS * len(texts) // max(int(offsets[-1] - offsets[0]), 1))
    return np.concatenate([_folded(found, offsets[at : at + rows + 1]) for at in range(0, len(texts), rows)])


def _folded(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> Hashes:
    used = np.concatenate((data[offsets[0] : offsets[-1]], np.zeros(_WORD, np.uint8)))
    words = np.ndarray((len(used) - _WORD + 1,), "<u8", used, strides=(1,))  # one from each byte on
    start, left = offsets[:-1] - offsets[0], np.diff(offsets)
    state = _mix(left.astype(np.uint64) + _GOLDEN)
    for row in np.flatnonzero(left > _LONG).tolist():
        digest = hashlib.sha256(used[start[row] :][: left[row]].data).digest()
        state[row], left[row] = int.from_bytes(digest[:_WORD], "little"), 0
    rows = np.flatnonzero(left > 0)
    while len(rows):
        state[rows] = _mix(state[rows] ^ (words[start[rows]] & _mask(left[rows])))
        start[rows] += _WORD
        left[rows] -= _WORD
        rows = rows[left[rows] > 0]
    return state


def mixed(words: Hashes) -> Hashes:
    """Each word's hash."""
    return _mix(words)


def _mask(left: NDArray[np.int64]) -> Hashes:
    """All bits of a whole word, the low bytes of a text's last one."""
    bits = np.minimum(left, _WORD).astype(np.uint64) * np.uint64(8)
    return np.uint64(2**64 - 1) >> (np.uint64(64) - bits)


def _mix(words: Hashes, work: Hashes | None = None) -> Hashes:
    """Two lines of `work` take the product and the hashes."""
    product, mixed = (None, None) if work is None else work
    product = np.multiply(words, _GOLDEN, out=product)
    mixed = np.right_shift(product, _HALF, out=mixed)
    mixed ^= product
    mixed *= _ODD
    return mixed
