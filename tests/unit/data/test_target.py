from __future__ import annotations

import pytest

from evergreen.data.target import TargetExpression, parse_target, target_of
from evergreen.project.reader import parse_project


@pytest.mark.parametrize(
    ("text", "value", "label"),
    [
        ("arr_delay > 15", 15, False),
        ("arr_delay >= 15", 15, True),
        ("arr_delay < -1.5", -2, True),
        ("arr_delay <= 0", 0.5, False),
        ("grade == 'A'", "A", True),
        ('grade != "A"', "A", False),
        ("arr_delay > 15", None, None),
        ("arr_delay > 15", float("nan"), None),
    ],
)
def test_computes_a_label_from_a_column(text: str, value: object, label: object) -> None:
    assert parse_target(text).label(value) == label


@pytest.mark.parametrize("text", ["", "arr_delay", "arr_delay >> 15", "a > b", "a > 1 and b > 2", "__import__('os')"])
def test_refuses_what_is_no_comparison(text: str) -> None:
    with pytest.raises(ValueError, match="is not `column operator value`"):
        parse_target(text)


def test_a_target_without_an_expression_is_its_column() -> None:
    target = target_of(parse_project("project: p\ntarget: churned\ndata: {dataset: d}"))

    assert target == TargetExpression(column="churned")
    assert target.labels(["Yes", None, 3]) == ["Yes", None, 3]
