"""Rules where data enters: refused rows commit nothing, warnings stay with the version."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from evergreen.cli.data import app
from evergreen.data.commits import CommitResult, Content, Incoming
from evergreen.data.directory import Directory
from evergreen.data.manifest import NewFiles
from evergreen.data.stat_cache import StatCache
from evergreen.data.versions import Versions
from evergreen.data.wanted import Wanted
from evergreen.errors import CommitConflict, RulesBroken
from evergreen.project.reader import parse_project
from evergreen.times import instant
from evergreen.validation.judge import Judge

PROJECT = """
project: p
target: y
data:
  dataset: d
  time: t
  new_files: append
  columns: {y: {type: number}, id: {type: id}, x: {type: number, max: 100}, t: {type: timestamp}}
  rules: {min_rows: 500, unique: [id]%s}
"""
AS_OF = "2013-02-01T00:00:00Z"


def rows(first: int = 0, count: int = 300, **columns: list[Any]) -> pa.Table:
    found = {
        "y": [0, 1] * (count // 2),
        "id": list(range(first, first + count)),
        "x": [float(at % 90) for at in range(count)],
        "t": [instant("2013-01-31")] * count,
    }
    return pa.table(found | columns)


class Place:
    """A directory store, and a project whose rules end as given."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.versions = Versions(Directory(folder / "store"), profiles=False)

    def commit(
        self, table: pa.Table, *, rules: str = "", as_of: str = AS_OF, mode: NewFiles = "append"
    ) -> CommitResult:
        project = parse_project(PROJECT % rules)
        path = self.folder / "rows.parquet"
        pq.write_table(table, path)
        content = self.versions.prepare(
            "d", path, Wanted.of(project), mode=mode, cache=StatCache(self.folder / "hashes.json"),
            judge=Judge(project, instant(as_of)),
        )  # fmt: skip
        return self.versions.publish("d", Incoming(content, mode, "", as_of))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_rows_that_break_a_rule_commit_nothing_and_carry_their_report(place: Place) -> None:
    with pytest.raises(RulesBroken, match=r"^rows\.parquet is refused: column x: .* such as 101 \(row 2\)") as raised:
        place.commit(rows(x=[1.0, 101.0, *[5.0] * 298]))

    assert place.versions.head("d") is None
    assert [result.declared for result in raised.value.report.violations] == ["data.columns.x"]


@pytest.mark.parametrize("is_known", [True, False])
@pytest.mark.parametrize("is_first", [True, False])
def test_keys_that_others_commit_meanwhile_are_not_taken_for_new(place: Place, is_first: bool, is_known: bool) -> None:
    if not is_first:
        place.commit(rows())
    project = parse_project(PROJECT % "")
    pq.write_table(rows(300), place.folder / "mine.parquet")

    def prepared() -> Content:
        return place.versions.prepare(
            "d", place.folder / "mine.parquet", Wanted.of(project), mode="append",
            cache=StatCache(place.folder / "h"), judge=Judge(project, instant(AS_OF)),
        )  # fmt: skip

    if is_known:
        prepared()
    mine = Incoming(prepared(), "append", "", AS_OF)
    place.commit(rows(400))

    with pytest.raises(CommitConflict, match="others committed to d meanwhile, maybe the same keys: commit again"):
        place.versions.publish("d", mine)
    with pytest.raises(RulesBroken, match="in the dataset already"):
        prepared()


@pytest.mark.parametrize(
    ("held", "new", "again"),
    [
        ([5.5, 7.0], [5, 6], False),
        ([5.5, 7.0], [6, 7], True),
        ([5, 2**53], [5.5, 6.0], False),
        ([5, 2**53], [5.0, 6.5], True),
        ([None, None], [1, 2], False),
        ([1, 2], [None, None], False),
    ],
)
def test_keys_are_compared_by_value_whatever_numbers_they_are_stored_as(
    place: Place, held: list[Any], new: list[Any], again: bool
) -> None:
    moments = [instant("2013-01-31")] * 2
    allowed = ", missing: 100%"
    place.commit(pa.table({"y": [0, 1], "id": held, "x": [1.0, 2.0], "t": moments}), rules=allowed)

    with pytest.raises(RulesBroken, match="1 of them in the dataset already") if again else nullcontext():
        place.commit(pa.table({"y": [1, 1], "id": new, "x": [3.0, 2.0], "t": moments}), rules=allowed)


def test_too_few_rows_for_training_are_a_warning_that_is_not_kept(place: Place) -> None:
    project = parse_project(PROJECT % "")
    path = place.folder / "rows.parquet"
    pq.write_table(rows(), path)

    content = place.versions.prepare(
        "d", path, Wanted.of(project), mode="append", cache=StatCache(place.folder / "h"), judge=Judge(project)
    )

    assert content.report is not None
    assert [result.sentence for result in content.report.warnings] == [
        "expected at least 500 rows, found 300 (data.rules.min_rows)"
    ]
    assert content.warnings == ()


def test_warnings_stay_with_the_version(place: Place) -> None:
    place.commit(rows(x=[101.0] * 300), rules=", warn: [max]")

    head = place.versions.head("d")

    assert head is not None
    assert head.warnings[0].startswith("column x: expected values at most 100, found 300 of 300 values otherwise")
    assert head == type(head).model_validate_json(head.to_bytes())


def test_keys_of_new_rows_may_not_be_in_the_dataset_already(place: Place) -> None:
    place.commit(rows())

    with pytest.raises(RulesBroken, match=r"10 of 300 rows whose value occurs again .* 10 of them in the dataset"):
        place.commit(rows(first=290))

    assert place.commit(rows(first=300)).rows == 600
    assert place.commit(rows(first=290), mode="replace").rows == 300


def test_the_same_rows_again_change_nothing_and_are_not_duplicates(place: Place) -> None:
    first = place.commit(rows())

    assert place.commit(rows()) == CommitResult(first.version, first.manifest_id, 300, 0, unchanged=True)


def test_keys_are_compared_by_value_whatever_their_type(place: Place) -> None:
    place.commit(rows())

    with pytest.raises(RulesBroken, match="in the dataset already"):
        place.commit(rows(first=300, id=[5.0, *(float(at) for at in range(300, 599))]))


def test_what_was_stored_under_other_rules_is_judged_again(place: Place) -> None:
    found = rows(x=[101.0] * 300)
    place.commit(found, rules=", warn: [max]")
    place.commit(rows(first=900), mode="replace")

    with pytest.raises(RulesBroken, match="column x"):
        place.commit(found, mode="replace")


def test_old_rows_are_stale_as_of_the_commit_even_when_they_were_stored_before(place: Place) -> None:
    fresh = ", fresh: 7d"
    place.commit(rows(), rules=fresh)
    place.commit(rows(first=900), rules=fresh, mode="replace")

    with pytest.raises(RulesBroken, match="expected a newest row since 2013-02-22"):
        place.commit(rows(), rules=fresh, mode="replace", as_of="2013-03-01T00:00:00Z")


def test_a_table_in_memory_is_judged_too(place: Place) -> None:
    judge = Judge(parse_project(PROJECT % ""), instant(AS_OF))

    with pytest.raises(RulesBroken, match="table is refused: column x"):
        place.versions.commit("d", rows(x=[101.0] * 300), mode="append", message="", as_of=AS_OF, judge=judge)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EVERGREEN_PROJECT", raising=False)
    Path("project.yaml").write_text(PROJECT % ", checks: [{expression: 'x < 80', severity: warning}]")
    pq.write_table(rows(), "good.parquet")
    pq.write_table(rows(first=300, x=[101.0] * 300), "bad.parquet")
    return tmp_path


def run(*arguments: str) -> tuple[int, str, BaseException | None]:
    result = CliRunner().invoke(app, [*arguments])
    error = result.exception if not isinstance(result.exception, SystemExit) else None
    return result.exit_code, result.output, error


def test_the_command_prints_the_table_writes_the_page_and_refuses(folder: Path) -> None:
    assert "warning: column x: expected x < 80" in run("commit", "good.parquet", "--store", "s", "--as-of", AS_OF)[1]

    _, output, error = run("commit", "bad.parquet", "--store", "s", "--as-of", AS_OF, "--report", "r.html")

    assert isinstance(error, RulesBroken)
    assert "column_values_to_be_between" in output
    assert "300 of 300 values otherwise" in output
    assert "Refused" in Path("r.html").read_text()
    assert json.loads(run("show", "--store", "s", "--json")[1])["rows"] == 300


def test_files_are_validated_offline_and_the_exit_code_tells(folder: Path) -> None:
    code, output, _ = run("validate", "good.parquet", "bad.parquet", "--html", "r.html", "--json")

    good, bad = json.loads(output)
    assert (code, good["verdict"], bad["verdict"]) == (1, "fail", "fail")  # a file of 300 rows is no version of 500
    assert [each["declared"] for each in bad["results"] if each["verdict"] == "fail"] == [
        "data.columns.x", "data.rules.checks[0].expression", "data.rules.min_rows",
    ]  # fmt: skip
    assert "good.parquet" in Path("r.html").read_text()


def test_a_committed_version_is_validated_from_its_profile_and_its_parts(folder: Path) -> None:
    Path("quiet.yaml").write_text("project: p\ntarget: y\ndata: {dataset: d}")
    for file in ("good.parquet", "bad.parquet"):
        run("commit", file, "--store", "s", "--as-of", AS_OF, "--append", "--project", "quiet.yaml")

    code, output, _ = run("validate", "--version", "head", "--store", "s", "--json")

    found = {each["declared"]: each for each in json.loads(output)["results"]}
    assert code == 1
    assert found["data.columns.x"]["unexpected_count"] == 300
    assert found["data.rules.unique"]["verdict"] == "pass"
    assert found["data.rules.checks[0].expression"]["verdict"] == "fail"
