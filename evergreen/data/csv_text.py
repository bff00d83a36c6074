"""CSV text with an end that shows whether its quotes are closed.

Arrow takes whatever follows an open quote for one cell, to the end of the file and of every file parsed behind it.
Behind a text with quotes stand blank lines, which the parser passes over: a cell that holds them was never closed.
Behind a NUL it overlooks commas and line ends, and makes one row of many, so a text that holds one is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

_CELL = rb'(?:"[^"\r\n]*"|[^",\r\n]*)'
_HEADER = re.compile(_CELL + rb"(?:," + _CELL + rb")*(?:\r\n|\r|\n)")
_BLANK = "\xef\xbb\xbf\r\n".encode("latin-1")  # a byte order mark is no column
QUOTE = b'"'
END = "\n" * 64
_NUL, _LINE_END = b"\0", b"\n"
_PIECE = 4 << 20
LARGEST_ROW = 16 << 20  # bytes
TOO_LONG = "straddling object"  # in what arrow says of a row that does not fit into a block


class NulFound(ValueError):
    """A text that holds a NUL, given in pieces: says in which line, from 1."""

    def __init__(self, text: Iterable[bytes]) -> None:
        line = 1
        for piece in text:
            before, nul, _ = piece.partition(_NUL)
            line += before.count(_LINE_END)
            if nul:
                break
        super().__init__(f"line {line:,} holds a NUL character; take it out, or save the file as UTF-8")


class CheckedFile:
    """A file for arrow to read, unpacked; NulFound when it holds a NUL."""

    closed = False

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = pa.input_stream(str(path))

    def read(self, size: int) -> bytes:
        """The next bytes."""
        text: bytes = self._file.read(size)
        if _NUL in text:
            with pa.input_stream(str(self._path)) as file:
                raise NulFound(iter(partial(file.read, _PIECE), b""))
        return text

    def close(self) -> None:
        """Arrow says that it reads no more; it may still be reading ahead."""
        self.closed = True


class EndedFile(CheckedFile):
    """The same with its end."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._ended = False

    def read(self, size: int) -> bytes:
        """The next bytes, the last ones with the end: arrow takes a row over three reads for one that is too long."""
        text = super().read(size)
        if self._ended or len(text) > size - len(END):
            return text
        if more := super().read(size - len(text)):
            return text + more
        self._ended = True
        return text + END.encode()


def joined(texts: Sequence[bytes]) -> bytes:
    """Texts of one header as one: the first, then the others without their headers, each with its end."""
    if len(texts) == 1 and QUOTE not in texts[0]:
        return texts[0]
    return b"".join(_pieces(texts, len(header(texts[0]))))


def check_no_nul(text: bytes) -> None:
    """NulFound when the text holds one."""
    if _NUL in text:
        raise NulFound([text])


def header(text: bytes) -> bytes:
    """The first line with its end; empty when it is blank, or a quote in it may go on in the next."""
    found = _HEADER.match(text)
    return found[0] if found and found[0].strip(_BLANK) else b""


def check_closed(rows: pa.Table | pa.RecordBatch, first_row: int) -> None:
    """ValueError when a cell of these rows, of which the first has this number, was never closed."""
    for column in rows.columns:
        if pa.types.is_string(column.type):
            at = pc.index(pc.match_substring(column, END), True).as_py()
            if at >= 0:
                raise ValueError(f"Row #{first_row + at}: a quote is opened and never closed")


def _pieces(texts: Sequence[bytes], start: int) -> Iterator[bytes | memoryview]:
    for number, text in enumerate(texts):
        yield memoryview(text)[start if number else 0 :]
        yield END.encode() if QUOTE in text else b"\n"
