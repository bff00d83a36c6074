"""Labels: one meaning in every spelling, and nothing guessed."""

from __future__ import annotations

import math

import pytest

from evergreen.quality.labels import class_codes, numbers


@pytest.mark.parametrize("classes", [[False, True], ["false", "true"], [0, 1], ["0", "1"]])
def test_true_and_1_are_one_label_whatever_the_classes_are(classes: list[object]) -> None:
    assert class_codes([True, 1, 1.0, "1", "true", "True", False, 0, "false"], classes).tolist() == [1] * 6 + [0] * 3


def test_texts_match_themselves_and_numbers_match_their_texts() -> None:
    assert class_codes(["yes", "no", "Yes"], ["no", "yes"]).tolist() == [1, 0, -1]
    assert class_codes([3, 3.0, "3", "3.0", 4], [1, 2, 3]).tolist() == [2, 2, 2, 2, -1]


def test_a_target_that_tells_true_from_1_gets_no_tolerance() -> None:
    assert class_codes(["true", 1, "1"], ["true", "1", "other"]).tolist() == [0, 1, 1]


@pytest.mark.parametrize("label", [None, [], {}, "maybe", math.nan, math.inf])
def test_a_label_that_is_no_class_is_unknown(label: object) -> None:
    assert class_codes([label], [False, True]).tolist() == [-1]


def test_numbers_are_read_from_texts_and_nothing_else() -> None:
    found = numbers([1, "2.5", "NaN", None, "x", True, [1]]).tolist()

    assert found[:2] == [1.0, 2.5]
    assert all(math.isnan(value) for value in found[2:])
