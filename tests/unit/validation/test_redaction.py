"""No report shows a person's data whole."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from evergreen.cli.validation_html import page
from evergreen.data.reading import open_rows
from evergreen.data.sources import found_files
from evergreen.data.wanted import Wanted
from evergreen.errors import DataRefused
from evergreen.profiles.build import profile
from evergreen.project.reader import parse_project
from evergreen.validation.files import judge_path
from evergreen.validation.judge import Judge, judge_tables
from evergreen.validation.redaction import Redaction, shape

SECRETS = ["anna.smith@example.org", "+49 30 901820", "Anna Katharina Smith-Schmidt", "D-10117 Berlin"]
RULES = """
project: p
target: y
data:
  dataset: d
  columns:
    y: {type: number}
    who: {type: id, pattern: "^[0-9]+$", length: {max: 3}}
    city: {type: category, allowed: [Bonn]}
  rules: {min_rows: 1, unique: [phone], checks: [{expression: "who == 'x' and city == 'x'"}]}
"""


@pytest.mark.parametrize(
    ("column", "value", "shown"),
    [
        ("carrier", "ZZ", "'ZZ'"),
        ("carrier", "a@b.org", "a@a.aaa"),
        ("carrier", "AB-12345", "AA-99999"),
        ("note", "Zoë 12-b", "Aaa 99-a"),
        ("id", 4711, "9999"),
        ("id", 4711.0, "9999"),
        ("age", 4711, "4711"),
        ("age", -0.5, "-0.5"),
        ("age", 123456789.0, "123456789"),
        ("age", 4.0000001, "4.0000001"),
        ("note", None, "null"),
    ],
)
def test_shows_a_value_as_its_column_allows(column: str, value: object, shown: str) -> None:
    redaction = Redaction(identifiers=frozenset({"id"}), categories=frozenset({"carrier"}))

    assert redaction.shown(column, value) == shown


def test_long_texts_are_cut() -> None:
    assert shape("x" * 30) == "a" * 24 + "… (30 characters)"


def test_neither_json_nor_html_holds_personal_values() -> None:
    project = parse_project(RULES.replace("data:", "data:").replace("columns:", "key: [phone]\n  columns:", 1))
    rows = pa.table({"y": [0, 1, 0, 1], "who": SECRETS, "city": SECRETS, "phone": ["0301"] * 4})

    report = judge_tables(Judge(project), [rows], name="d")

    assert len(report.violations) >= 4
    for shown in (report.to_bytes().decode(), page([report]), "".join(each.sentence for each in report.results)):
        assert not [secret for secret in (*SECRETS, "Smith", "901820", "0301") if secret in shown]


TYPED = """
project: p
target: y
data:
  dataset: d
  columns: {y: {type: number}, card: {type: number}, at: {type: timestamp}, sent: {type: boolean}}
"""


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("0,4711-08,2013-01-01,true", "column card, row 1: 9999-99 is not a number"),
        ("0,471147114711471108,2013-01-01,true", "column card, row 1: 999999999999999999 has more digits than"),
        ("0,1,4711 yesterday,true", "column at, row 1: 9999 aaaaaaaaa is not an ISO 8601 time"),
        ("0,1,2013-01-01,4711", "column sent, row 1: 9999 is not true or false"),
        ("0,1,2013-01-01,true,4711", "cannot be read as CSV: CSV parse error: Row #2: Expected 4 columns, got 5"),
    ],
)
def test_a_refusal_quotes_no_value_and_no_row(tmp_path: Path, rows: str, said: str) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(f"y,card,at,sent\n{rows}\n")

    with pytest.raises(DataRefused) as offline:
        judge_path(Judge(parse_project(TYPED)), path)
    with pytest.raises(DataRefused) as reading:
        open_rows(found_files(path), Wanted.of(parse_project(TYPED)), source="rows.csv")

    for message in (str(offline.value), str(reading.value)):
        assert said in message
        assert "4711" not in message


def test_the_key_of_a_check_is_an_identifier_too() -> None:
    checks = "{column_values_to_be_unique: {column: card}}, {column_values_to_be_between: {column: card, max: 5}}"
    text = f"{{project: p, target: y, data: {{dataset: d, rules: {{checks: [{checks}]}}}}}}"

    report = judge_tables(Judge(parse_project(text)), [pa.table({"y": [0, 1], "card": [4711, 5]})], name="d")

    assert "4711" not in report.to_bytes().decode()


def test_html_is_one_page_that_loads_nothing_and_escapes_what_it_shows() -> None:
    project = parse_project("{project: p, target: y, data: {dataset: d, columns: {y: {type: category, allowed: [a]}}}}")

    shown = page([judge_tables(Judge(project), [pa.table({"y": ["<b>&", "a"]})], name="<script>")])

    assert "<script>" not in shown
    assert "&lt;b&gt;&amp;" in shown
    assert "values_<wbr>to_<wbr>be_<wbr>in_<wbr>set<br>" in shown
    assert "http" not in shown.replace("https://", "http")


def test_control_characters_are_escaped_in_shapes() -> None:
    assert shape("\x1b[5Ax\r\u2028") == "\\x1b[9Aa\\ra"


def test_figures_that_are_an_identifiers_value_are_shown_as_their_shape() -> None:
    checks = ", ".join(
        f"{{column_{each}_to_be_between: {{column: card, max: 5}}}}" for each in ("min", "max", "median", "mean")
    )
    columns = "{y: {type: number}, card: {type: id}}"
    text = f"{{project: p, target: y, data: {{dataset: d, columns: {columns}, rules: {{checks: [{checks}]}}}}}}"
    rows = pa.table({"y": [0, 1, 1], "card": [411, 412, 413]})

    report = judge_tables(Judge(parse_project(text)), [rows], name="d")

    found = [each.finding.observed for each in report.results if each.declared.startswith("data.rules.checks")]
    assert found == ["999", "999", "999", "999"]


def test_of_values_that_occur_again_a_profile_names_none() -> None:
    text = "{project: p, target: y, data: {dataset: d, rules: {checks: [{column_values_to_be_unique: {column: s}}]}}}"
    rows = pa.table({"y": [0, 1, 1], "s": ["secret", "secret", "b"]})

    report = Judge(parse_project(text)).on_profile(profile(rows), name="d")

    assert "secret" not in report.to_bytes().decode()
    assert "aaaaaa" not in report.to_bytes().decode()
