"""Wrong usage exits with 2, before anything is asked of any cloud."""

from __future__ import annotations

import pytest

from tests.unit.cli.conftest import Evergreen

COMMANDS = [
    "check", "schema", "local up", "local status", "local logs", "local down", "demo", "destroy", "data commit",
    "data log", "run", "status", "release", "rollback", "predict", "feedback", "drift", "quality", "decide", "ledger",
]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("run --stage prod --as-of 2013-04-01", "only stage local can replay another time, and this is stage prod"),
        ("rollback --stage prod --as-of 2013-04-01", "only stage local can replay another time"),
        ("drift --as-of yesterday", "'yesterday' is not a time; write one such as 2013-04-01T00:00:00Z"),
        ("ledger --kind nonsense", "'nonsense' is not one of 'data_version', 'run'"),
        ("release 1.0.0 --strategy slowly", "'slowly' is not one of 'canary', 'all_at_once'"),
        ("data commit nowhere.csv", "'nowhere.csv' does not exist"),
        ("release", "Missing argument 'VERSION'"),
        ("nonsense", "No such command 'nonsense'"),
    ],
)
def test_wrong_usage_is_told(evergreen: Evergreen, arguments: str, sentence: str) -> None:
    said = evergreen(*arguments.split())

    assert said.code == 2
    assert sentence in said.words


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_and_takes_json(evergreen: Evergreen, command: str) -> None:
    said = evergreen(*command.split(), "--help")

    assert said.code == 0
    assert "--json" in said.out


def test_help_groups_the_commands(evergreen: Evergreen) -> None:
    said = evergreen("--help")

    panels = ["Project", "Data and models", "Predictions", "What is measured and decided"]
    places = [said.out.index(f"─ {panel} ─") for panel in panels]
    assert places == sorted(places)
