"""commit_batch: one version for each closed batch, and a reason in the ledger for each refused one."""

from __future__ import annotations

import json
import os
from collections.abc import Callable

import pytest

from evergreen.aws.datasets import Datasets
from evergreen.data.flag import epoch, raise_flag
from lambdas.commit_batch.handler import handler
from tests.lambdas.context import CONTEXT
from tests.lambdas.landing.conftest import AT, Zone, event

SOURCE = '{sql: {url: "sqlite:///x.db", query: "select 1 where 1 >= :watermark", watermark: at, first: 0}}'


@pytest.fixture(autouse=True)
def project(deployed: Callable[[str], None]) -> None:
    deployed(SOURCE)


def line(number: int) -> str:
    return f"{number},2013-01-{number:02d}T08:00:00Z,1.5,true\n"


def test_a_closed_batch_becomes_a_version_and_an_entry_of_the_ledger(zone: Zone) -> None:
    answer = handler(zone.drop("2013-01", line(1) + line(2)), CONTEXT)

    assert (answer["outcome"], answer["version"], answer["new_rows"]) == ("committed", "1.0.0", 2)
    (entry,) = zone.entries("data_version")
    assert (entry.at, entry.evidence["new_rows"], entry.evidence["message"]) == (AT, 2, "land 2013-01")


def test_the_same_event_twice_changes_nothing(zone: Zone) -> None:
    marked = zone.drop("2013-01", line(1))
    handler(marked, CONTEXT)

    assert handler(marked, CONTEXT)["outcome"] == "unchanged"
    assert len(zone.entries("data_version")) == 1
    assert zone.ids() == [1]


def test_batches_one_after_the_other_both_land_and_the_first_again_changes_nothing(zone: Zone) -> None:
    events = [zone.drop(name, line(number)) for number, name in enumerate(("one", "two"), start=1)]

    outcomes = [handler(each, CONTEXT)["outcome"] for each in (*events, events[0])]

    assert outcomes == ["committed", "committed", "unchanged"]
    assert zone.ids() == [1, 2]
    assert len(zone.entries("data_version")) == 2


@pytest.mark.parametrize("key", ["landing/orders/a/b/_SUCCESS", "landing/other/a/_SUCCESS", "landing/orders/_SUCCESS"])
def test_other_objects_are_not_its_business(zone: Zone, key: str) -> None:
    assert handler(event(key), CONTEXT) == {"outcome": "ignored"}


def test_refused_data_is_in_the_ledger_with_its_reason_and_counted(
    zone: Zone, capsys: pytest.CaptureFixture[str]
) -> None:
    handler(zone.drop("good", line(1)), CONTEXT)
    capsys.readouterr()

    answer = handler(zone.drop("bad", "2,yesterday,1.5,true\n"), CONTEXT)
    handler(event("landing/orders/bad/_SUCCESS"), CONTEXT)

    (entry,) = zone.entries("quarantine")
    assert answer["outcome"] == "quarantined"
    assert entry.evidence["report"] == "s3://data/quarantine/orders/bad/report.json"
    assert "aaaaaaaaa is not an ISO 8601 time" in entry.evidence["reason"]
    assert json.loads(capsys.readouterr().out.splitlines()[0])["QuarantinedBatches"] == 1
    assert zone.ids() == [1]


def test_a_mended_batch_is_taken_when_its_marker_comes_again(zone: Zone) -> None:
    handler(zone.drop("bad", "2,yesterday,1.5,true\n"), CONTEXT)

    assert handler(zone.drop("bad", line(2)), CONTEXT)["outcome"] == "committed"
    assert json.loads(zone.data.get("quarantine/orders/bad/report.json"))["version"] == "1.0.0"


def test_a_collection_that_died_does_not_hold_a_batch_up(zone: Zone, monkeypatch: pytest.MonkeyPatch) -> None:
    raise_flag(zone.data)
    monkeypatch.setattr("evergreen.data.flag.DEAD_SECONDS", 0)

    assert handler(zone.drop("2013-01", line(1)), CONTEXT)["outcome"] == "committed"

    assert not epoch(zone.data).running


def test_files_that_are_no_tables_are_kept_whole_however_large(zone: Zone) -> None:
    zone.data.put("landing/orders/notes/manual.pdf", os.urandom(9 << 20))
    zone.data.put("landing/orders/notes/_SUCCESS", b"")

    answer = handler(event("landing/orders/notes/_SUCCESS"), CONTEXT)

    assert answer["outcome"] == "committed"
    head = Datasets(zone.data).head("orders")
    assert head is not None
    assert [file.path for file in head.files] == ["manual.pdf"]


def test_a_large_batch_of_small_parts_is_read_as_one(zone: Zone) -> None:
    for number in range(1, 6):
        zone.data.put(f"landing/orders/many/{number}.csv", ("id,at,amount,sold\n" + line(number)).encode())
    zone.data.put("landing/orders/many/_SUCCESS", b"")

    assert handler(event("landing/orders/many/_SUCCESS"), CONTEXT)["new_rows"] == 5
