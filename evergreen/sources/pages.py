"""Walking through an API's pages: which request comes next, and when something cannot be true."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any
from urllib.parse import urljoin, urlsplit

from evergreen.errors import SourceFailed
from evergreen.project.source import Http
from evergreen.sources.rows import unbroken

Json = Any


@dataclass(frozen=True)
class Request:
    """One request for a page."""

    url: str
    parameters: Mapping[str, str]


@dataclass(frozen=True)
class Answered:
    """One page: its rows, and the request for the next one, or None at the end."""

    rows: list[dict[str, Json]]
    following: Request | None


class PageWalk:
    """The pages of one reading, in order."""

    def __init__(self, source: Http, since: str | None) -> None:
        self._source = source
        self._page = source.page
        parameters: dict[str, str] = {}
        if source.watermark is not None and since is not None:
            parameters[source.watermark.parameter] = since
        if self._page is not None and self._page.size_parameter is not None:
            parameters[self._page.size_parameter] = str(self._page.size)
        self._at = 0
        if self._page is not None and self._page.by in ("number", "offset"):
            self._at = self._page.start if self._page.by == "number" else 0
            parameters[str(self._page.parameter)] = str(self._at)
        self.first = Request(source.url, parameters)
        self._asked = {_said(self.first)}
        self._seen: set[str] = set()
        self.pages = 0

    def answered(self, request: Request, document: Json) -> Answered:
        """Take a page; SourceFailed when it repeats another, or the walk does not end."""
        self.pages += 1
        rows = self._rows(document)
        following = self._following(request, document, rows)
        if rows and self._page is not None:
            content = _hash(rows)
            if content in self._seen:
                raise SourceFailed(f"{self._where}: repeats the rows of an earlier page; check data.source.http.page")
            self._seen.add(content)
        if following is not None:
            if self.pages >= self._source.max_pages:
                raise SourceFailed(
                    f"{self._where}: still not the last; raise data.source.http.max_pages if it is right"
                )
            if _said(following) in self._asked:
                raise SourceFailed(f"{self._where}: leads back to a page that was read; the walk would never end")
            self._asked.add(_said(following))
        return Answered(rows, following)

    @property
    def _where(self) -> str:
        return f"{self._source.url}: page {self.pages:,}"

    def _rows(self, document: Json) -> list[dict[str, Json]]:
        found = document if self._source.rows is None else _at(document, self._source.rows)
        place = self._source.rows or "the answer"
        if not isinstance(found, list):
            raise SourceFailed(f"{self._where}: {place} is no list of rows; data.source.http.rows says where they are")
        for number, row in enumerate(found, start=1):
            if not isinstance(row, dict):
                raise SourceFailed(f"{self._where}, row {number:,}: is no object with named values")
        return found

    def _following(self, request: Request, document: Json, rows: list[dict[str, Json]]) -> Request | None:
        page = self._page
        if page is None:
            return None
        if page.by in ("number", "offset"):
            if not rows:  # not a short page: an API may give fewer rows than it is asked for
                return None
            self._at += 1 if page.by == "number" else len(rows)
            return replace(request, parameters={**request.parameters, str(page.parameter): str(self._at)})
        found = _at(document, str(page.at))
        if found in (None, "", False):
            return None
        following = unbroken(str(found), where=f"{self._where}, {page.at}")
        if page.by == "link":
            return Request(self._same_place(following), {})
        return replace(request, parameters={**request.parameters, str(page.parameter): following})

    def _same_place(self, link: str) -> str:
        """The token goes with every request, so a link must not lead anywhere else."""
        here = urlsplit(self._source.url)
        try:
            target = urljoin(self._source.url, link)
            there = urlsplit(target)
        except ValueError:
            raise SourceFailed(f"{self._where}: links to {link!r}, which is no address") from None
        if (here.scheme, here.netloc) != (there.scheme, there.netloc):
            raise SourceFailed(f"{self._where}: links to {there.scheme}://{there.netloc}, which is another place")
        return target


def _at(document: Json, path: str) -> Json:
    for name in path.split("."):
        document = document.get(name) if isinstance(document, dict) else None
    return document


def _said(request: Request) -> str:
    return _hash([request.url, dict(request.parameters)])


def _hash(value: Json) -> str:
    """Of whatever JSON can say, what no row may hold included: the row that holds it is named later."""
    return sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
