"""What the readers of data files share: the format by the file's ending, errors that name the file and the place."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Literal, cast

import pyarrow as pa

from evergreen.errors import DataRefused
from evergreen.profiles.chunks import LARGE, ROWS

Format = Literal["parquet", "csv", "json"]
Types = Mapping[str, pa.DataType]
FileReader = Callable[[Path, Sequence[str] | None, Types], Iterator[pa.RecordBatch]]

_GZIP = "a gzip archive"
_OPENINGS = {
    b"PAR1": "Parquet",
    b"\x1f\x8b": _GZIP,
    b"PK\x03\x04": "a zip archive (or a spreadsheet)",
    b"\xff\xfe": "UTF-16, and should be UTF-8",
    b"\xfe\xff": "UTF-16, and should be UTF-8",
}
_NOT_TEXT = "invalid UTF8"  # in what arrow says of bytes that are no text,
_NO_ROWS = "Empty CSV file"  # and of a header without an end
_TEXT = 1 << 10
_PLAIN = "text"
_QUOTED_ROW = re.compile(r"(Expected \d+ columns, got \d+): .*")
_ENDINGS: dict[str, Format] = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".csv": "csv",
    ".csv.gz": "csv",
    ".jsonl": "json",
    ".ndjson": "json",
    ".jsonl.gz": "json",
    ".ndjson.gz": "json",
}


class Misfit(Exception):
    """A later value does not fit the type that the first block gave its column; `wider` does."""

    def __init__(self, column: str, wider: pa.DataType) -> None:
        self.column, self.wider = column, wider
        super().__init__(f"{column} needs {wider}")


def format_of(path: Path) -> Format:
    """The format that a readable file's name says."""
    if path.is_dir():
        raise DataRefused(f"{path}: is a folder; name the files in it")
    if not path.is_file():
        raise DataRefused(f"{path}: there is no such file")
    found = next((kind for ending, kind in _ENDINGS.items() if path.name.lower().endswith(ending)), None)
    if found is None:
        raise DataRefused(f"{path.name}: is not a data file; known endings: {', '.join(_ENDINGS)}")
    if path.stat().st_size == 0:
        raise DataRefused(f"{path.name}: the file is empty")
    return found


def first_line(error: Exception) -> str:
    """What a reader says, without the row that arrow quotes.

    >>> first_line(ValueError("Row #3: Expected 2 columns, got 3: 4711,Anna,Smith"))
    'Row #3: Expected 2 columns, got 3'
    """
    if isinstance(error, UnicodeDecodeError):  # arrow decodes only names for Python
        return "the name of a column is not UTF-8 text; save the file as UTF-8"
    line = (str(error).splitlines() or [type(error).__name__])[0]
    return _QUOTED_ROW.sub(r"\1", line)


def looks_like(path: Path) -> str | None:
    """What the first bytes of a file are, where they tell."""
    try:
        with path.open("rb") as file:
            opening = file.read(_TEXT)
    except OSError:
        return None
    for magic, kind in _OPENINGS.items():
        if opening.startswith(magic):
            return kind
    return _PLAIN if opening and all(byte >= 32 or byte in b"\t\r\n" for byte in opening) else None


def hint(path: Path, kind: str) -> str:
    """What a file that cannot be read as `kind` is instead, to stand behind the reason; empty where nothing tells."""
    found = looks_like(path)
    expected = "Parquet" if kind == "Parquet" else _GZIP if path.name.lower().endswith(".gz") else _PLAIN
    return f"; its content is {found}" if found and found != expected else ""


def refusal(path: Path, kind: str, error: Exception, *, name: str, place: str = "") -> DataRefused:
    """What a reader says of a file of this name, without folders, and what its first bytes say it is instead."""
    if _NOT_TEXT in str(error):
        return not_text(path, kind, name=name)
    if _NO_ROWS in str(error):
        return DataRefused(f"{name}: the file has no rows{hint(path, kind)}")
    reason = first_line(error).replace(str(path), name)
    where = f"{name}, {place}" if place else name
    return DataRefused(f"{where}: cannot be read as {kind}: {reason}{hint(path, kind)}")


def not_text(path: Path, kind: str, *, name: str) -> DataRefused:
    """Which line of a text file of this name is not UTF-8."""
    with unpacked(path) as lines:
        for number, line in enumerate(lines, start=1):
            try:
                line.decode()
            except UnicodeDecodeError as error:
                return DataRefused(
                    f"{name}, line {number:,}: byte {error.start + 1} of the line is not UTF-8{hint(path, kind)}"
                )
    return DataRefused(f"{name}: is not UTF-8{hint(path, kind)}")


def unpacked(path: Path) -> IO[bytes]:
    """A text file, unpacked where its name says that it is packed."""
    return cast(IO[bytes], gzip.open(path)) if path.name.lower().endswith(".gz") else path.open("rb")


@contextmanager
def refusing(path: Path, kind: str, place: str = "") -> Iterator[None]:
    """Turn a reader's error into DataRefused with the file and the place."""
    try:
        yield
    except (pa.ArrowException, OSError, ValueError, EOFError) as error:
        raise refusal(path, kind, error, name=path.name, place=place) from error


def together(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Small batches of one schema as batches of about half a chunk's rows, or as large as a chunk, no empty ones."""
    waiting: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        waiting.append(batch)
        rows, size = rows + batch.num_rows, size + batch.nbytes
        if rows >= ROWS // 2 or size >= LARGE:
            yield from _joined(waiting)
            waiting, rows, size = [], 0, 0
    yield from _joined(waiting)


def _joined(batches: Sequence[pa.RecordBatch]) -> list[pa.RecordBatch]:
    found: list[pa.RecordBatch] = pa.Table.from_batches(batches).combine_chunks().to_batches() if batches else []
    return [batch for batch in found if batch.num_rows]


def check_known(names: Sequence[str], columns: Sequence[str] | None, path: Path) -> None:
    """Refuse a wish for columns that the file has not."""
    strangers = [name for name in columns or () if name not in names]
    if strangers:
        raise DataRefused(f"{path.name}: has no column {', '.join(strangers)}; it has {', '.join(names)}")
