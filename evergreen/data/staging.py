"""What `data add` brought into the store and no commit has taken yet: a note for each source in the working folder."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from evergreen.data.canonical import canonical, digest, parsed, sha256
from evergreen.data.commits import Content, together
from evergreen.data.compatibility import combined
from evergreen.data.keys import object_key
from evergreen.data.manifest import DataObject, ManifestColumn, Source, StoredFile
from evergreen.data.widening import Side, check_widened
from evergreen.errors import DataRefused, StoreFailed

if TYPE_CHECKING:
    from evergreen.data.ingest import Ingest


class Staging:
    """The additions of one dataset in one store, in order.

    Each is a file `<number>-<source>.json` that appears whole, so several commands may add at once.
    """

    def __init__(self, folder: Path, store: str, dataset: str) -> None:
        self._folder = folder / digest([store, dataset])[:16]
        self._taken: list[Path] = []

    def add(self, content: Content, path: Path) -> None:
        """Note an addition; the same file or folder again takes the place of its earlier one."""
        source = sha256(os.fsencode(os.path.abspath(path)))[:16]  # noqa: PTH100 - a link is another source
        found = self._entries()
        earlier = [entry for entry in found if entry.stem.endswith(f"-{source}")]
        self._check([*_contents([entry for entry in found if entry not in earlier]), content])
        number = int(found[-1].name.partition("-")[0]) + 1 if found else 1
        self._write(self._folder / f"{number:08d}-{source}.json", content)
        _delete(earlier)

    def take(self, ingest: Ingest) -> Content | None:
        """All additions as one, or None."""
        self._taken = self._entries()
        latest = {entry.stem.partition("-")[2]: entry for entry in self._taken}
        contents = _contents(sorted(latest.values()))
        if len(contents) < 2:
            return contents[0] if contents else None
        self._check(contents)
        name = " + ".join(content.source.name for content in contents)
        sources = digest([content.source.sha256 for content in contents])
        whole = together(_apart(ingest, contents), name=name, digest=sources)
        others = Side("the other additions", whole.columns, ())
        for content in contents:
            check_widened(ingest.store, others, Side(content.source.name, content.columns, content.objects))
        return whole

    def clear(self) -> None:
        """Forget the additions that were taken: they are committed."""
        _delete(self._taken)

    def _check(self, contents: Sequence[Content]) -> None:
        """DataRefused for additions that cannot be one version."""
        again = f"or delete {self._folder} and add again"
        if len({bool(content.files) for content in contents}) > 1:
            raise DataRefused(
                f"tables and whole files are added together; commit them to datasets of their own, {again}"
            )
        columns, otherwise = contents[0].columns, f"write its values alike everywhere, {again}"
        for content in contents[1:]:
            said = {"source": content.source.name, "beside": "the additions before it", "otherwise": otherwise}
            columns = tuple(combined(columns, content.columns, **said))
        known: dict[str, str] = {}
        for item in (item for content in contents for item in content.files):
            if known.setdefault(item.path, item.sha256) != item.sha256:
                raise DataRefused(f"{item.path} is added from two places; add the folder that holds both, {again}")

    def _entries(self) -> list[Path]:
        try:
            return sorted(self._folder.glob("[0-9]*-*.json"))
        except OSError as error:
            raise StoreFailed(f"reading {self._folder}: {error.strerror or error}") from error

    def _write(self, entry: Path, content: Content) -> None:
        fresh = entry.with_name(f".{entry.name}.{os.getpid()}")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            fresh.write_bytes(canonical(_document(content)))
            fresh.replace(entry)
        except OSError as error:
            raise StoreFailed(f"writing {entry}: {error.strerror or error}") from error
        finally:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)


def _contents(entries: Sequence[Path]) -> list[Content]:
    """What the notes say; one that is gone was replaced meanwhile by one that the next commit takes."""
    contents = []
    for entry in entries:
        try:
            contents.append(_content(parsed(entry.read_bytes())))
        except FileNotFoundError:
            continue
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise DataRefused(f"{entry}: cannot be read ({error}); delete it and add again") from error
    return contents


def _delete(entries: Sequence[Path]) -> None:
    for entry in entries:
        try:
            entry.unlink(missing_ok=True)
        except OSError as error:
            raise StoreFailed(f"deleting {entry}: {error.strerror or error}") from error


def _apart(ingest: Ingest, contents: Sequence[Content]) -> list[Content]:
    """Rows that were added twice are parts of their own, as those of a folder are: jobs read one object once."""
    copies: Counter[str] = Counter()
    used: set[str] = set()

    def unused(item: DataObject) -> DataObject:
        found = item
        while found.sha256 in used:
            copies[item.sha256] += 1
            found = _copy(ingest, item, copies[item.sha256])
        used.add(found.sha256)
        return found

    return [replace(content, objects=tuple(map(unused, content.objects))) for content in contents]


def _copy(ingest: Ingest, item: DataObject, copy: int) -> DataObject:
    from evergreen.data.parts import Part
    from evergreen.data.tables import from_parquet

    part = Part.of(from_parquet(ingest.store.get(object_key(item.sha256))))
    return ingest.part(part, item.content or part.content, copy)[0]


def _document(content: Content) -> dict[str, object]:
    return {
        "source": content.source.model_dump(),
        "objects": [item.model_dump() for item in content.objects],
        "columns": [column.model_dump() for column in content.columns],
        "files": [item.model_dump() for item in content.files],
        "part_rows": content.part_rows,
        "new_bytes": content.new_bytes,
        "warnings": list(content.warnings),
    }


def _content(document: dict[str, object]) -> Content:
    return Content(
        source=Source.model_validate(document["source"]),
        objects=tuple(DataObject.model_validate(item) for item in document["objects"]),  # type: ignore[attr-defined]
        columns=tuple(ManifestColumn.model_validate(item) for item in document["columns"]),  # type: ignore[attr-defined]
        files=tuple(StoredFile.model_validate(item) for item in document["files"]),  # type: ignore[attr-defined]
        part_rows=document["part_rows"],  # type: ignore[arg-type]
        new_bytes=document["new_bytes"],  # type: ignore[arg-type]
        warnings=tuple(document.get("warnings", ())),  # type: ignore[arg-type]
    )
