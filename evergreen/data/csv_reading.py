"""CSV as tables. A column's type is one that holds all its values, whatever the first rows suggest.

Declared categories and ids stay as they are written (`007`); `NA`, `null` and empty fields are missing values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import chain, groupby
from operator import itemgetter

import pyarrow as pa
import pyarrow.csv as pa_csv

from evergreen.data.csv_columns import MANY_LINES, Types, is_read_as_text, options, texts_of
from evergreen.data.csv_streaming import streamed
from evergreen.data.csv_text import QUOTE, check_closed, check_no_nul, header, joined
from evergreen.data.exact import check_spelled, rounded
from evergreen.data.hashing import content
from evergreen.data.pieces import KEPT, Kept, Streamed, check_not_empty, groups, refused
from evergreen.data.sources import SourceFile
from evergreen.data.wanted import Wanted, check_names
from evergreen.errors import DataRefused
from evergreen.profiles.files import looks_like

_STRETCH = 8 << 20  # bytes of small files that are parsed as one text
_WORKERS = 2
_Texts = list[tuple[SourceFile, bytes]]
Read = Callable[[SourceFile], bytes]


def csv_pieces(files: Sequence[SourceFile], wanted: Wanted, read: Read = content) -> Iterator[Kept | Streamed]:
    """The files in order: small ones, each `read` once, parsed together, large ones streamed."""
    for file in files:
        check_not_empty(file)
    for group in groups(files):
        packed = any(file.name.lower().endswith(".gz") for file in group)
        if len(group) == 1 and (packed or group[0].size > KEPT):
            yield streamed(group[0], wanted)
        elif packed:
            yield from (streamed(file, wanted) for file in group)
        else:
            yield from _small(group, wanted, read)


def _small(group: list[SourceFile], wanted: Wanted, read: Read) -> Iterator[Kept]:
    """Files of one header are parsed as few texts; when that fails, one by one, so that the bad one is named."""
    with ThreadPoolExecutor(_WORKERS) as pool:
        stretches = [
            (opening, stretch, pool.submit(_parsed, stretch, wanted)) for opening, stretch in _stretches(group, read)
        ]
        for _, same in groupby(stretches, itemgetter(0)):
            texts, running = zip(*((stretch, piece) for _, stretch, piece in same), strict=True)
            yield from _together(list(chain.from_iterable(texts)), running, wanted)


def _together(files: _Texts, running: Sequence[Future[Kept]], wanted: Wanted) -> Iterator[Kept]:
    """In stretches side by side, and as one text where stretches alone suggest different types."""
    try:
        kept = [piece.result() for piece in running]
        same = all(piece.schema.equals(kept[0].schema) for piece in kept)
        yield from kept if same else [_parsed(files, wanted)]
    except (pa.ArrowException, ValueError, DataRefused):
        if len(files) == 1:
            raise
        yield from (_parsed([each], wanted) for each in files)


def _stretches(group: list[SourceFile], read: Read) -> Iterator[tuple[object, _Texts]]:
    """Neighbours of one header, which comes with them; a file without one is alone."""
    stretch: _Texts = []
    size, before = 0, b""
    for file in group:
        text = read(file)
        found = header(text)
        if stretch and (size > _STRETCH or found != before or not found):
            yield before or stretch[0][0], stretch
            stretch, size = [], 0
        before = found
        stretch.append((file, text))
        size += len(text)
    yield before or stretch[0][0], stretch


def _parsed(files: _Texts, wanted: Wanted) -> Kept:
    file = files[0][0]
    texts = [text for _, text in files]
    try:
        table = _whole(texts, texts_of(wanted))
        # Bytes that are no UTF-8, times of day: asking for text names the row.
        again = [field.name for field in table.schema if is_read_as_text(field.type)]
        if again:
            table = _whole(texts, texts_of(wanted) | dict.fromkeys(again, pa.string()))
        _check(table.schema, table.num_rows, wanted, file)
    except (pa.ArrowException, ValueError) as error:
        raise refused(file, "CSV", error) from error
    if long := rounded(table, wanted.kinds):
        check_spelled(_whole(texts, dict.fromkeys(long, pa.string()), long), source=file.name)
    stored = wanted.stored(table, source=file.name)
    size = sum(map(len, texts))
    return Kept(file.name, stored, size, partial(_parsed_again, [file for file, _ in files], wanted))


def _whole(texts: Sequence[bytes], types: Types, columns: list[str] | None = None) -> pa.Table:
    text = joined(texts)
    check_no_nul(text)
    table = pa_csv.read_csv(
        pa.BufferReader(text),
        read_options=pa_csv.ReadOptions(block_size=max(len(text), 1 << 16), use_threads=False),
        parse_options=MANY_LINES,
        convert_options=options(types, columns),
    )
    if QUOTE in text:
        check_closed(table, first_row=2)
    return table


def _parsed_again(files: list[SourceFile], wanted: Wanted) -> Iterator[pa.Table]:
    yield from _parsed([(file, content(file)) for file in files], wanted).tables()


def _check(schema: pa.Schema, rows: int, wanted: Wanted, file: SourceFile) -> None:
    check_names(schema.names, file.name)
    if rows == 0:
        raise DataRefused(f"{file.name}: the file has no rows")
    wanted.check_columns(schema.names, file.name)
    if looks_like(file.path) == "Parquet":
        raise DataRefused(f"{file.name}: its content is Parquet; rename it")
