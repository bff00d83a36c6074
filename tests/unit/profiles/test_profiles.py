from __future__ import annotations

import math
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from evergreen.profiles.build import profile
from evergreen.profiles.column import TOP_VALUES, ColumnProfile
from evergreen.profiles.table import TableProfile, merge

TABLE = pa.table(
    {
        "number": [1.0, 2.0, 4.0, None, float("nan"), math.inf, 4.0],
        "text": ["a", "b", "a", None, "c", "a", "x" * 101],
        "flag": [True, False, None, True, True, True, True],
        "time": [datetime(2013, 1, day, tzinfo=UTC) for day in range(1, 8)],
        "nothing": pa.array([None] * 7, pa.null()),
    }
)


def column(table: TableProfile, name: str) -> ColumnProfile:
    found = table.column(name)
    assert found is not None
    return found


def test_counts_nulls_and_unusable_numbers_apart() -> None:
    number = column(profile(TABLE), "number")

    assert (number.count, number.nulls, number.nans, number.values) == (7, 1, 2, 4)
    assert number.missing == pytest.approx(3 / 7)


def test_describes_a_number_by_its_range_and_moments() -> None:
    number = column(profile(TABLE), "number")

    assert (number.min, number.max, number.mean) == (1.0, 4.0, 2.75)
    assert number.variance == pytest.approx(1.6875)
    assert number.top[0] == (4.0, 2)


def test_counts_texts_and_leaves_long_ones_out() -> None:
    text = column(profile(TABLE), "text")

    assert text.top == (("a", 3), ("b", 1), ("c", 1))
    assert text.others == 1


def test_describes_times_and_booleans_by_their_range() -> None:
    time, flag = column(profile(TABLE), "time"), column(profile(TABLE), "flag")

    assert (time.min, time.max) == ("2013-01-01T00:00:00Z", "2013-01-07T00:00:00Z")
    assert (flag.min, flag.max, flag.top) == (False, True, ((True, 5), (False, 1)))


def test_a_column_without_values_is_missing_everywhere() -> None:
    nothing = column(profile(TABLE), "nothing")

    assert (nothing.kind, nothing.missing, nothing.min, nothing.mean) == ("null", 1.0, None, None)


@pytest.mark.parametrize("cut", [1, 3, 6])
def test_the_profile_of_all_rows_is_the_merge_of_the_parts(cut: int) -> None:
    merged, whole = merge([profile(TABLE.slice(0, cut)), profile(TABLE.slice(cut))]), profile(TABLE)

    for mine, theirs in zip(merged.columns, whole.columns, strict=True):
        exact = {"mean", "m2"}
        assert mine.model_dump(exclude=exact) == theirs.model_dump(exclude=exact)
        assert (mine.mean, mine.m2) == pytest.approx((theirs.mean, theirs.m2))


def test_merging_nothing_changes_nothing() -> None:
    whole = profile(TABLE)

    assert merge([whole]) == whole
    assert merge([]).rows == 0


def test_a_column_that_a_part_has_not_is_null_in_its_rows() -> None:
    merged = merge([profile(pa.table({"a": [1]})), profile(pa.table({"a": [2], "b": [3.0]}))])

    assert (column(merged, "b").count, column(merged, "b").nulls, column(merged, "b").kind) == (2, 1, "number")


def test_keeps_the_most_frequent_values_only() -> None:
    values = [f"v{number:03d}" for number in range(TOP_VALUES + 50)]

    text = column(profile(pa.table({"text": [*values, "often", "often"]})), "text")

    assert len(text.top) == TOP_VALUES
    assert text.top[0] == ("often", 2)
    assert text.others == 51


def test_numbers_beyond_doubles_leave_no_infinity_behind() -> None:
    huge = column(profile(pa.table({"x": [1e300, -1e300]})), "x")

    assert (huge.min, huge.max, huge.mean, huge.m2) == (-1e300, 1e300, None, None)


def test_a_profile_survives_its_canonical_bytes() -> None:
    whole = profile(TABLE)

    assert TableProfile.model_validate_json(whole.to_bytes()) == whole
    assert TableProfile.model_validate_json(whole.to_bytes()).to_bytes() == whole.to_bytes()
