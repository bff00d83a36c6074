"""Where a dataset's new rows come from: a prefix of S3 by date, a SQL query, or an HTTP API."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from evergreen.project.block import Block
from evergreen.project.units import Duration, Size

_PARAMETER = re.compile(r"(?<![:\w\\]):(\w+)")  # as SQLAlchemy finds them; \: is a colon
_INCLUSIVE = re.compile(r">=\s*:watermark\b")
_DIRECTIVES = ("Y", "m", "d", "H")  # in the order in which names sort as time does
LOCAL_HOSTS = ("127.0.0.1", "localhost")
SecretName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9/_+=.@-]{1,256}$")]
HeaderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")]
Bucket = Annotated[str, StringConstraints(pattern=r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/(.*[^/]/)?$")]
First = Annotated[
    str | int | float, BeforeValidator(lambda value: value.isoformat() if isinstance(value, date) else value)
]


class Sql(Block):
    """A query over a database whose URL is a secret; `:watermark` is a bound parameter."""

    secret: SecretName | None = None
    url: str | None = None
    query: str
    watermark: str | None = None
    first: First | None = None
    tls: Literal["verify", "require"] = "verify"

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if (self.secret is None) == (self.url is None):
            raise ValueError("name either secret, a secret that holds the database's URL, or url, an SQLite file")
        if self.url is not None and not self.url.startswith("sqlite:///"):
            raise ValueError("url is for SQLite files (sqlite:///data.db); a database with a password needs secret")
        parameters = set(_PARAMETER.findall(self.query))
        if parameters - {"watermark"}:
            other = min(parameters - {"watermark"})
            raise ValueError(f"query: :watermark is the only parameter, and it has :{other}; write \\: for a colon")
        if bool(parameters) != (self.watermark is not None):
            raise ValueError("watermark, the column, and :watermark in the query belong together")
        if self.watermark is not None and self.first is None:
            raise ValueError("first is missing: the watermark before anything was read, such as 2013-01-01")
        if parameters and not _INCLUSIVE.search(self.query):
            raise ValueError(
                "query: compare with >= :watermark; with > a row that comes late with the newest time would be lost "
                "(rows that were read before are recognised and not taken twice)"
            )
        return self


class Page(Block):
    """How an API hands out its rows page by page."""

    by: Literal["number", "offset", "cursor", "link"] = "number"
    parameter: str | None = None
    at: str | None = None
    start: int = Field(default=1, ge=0)
    size: int | None = Field(default=None, ge=1)
    size_parameter: str | None = None

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.by in ("cursor", "link") and self.at is None:
            raise ValueError(f"at is missing: where the answer holds the next {self.by}, such as meta.next")
        if self.by != "link" and self.parameter is None:
            raise ValueError(f"parameter is missing: the query parameter that takes the {self.by}")
        if self.size_parameter is not None and self.size is None:
            raise ValueError("size is missing, which size_parameter sends")
        return self


class Since(Block):
    """The field that says how new a row is, and the parameter that asks for rows from a value on."""

    field: str
    parameter: str
    first: First | None = None


class Http(Block):
    """An API that answers with JSON."""

    url: str
    secret: SecretName | None = None
    header: HeaderName = "Authorization"
    rows: str | None = None
    page: Page | None = None
    watermark: Since | None = None
    max_pages: int = Field(default=10_000, ge=1)
    max_size: Size = 1_000_000_000

    @model_validator(mode="after")
    def _safe(self) -> Self:
        found = urlsplit(self.url)
        if found.username or found.password:
            raise ValueError("url: a password does not belong into a file; put it into a secret and name that")
        if found.scheme != "https" and not (found.scheme == "http" and found.hostname in LOCAL_HOSTS):
            raise ValueError("url must begin with https:// (http:// only for 127.0.0.1 in stage local)")
        return self

    @property
    def is_local(self) -> bool:
        """Whether it is a server of this machine, without TLS."""
        return self.url.startswith("http://")


class Source(Block):
    """One source; `lag` is how late its rows may come."""

    s3: Bucket | None = None
    partition: str | None = None
    sql: Sql | None = None
    http: Http | None = None
    every: Duration = timedelta(days=1)
    lag: Duration = timedelta(minutes=5)

    @model_validator(mode="after")
    def _one(self) -> Self:
        named = [name for name in ("s3", "sql", "http") if getattr(self, name) is not None]
        if len(named) != 1:
            raise ValueError(f"name exactly one of s3, sql and http (named here: {', '.join(named) or 'none'})")
        if (self.s3 is None) != (self.partition is None):
            raise ValueError("s3 and partition belong together: partition is the folder of a date below the prefix")
        if self.partition is not None and not _sorts_as_time(self.partition):
            raise ValueError(
                f"partition: {self.partition!r} must have %Y, then %m, then %d, then %H, so that names sort as time"
            )
        return self

    @property
    def has_watermark(self) -> bool:
        """Whether it gives what is new; otherwise it gives everything each time."""
        if self.sql is not None:
            return self.sql.watermark is not None
        return self.http is None or self.http.watermark is not None

    @property
    def secret(self) -> str | None:
        """The secret that opens it."""
        return (self.sql and self.sql.secret) or (self.http and self.http.secret) or None


def _sorts_as_time(pattern: str) -> bool:
    found = tuple(re.findall(r"%(.)", pattern))
    return len(found) > 0 and found == _DIRECTIVES[: len(found)] and not pattern.startswith("/")
