"""What `data add` brought into the store and no commit has taken yet: a note in the working folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from evergreen.data.canonical import canonical, digest
from evergreen.data.commits import Content, together
from evergreen.data.manifest import DataObject, ManifestColumn, Source, StoredFile
from evergreen.errors import DataRefused, StoreFailed

_FORMAT = 1


class Staging:
    """The additions of one dataset in one store, in order."""

    def __init__(self, path: Path, store: str, dataset: str) -> None:
        self._path = path
        self._place = f"{store} {dataset}"

    def add(self, content: Content) -> None:
        """Note an addition; the same source again takes the place of its earlier one."""
        kept = [other for other in self.contents() if other.source.name != content.source.name]
        self._write([*kept, content])

    def contents(self) -> list[Content]:
        """Everything added since the last commit."""
        return [_content(item) for item in self._read().get(self._place, [])]

    def take(self) -> Content | None:
        """All additions as one, or None."""
        contents = self.contents()
        if len(contents) < 2:
            return contents[0] if contents else None
        if len({bool(content.files) for content in contents}) > 1:
            raise DataRefused("tables and whole files are added together; commit them to datasets of their own")
        name = " + ".join(content.source.name for content in contents)
        return together(contents, name=name, digest=digest([content.source.sha256 for content in contents]))

    def clear(self) -> None:
        """Forget the additions: they are committed."""
        self._write([])

    def _read(self) -> dict[str, list[dict[str, object]]]:
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise DataRefused(f"{self._path}: cannot be read ({error}); delete it and add again") from error
        kept: dict[str, list[dict[str, object]]] = found["added"] if found.get("format") == _FORMAT else {}
        return kept

    def _write(self, contents: Sequence[Content]) -> None:
        added = self._read() | {self._place: [_document(content) for content in contents]}
        added = {place: found for place, found in added.items() if found}
        fresh = self._path.with_name(f"{self._path.name}.new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_bytes(canonical({"format": _FORMAT, "added": added}))
            fresh.replace(self._path)
        except OSError as error:
            raise StoreFailed(f"writing {self._path}: {error.strerror or error}") from error


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
