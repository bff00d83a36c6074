"""`data.join` and `data.representation` as they are written, and what is refused with its place."""

from __future__ import annotations

import pytest

from evergreen.errors import ProjectError
from evergreen.project.reader import parse_project

PROJECT = """\
project: flights
target: late
data:
  dataset: flights
  time: departure
  key: [flight_id]
  columns:
    origin: {type: category}
    temp: {type: number}
    departure: {type: timestamp}
"""


def test_a_list_keeps_names_and_a_mapping_renames_them() -> None:
    text = PROJECT + "  join: [{dataset: weather, on: {origin: airport}, columns: [temp], as_of: seen, within: 3h}]"

    (join,) = parse_project(text).data.join

    assert (join.on, join.columns) == ({"origin": "airport"}, {"temp": "temp"})
    assert join.within is not None
    assert join.within.total_seconds() == 3 * 3600


def test_a_group_that_yaml_reads_as_a_boolean_or_a_number_is_its_text() -> None:
    text = PROJECT + "  representation: [{column: origin, population: {true: 10%, 0: 90%}}]"

    assert parse_project(text).data.representation[0].population == {"true": 0.1, "0": 0.9}


REFUSED = {
    "on: [origin], columns: [wind]": "columns: wind is joined and not declared",
    "on: [origin], columns: [flight_id]": "flight_id is the dataset's own time or key",
    "on: [origin], columns: [origin]": "a key of the join cannot be one of its columns: origin",
    "on: [origin, origin], columns: [temp]": "a column is named twice",
    "on: [], columns: [temp]": "should have at least 1 item",
    "on: [origin], columns: [temp], within: 3h": "within limits how old a row may be; it needs as_of",
    "on: [origin], columns: [temp], how: inner": "unknown key",
    "columns: [temp]": "data.join[0].on: is required and missing",
}


@pytest.mark.parametrize(("keys", "sentence"), REFUSED.items(), ids=REFUSED)
def test_refuses_a_join(keys: str, sentence: str) -> None:
    with pytest.raises(ProjectError) as caught:
        parse_project(PROJECT + f"  join: [{{dataset: weather, {keys}}}]")
    assert sentence in str(caught.value)
    assert "data.join[0]" in str(caught.value)


def test_refuses_joins_that_cannot_be_together() -> None:
    weather = "{dataset: weather, on: [origin], columns: [temp]}"
    with pytest.raises(ProjectError, match=r"join\[1\]\.columns: temp comes from data.join\[0\] already"):
        parse_project(PROJECT + f"  join: [{weather}, {weather}]")
    with pytest.raises(ProjectError, match=r"join\[0\]\.on: temp comes from this join or a later one"):
        parse_project(PROJECT + f"  join: [{{dataset: a, on: [temp], columns: [origin]}}, {weather}]")
    with pytest.raises(ProjectError, match=r"join\[0\]\.dataset: flights is the project's own dataset"):
        parse_project(PROJECT + "  join: [{dataset: flights, on: [origin], columns: [temp]}]")
    text = PROJECT.replace("  time: departure\n", "")
    with pytest.raises(ProjectError, match=r"join\[0\]\.as_of: as_of compares with this dataset's time"):
        parse_project(text + "  join: [{dataset: w, on: [origin], columns: [temp], as_of: seen}]")


GROUPS = {
    "origin, population: {JFK: 40%, EWR: 50%}": "the groups' shares sum to 90.0%",
    "origin, population: {JFK: 100%}": "a population has at least two groups",
    "origin, population: {JFK: 100%, EWR: 0%}": "a group with a share of 0% is none: EWR",
    "departure, population: {a: 50%, b: 50%}": "departure is a timestamp",
}


@pytest.mark.parametrize(("groups", "sentence"), GROUPS.items(), ids=GROUPS)
def test_refuses_a_population(groups: str, sentence: str) -> None:
    with pytest.raises(ProjectError, match=sentence):
        parse_project(PROJECT + f"  representation: [{{column: {groups}}}]")
