"""Files to commit: which ones a path stands for, and whether they are tables."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from evergreen.data.canonical import digest
from evergreen.data.manifest import Source
from evergreen.data.stat_cache import Signature, signature
from evergreen.errors import DataRefused

CSV = (".csv", ".csv.gz")
JSON_LINES = (".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz")
PARQUET = (".parquet", ".pq")
TABLES = (*CSV, *JSON_LINES, *PARQUET)
MOST_FILES = 50_000  # a manifest lists every file that is no table
_NAMED = 3  # files of those that are left out
SEEN = "_seen.json"  # beside the rows of a fetched batch: which of them the next reading knows again
_MARKERS = ("_SUCCESS", "_metadata", "_common_metadata", SEEN)

Progress = Callable[[str, int, int], None]  # what is being done, how much of it is, how much there is


def silent(_doing: str, _done: int, _of: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class SourceFile:
    """One file below the committed path."""

    place: str  # its path: folders have many files, and path objects take as long as reading them
    name: str
    state: Signature  # when it was found

    @property
    def path(self) -> Path:
        """Where it is."""
        return Path(self.place)

    @property
    def size(self) -> int:
        """Its bytes."""
        return self.state[0]

    @property
    def is_table(self) -> bool:
        """Whether its ending says that it holds rows."""
        return self.name.lower().endswith(TABLES)

    def check_unchanged(self) -> None:
        """DataRefused when it is not the file that was found: what was hashed and what was read may differ."""
        try:
            same = signature(os.stat(self.place)) == self.state  # noqa: PTH116 - ten times as fast
        except OSError:
            same = False
        if not same:
            raise DataRefused(f"{self.name}: changed while it was read; commit it again")


def table_ending(name: str) -> str:
    """The ending that says how a file's rows are written; empty when it holds none."""
    return next((ending for ending in TABLES if name.lower().endswith(ending)), "")


def found_files(path: Path, passed_over: list[str] | None = None) -> list[SourceFile]:
    """The file, or the files below the folder, by name; hidden ones and names that begin with `_` are left out.

    The latter are added to `passed_over`, but for the markers that tools write.
    """
    if path.is_file():
        _check_name(path.name)
        return [SourceFile(str(path), path.name, signature(path.stat()))]
    if not path.is_dir():
        raise DataRefused(f"{path}: there is no such file")
    found = []
    _check_name(_name(path))
    try:
        for file in files_below(path, [] if passed_over is None else passed_over):
            _check_name(file.name)
            found.append(file)
            if len(found) > MOST_FILES:
                raise DataRefused(
                    f"{_name(path)}: the folder holds more than {MOST_FILES:,} files, {file.name} is the first beyond; "
                    "commit its parts one by one, or write the rows into fewer files"
                )
    except OSError as error:
        raise DataRefused(f"{error.filename or path}: {error.strerror}") from error
    if not found:
        raise DataRefused(f"{_name(path)}: the directory holds no CSV or Parquet file, and no other")
    return sorted(found, key=lambda file: file.name)


def left_out(others: Sequence[str], passed_over: Sequence[str]) -> tuple[str, ...]:
    """A sentence for each reason why files of a folder are not committed."""
    reasons = {
        "a folder with tables is committed as their rows, --files stores every file as it is": others,
        "a name that begins with _ is no data, rename what is": passed_over,
    }
    return tuple(
        f"left out: {', '.join(names[:_NAMED])}{f' and {len(names) - _NAMED:,} more' if names[_NAMED:] else ''} ({why})"
        for why, names in reasons.items()
        if names
    )


def is_passed_over(name: str) -> bool:
    """Whether whoever commits the folder has to know that this file or folder in it is left out."""
    return name.startswith("_") and name not in _MARKERS


def _check_name(name: str) -> None:
    """DataRefused for a name that no manifest can hold."""
    try:
        name.encode()
    except UnicodeEncodeError as error:
        shown = os.fsencode(name).decode(errors="backslashreplace")
        raise DataRefused(f"{shown}: the file's name is not UTF-8 text; rename it") from error


def source_of(path: Path, files: Sequence[SourceFile], found: Sequence[str]) -> Source:
    """What is said about where a version came from."""
    if path.is_file():
        return Source(name=source_name(path), sha256=found[0])
    pairs = [[file.name, sha] for file, sha in zip(files, found, strict=True)]
    return Source(name=source_name(path), sha256=digest(pairs))


def source_name(path: Path) -> str:
    """What a version calls the file or the folder that it came from."""
    return path.name if path.is_file() else _name(path)


def _name(folder: Path) -> str:
    """What `.` and `..` are called, too."""
    return folder.name if folder.name not in ("", "..") else folder.resolve().name or str(folder.resolve())


def files_below(folder: Path, passed_over: list[str] | None = None) -> Iterator[SourceFile]:
    """The visible files of a folder and of those below it, in no order.

    Who has to know all that is there gives a list of what is `passed_over`; DataRefused names what cannot be read then.
    """
    pending, start = [str(folder)], len(os.path.join(folder, ""))  # noqa: PTH118 - of `.`, too, whose entries begin `./`
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in entries:
                if entry.name.startswith((".", "_")):
                    if passed_over is not None and is_passed_over(entry.name):
                        passed_over.append(entry.path[start:])
                    continue
                if entry.is_dir():
                    pending.append(entry.path)
                elif entry.is_file():
                    name = entry.path[start:].replace(os.sep, "/")
                    yield SourceFile(entry.path, name, signature(entry.stat()))
                elif passed_over is not None:
                    what = "is a link to a file that is not there" if entry.is_symlink() else "is no plain file"
                    raise DataRefused(f"{entry.path}: {what}; remove it, or commit another folder")
