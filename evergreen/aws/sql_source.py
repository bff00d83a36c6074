"""Rows of a query through SQLAlchemy: read-only, streamed, the watermark bound as a parameter."""

from __future__ import annotations

import json
import logging
import re
import ssl
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Engine, NullPool, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from evergreen.aws.secrets import secret_text
from evergreen.errors import SourceFailed
from evergreen.project.source import LOCAL_HOSTS, Sql
from evergreen.sources.values import Value

_ROWS_AT_ONCE = 5_000
_TIMEOUT_SECONDS = 600  # until the first row of a query that sorts; the system gives up a silent host much sooner
_CAST = re.compile(r":watermark::")  # PostgreSQL's cast, for which SQLAlchemy does not see the parameter
_NOWHERE = logging.NullHandler()  # after an error that is told, SQLAlchemy prints those of tidying up
_POSTGRES = ("postgres", "postgresql", "postgresql+pg8000", "aurora-postgresql")


def sql_rows(source: Sql, since: Value | None) -> Iterator[Mapping[str, Any]]:
    """The rows of the query, from `since` on."""
    engine, name = _engine(source)
    asked = since if since is not None else source.first
    bound = {"watermark": asked} if source.watermark is not None else {}
    options = {"stream_results": True, "yield_per": _ROWS_AT_ONCE}
    if name.startswith("PostgreSQL"):
        options["postgresql_readonly"] = True
    try:
        with engine.connect().execution_options(**options) as connection:
            found = connection.execute(text(_CAST.sub("(:watermark)::", source.query)), bound)
            _check_names(list(found.keys()), name)
            yield from (dict(row) for row in found.mappings())
    except (SQLAlchemyError, OSError, ValueError) as error:
        raise SourceFailed(f"{name}: {_reason(error)}") from None  # its text holds the query and its parameters


def _engine(source: Sql) -> tuple[Engine, str]:
    """The database, and its name without what opens it."""
    logging.getLogger("sqlalchemy").addHandler(_NOWHERE)
    if source.url is not None:
        path = source.url.removeprefix("sqlite:///")
        url = URL.create("sqlite", database=f"file:{quote(path)}", query={"mode": "ro", "uri": "true"})
        return create_engine(url, poolclass=NullPool), f"SQLite {path}"
    plain, arguments = postgres(source)
    return create_engine(plain, connect_args=arguments, poolclass=NullPool), f"PostgreSQL {plain.database}"


def postgres(source: Sql) -> tuple[URL, dict[str, Any]]:
    """Where the secret leads to, and how to connect: by TLS, unless it is this machine."""
    name = f"the secret {source.secret}"
    url, authority = _opened(secret_text(str(source.secret)), name=name)
    if url.drivername not in _POSTGRES:
        raise SourceFailed(f"{name}: {url.drivername} is not supported; use a PostgreSQL database")
    socket = str(url.query.get("host", ""))
    is_socket = socket.startswith("/")
    missing = [what for what, found in (("host", url.host or is_socket), ("database", url.database)) if not found]
    if missing:
        raise SourceFailed(f"{name} names no {' and no '.join(missing)}")
    arguments: dict[str, Any] = {"timeout": _TIMEOUT_SECONDS, "password": url.password or ""}
    if is_socket:
        arguments["unix_sock"] = f"{socket}/.s.PGSQL.{url.query.get('port', url.port or 5432)}"
    elif url.host not in LOCAL_HOSTS:
        arguments["ssl_context"] = _trusting(authority, name) if source.tls == "verify" else True
    return url.set(drivername="postgresql+pg8000").difference_update_query(list(url.query)), arguments


def _trusting(authority: str | None, name: str) -> ssl.SSLContext:
    """What checks the server's certificate: by the given authority, or by those that this system trusts."""
    try:
        return ssl.create_default_context(cadata=authority)
    except (ssl.SSLError, TypeError):
        raise SourceFailed(
            f"{name}: its ca is no certificate; it holds the text itself, from -----BEGIN CERTIFICATE----- on"
        ) from None


def _opened(secret: str, *, name: str) -> tuple[URL, str | None]:
    """The URL of a secret, and the authority that its server's certificate is checked with."""
    try:
        if not secret.startswith("{"):
            return make_url(secret), None
        known = json.loads(secret)
        url = URL.create(
            str(known["engine"]),
            username=known.get("username"),
            password=known.get("password"),
            host=known.get("host"),
            port=int(known["port"]) if known.get("port") else None,
            database=known.get("dbname") or known.get("database"),
        )
        return url, known.get("ca")
    except (ArgumentError, ValueError, KeyError, TypeError, AttributeError):
        raise SourceFailed(
            f"{name} is neither a database URL (postgresql://user:password@host/name) nor the JSON "
            "that RDS writes (engine, host, port, username, password, dbname)"
        ) from None  # the cause quotes the secret


def _check_names(names: list[str], where: str) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise SourceFailed(f"{where}: the query has more than one column {', '.join(repeated)}; rename one with `as`")


def _reason(error: Exception) -> str:
    """The database's own sentence, without the statement that SQLAlchemy adds."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"its certificate is refused: {error.verify_message.rstrip('.')}; the secret's JSON names the host as the "
            "certificate does, and holds its authority's certificate as ca where no public one signed it"
        )
    if isinstance(error, OSError):
        return f"the connection fails ({getattr(error, 'reason', None) or type(error).__name__})"
    if isinstance(error, ValueError):
        return "holds a value that cannot be read; cast its column to text in the query"
    original = getattr(error, "orig", None)
    if original is None:
        return type(error).__name__
    said = original.args[0] if original.args else type(original).__name__
    return str(said.get("M", type(original).__name__) if isinstance(said, dict) else said).splitlines()[0]
