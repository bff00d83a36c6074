"""`data.source` in the project file: what is declared must be safe, complete and possible."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from evergreen.errors import ProjectError
from evergreen.project import Project
from evergreen.project.reader import parse_project
from evergreen.project.source import Sql
from evergreen.sources.batch import source_identity

SMALL = "project: shop\ntarget: sold\ndata: {dataset: orders, new_files: %s, source: %s}\n"
SQL = (
    "{sql: {secret: db, query: 'select * from o where at >= :watermark order by at', watermark: at, first: 2013-01-01}}"
)
HTTP = "{http: {url: https://api.example/orders%s}}"


def problem(source: str, *, mode: str = "append", stage: str = "prod") -> str:
    with pytest.raises(ProjectError) as caught:
        parse_project(SMALL % (mode, source), stage=stage)
    return str(caught.value)


def declared(source: str, *, mode: str = "append") -> Project:
    return parse_project(SMALL % (mode, source), stage="prod")


def test_each_kind_is_declared_in_a_few_words() -> None:
    found = [
        declared("{s3: 's3://lake/raw/', partition: 'day=%Y-%m-%d', every: 1h}"),
        declared(SQL),
        declared(HTTP % ", watermark: {field: at, parameter: since}"),
    ]

    assert [project.data.source and project.data.source.every for project in found] == [
        timedelta(hours=1),
        timedelta(days=1),
        timedelta(days=1),
    ]
    for project in found:
        assert Project.model_validate_json(project.model_dump_json(by_alias=True)) == project


def test_a_colon_is_a_parameter_where_the_database_would_be_asked_for_one() -> None:
    query = "select b[1:n], '10:30' at from o where c = '{\\:x}' and at >= :watermark::date order by at"

    assert Sql(secret="db", query=query, watermark="at", first="2013-01-01").query == query


def test_a_date_without_quotes_is_a_first_watermark() -> None:
    source = declared(SQL).data.source

    assert source is not None
    assert source.sql is not None
    assert source.sql.first == "2013-01-01"


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("{}", "name exactly one of s3, sql and http"),
        ("{s3: 's3://lake/'}", "s3 and partition belong together"),
        ("{s3: 's3://lake/raw', partition: '%Y'}", "data.source.s3: is 's3://lake/raw'"),
        ("{s3: 's3://lake/', partition: '%d-%m-%Y'}", "so that names sort as time"),
        ("{s3: 's3://lake/', partition: 'all'}", "so that names sort as time"),
        ("{sql: {query: select 1}}", "name either secret"),
        ("{sql: {url: 'postgresql://u:hidden@h/d', query: select 1}}", "needs secret"),
        (SQL.replace(">=", ">"), "compare with >= :watermark"),
        (SQL.replace(", first: 2013-01-01", ""), "first is missing"),
        (SQL.replace(", watermark: at", ""), "belong together"),
        (SQL.replace("order by", "and a = :other order by"), ":watermark is the only parameter, and it has :other"),
        (SQL.replace("order by", "and a = '':1'' order by"), ":watermark is the only parameter, and it has :1; write"),
        (SQL.replace("}}", "}, every: 90s}"), "data.source.every: EventBridge Scheduler counts in whole minutes"),
        ("{sql: {secret: db, query: select 1}}", "name its watermark, or set data.new_files: replace"),
        ("{sql: {url: 'sqlite:///a.db', query: select 1}}", "data.source.sql.url: an SQLite file is on this machine"),
        ("{http: {url: 'http://api.example/'}}", "must begin with https://"),
        ("{http: {url: 'https://u:hidden@api.example/'}}", "a password does not belong into a file"),
        ("{http: {url: 'http://127.0.0.1:80/'}}", "other stages than local need https://"),
        (HTTP % ", page: {by: cursor, parameter: c}", "at is missing"),
        (HTTP % ", page: {by: number}", "parameter is missing"),
        (HTTP % ", page: {parameter: p, size_parameter: s}", "size is missing"),
        (HTTP % ", header: 'X Key:'", "data.source.http.header"),
        (HTTP % ", pages: {}", "did you mean page?"),
    ],
)
def test_what_cannot_work_is_refused_where_it_is_written(source: str, sentence: str) -> None:
    found = problem(source)

    assert sentence in found
    assert "hidden" not in found


def test_what_gives_only_news_does_not_replace() -> None:
    assert "would drop all else; use append" in problem(SQL, mode="replace")


def test_another_query_is_another_source_and_another_pace_is_not() -> None:
    def identity(source: str) -> str:
        data: Any = declared(source).data
        return source_identity(data)

    assert identity(SQL) == identity(SQL.replace("}}", "}, every: 2h, lag: 1h}"))
    assert identity(SQL) == identity(SQL.replace("first:", "tls: require, first:"))
    assert identity(SQL) != identity(SQL.replace("select *", "select id"))


def test_an_api_that_is_read_another_way_is_the_same_source() -> None:
    since = ", watermark: {field: at, parameter: since}"

    def identity(more: str) -> str:
        return source_identity(declared(HTTP % (since + more)).data)

    limits = ", max_size: 2GB, max_pages: 20000, secret: token, header: X-API-Key"
    assert identity("") == identity(limits) == identity(", page: {parameter: page, size: 500, size_parameter: limit}")
    assert identity("") != identity(", rows: data.items")
