from __future__ import annotations

import math
import statistics
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from evergreen.errors import DataRefused
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


def only(values: object, kind: pa.DataType | None = None) -> ColumnProfile:
    return column(profile(pa.table({"x": pa.array(values, kind, from_pandas=False)})), "x")


def test_counts_nulls_nan_and_infinities_apart() -> None:
    number = column(profile(TABLE), "number")

    assert (number.count, number.nulls, number.nans, number.infinities, number.values) == (7, 1, 1, 1, 4)
    assert number.missing == pytest.approx(3 / 7)


def test_describes_a_number_by_its_range_moments_and_quantiles() -> None:
    number = column(profile(TABLE), "number")

    assert (number.min, number.max, number.mean, number.distinct) == (1.0, 4.0, 2.75, 3)
    assert number.variance == pytest.approx(1.6875)
    assert number.top[0] == (4.0, 2)
    assert number.quantiles is not None
    assert number.quantiles.cdf([1, 3, 4]).tolist() == [0.25, 0.5, 1.0]


def test_counts_texts_and_leaves_long_ones_out() -> None:
    text = column(profile(TABLE), "text")

    assert text.top == (("a", 3), ("b", 1), ("c", 1))
    assert (text.others, text.exact, text.distinct) == (1, False, 4)
    assert text.lengths is not None
    assert (text.lengths.min, text.lengths.mean, text.lengths.max) == (1, 106 / 6, 101)


def test_describes_times_and_booleans_by_their_range() -> None:
    time, flag = column(profile(TABLE), "time"), column(profile(TABLE), "flag")

    assert (time.min, time.max, time.distinct) == ("2013-01-01T00:00:00Z", "2013-01-07T00:00:00Z", 7)
    assert (flag.min, flag.max, flag.top, flag.distinct) == (False, True, ((True, 5), (False, 1)), 2)


def test_a_column_without_values_is_missing_everywhere() -> None:
    nothing, typed = column(profile(TABLE), "nothing"), only([None, None], pa.float64())

    assert (nothing.kind, nothing.missing, nothing.min, nothing.mean, nothing.distinct) == ("null", 1.0, None, None, 0)
    assert (typed.kind, typed.nulls, typed.nans, typed.quantiles, typed.top) == ("number", 2, 0, None, ())


def test_the_columns_keep_their_order() -> None:
    assert list(profile(TABLE).columns) == TABLE.column_names
    assert list(merge([profile(TABLE.select(["time"])), profile(TABLE)]).columns) == TABLE.column_names


def test_a_column_that_a_part_has_not_is_null_in_its_rows() -> None:
    merged = merge([profile(pa.table({"a": [1]})), profile(pa.table({"a": [2], "b": [3.0]}))])

    assert (column(merged, "b").count, column(merged, "b").nulls, column(merged, "b").kind) == (2, 1, "number")


def test_parts_of_another_kind_are_refused_by_name() -> None:
    merged = merge([profile(pa.table({"a": [1]})), profile(pa.table({"a": ["x"]}))])

    with pytest.raises(DataRefused, match="column a is number in one part and text in another"):
        merged.to_bytes()


def test_keeps_all_values_while_they_are_few_and_those_that_stand_out_beyond() -> None:
    few = [f"v{number:04d}" for number in range(TOP_VALUES)]
    many = [*few, "v9998", "v9999", "often", "often"]

    assert only(few).exact
    assert (only(many).top, only(many).others, only(many).top_error) == ((("often", 2),), TOP_VALUES + 2, 1)


def test_integers_of_any_size_keep_their_range_and_counts() -> None:
    large = only([2**63 - 1, 2**63 - 1, -(2**63), 2**53 + 1, 2**53], pa.int64())

    assert (large.min, large.max, large.top[0], large.distinct) == (-(2**63), 2**63 - 1, (2**63 - 1, 2), 4)
    assert only([2**64 - 1, 0], pa.uint64()).max == 2**64 - 1


def test_decimals_are_read_as_the_nearest_doubles() -> None:
    money = only([Decimal("0.10"), Decimal("12.30"), None], pa.decimal128(20, 2))

    assert (money.kind, money.min, money.max, money.nulls, money.nans) == ("number", 0.1, 12.3, 1, 0)


def test_times_are_compared_in_utc_whatever_their_zone_and_unit() -> None:
    east = pa.array([datetime(2013, 1, 1, 1, tzinfo=UTC)]).cast(pa.timestamp("ns", "Asia/Tokyo"))
    naive = pa.array([datetime(2013, 1, 1, 1)]).cast(pa.timestamp("s"))

    assert only(east).min == only(naive).min == "2013-01-01T01:00:00Z"
    assert only([date(2013, 1, 1)]).max == "2013-01-01T00:00:00Z"


def test_dictionaries_count_like_their_values() -> None:
    plain = pa.array(["b", "a", None, "b"])
    spare = pa.DictionaryArray.from_arrays([2, 1, None, 2, 3][:4], ["unused", "a", "b", None])

    assert profile(pa.table({"x": spare})) == profile(pa.table({"x": plain}))
    assert profile(pa.table({"x": plain.dictionary_encode()})) == profile(pa.table({"x": plain}))
    assert only(pa.array([1, 1, 2]).dictionary_encode()).top == ((1, 2), (2, 1))


@pytest.mark.parametrize(
    "kind", [pa.list_(pa.int64()), pa.struct([("a", pa.int64())]), pa.map_(pa.string(), pa.int8()), pa.binary()]
)
def test_nested_and_binary_columns_are_refused_by_name(kind: pa.DataType) -> None:
    with pytest.raises(DataRefused, match=r"the table: column deep holds .*; it must be a number, text, boolean or"):
        profile(pa.table({"deep": pa.nulls(2, kind)}))


def test_repeated_and_empty_names_and_too_many_columns_are_refused() -> None:
    one = pa.array([1])

    with pytest.raises(DataRefused, match="more than one column is named a, b"):
        profile(pa.Table.from_arrays([one] * 5, names=["b", "a", "c", "a", "b"]))
    with pytest.raises(DataRefused, match="column 2 has no name"):
        profile(pa.Table.from_arrays([one] * 2, names=["a", " "]))
    with pytest.raises(DataRefused, match=r"has 5,000 columns, and at most 2,000 are profiled; column 'c2000'"):
        profile(pa.Table.from_arrays([one] * 5000, names=[f"c{at}" for at in range(5000)]))


def test_numbers_beyond_doubles_leave_no_infinity_behind() -> None:
    huge = only([1.7e308, -1.7e308, 1.7e308])

    assert (huge.min, huge.max, huge.m2, huge.variance) == (-1.7e308, 1.7e308, None, None)


def test_a_mean_that_doubles_hold_survives_a_merge_whose_squares_they_do_not() -> None:
    parts = [profile(pa.table({"x": each})) for each in ([1e200, 3e200], [5e200, 7e200])]

    found = merge(parts).columns["x"]

    assert found.mean == 4e200
    assert found.variance is None


def test_correlates_numbers_over_the_rows_that_both_have() -> None:
    found = profile(
        pa.table({"a": [1.0, 2, 3, None, 5], "b": [2.0, 4, 6, 100, None], "c": [3, 2, 1, 7, 9], "d": [1] * 5})
    ).correlation

    assert found.names == ("a", "b", "c", "d")
    assert found.between("a", "b") == pytest.approx(1.0, abs=1e-5)
    assert found.between("a", "c") == pytest.approx(np.corrcoef([1, 2, 3, 5], [3, 2, 1, 9])[0, 1], abs=1e-5)
    assert math.isnan(found.between("a", "d"))
    assert profile(pa.table({"t": ["a"]})).correlation.names == ()


@pytest.mark.parametrize("gaps", [(0.01, 0.02, 0.03), (0.02, 0.4, 0.99), (1.0, 0.1, 0.0)])
@pytest.mark.parametrize("unit", [1.0, 1e-14, 1e14])
def test_correlates_around_any_number_of_gaps(gaps: tuple[float, ...], unit: float) -> None:
    random, rows = np.random.default_rng(3), 40_000
    common = random.normal(50, 1, rows)
    frame = pd.DataFrame({f"x{at}": (common + random.normal(size=rows)) * unit for at in range(4)})
    for at, share in enumerate(gaps):
        frame.loc[random.random(rows) < share, f"x{at}"] = random.choice([np.nan, np.inf, -np.inf])

    found = profile(pa.Table.from_pandas(frame, preserve_index=False)).correlation

    expected = frame.replace([np.inf, -np.inf], np.nan).corr().to_numpy()
    assert found.matrix == pytest.approx(expected, abs=1e-5, nan_ok=True)


@pytest.mark.parametrize("threads", [1, 2])
def test_correlates_over_several_stretches_and_chunks(threads: int) -> None:
    random, rows = np.random.default_rng(5), 400_001
    common = random.normal(50, 1, rows)
    frame = pd.DataFrame({f"x{at}": common + random.normal(size=rows) for at in range(3)})
    frame.loc[:200_000, "x1"] = np.nan
    frame.loc[random.random(rows) < 0.001, "x2"] = np.nan

    found = profile(pa.Table.from_pandas(frame, preserve_index=False), threads=threads).correlation

    assert found.matrix == pytest.approx(frame.corr().to_numpy(), abs=1e-5)


@pytest.mark.parametrize("quiet", [0.0, 7.1, np.nan])
@pytest.mark.parametrize("size", [1.0, 1e-20, 1e20])
def test_correlates_what_is_far_from_the_first_values(quiet: float, size: float) -> None:
    random, rows = np.random.default_rng(6), 100_000
    a = random.normal(3, 1, rows) * size
    a[:70_000] = quiet
    b = a + random.normal(0, 1, rows) * size

    found = profile(pa.table({"a": a, "b": b}))

    used = ~np.isnan(a)
    assert found.columns["a"].mean == pytest.approx(a[used].mean(), rel=1e-12)
    assert found.columns["a"].variance == pytest.approx(a[used].var(), rel=1e-9)
    assert found.correlation.between("a", "b") == pytest.approx(np.corrcoef(a[used], b[used])[0, 1], abs=1e-5)


@pytest.mark.parametrize("value", [0.1, 1 / 3, -1e100, 1e-300, 2**53 + 1])
def test_a_constant_does_not_vary_and_correlates_with_nothing(value: float) -> None:
    found = profile(pa.table({"a": [value] * 70_001, "b": np.arange(70_001)}))

    assert (found.columns["a"].mean, found.columns["a"].variance) == (float(value), 0.0)
    assert math.isnan(found.correlation.between("a", "b"))


def test_a_table_stays_as_it_is() -> None:
    values = np.random.default_rng(7).normal(size=5_000)
    table = pa.table({"a": values, "b": pa.array(values.astype(np.float32)), "n": np.arange(5_000)[::-1]})
    before = table.to_pydict()

    profile(table)
    profile(table, threads=2)

    assert table.to_pydict() == before


@pytest.mark.parametrize("mean", [0.0, 10.0, 1e3, 1e9, -1e15])
def test_moments_do_not_cancel(mean: float) -> None:
    values = mean + np.random.default_rng(4).normal(size=20_000)

    found = only(values)

    assert found.mean == pytest.approx(math.fsum(values) / len(values), rel=1e-15)
    exact = statistics.pvariance(map(Fraction, values)) * len(values)
    assert found.m2 == pytest.approx(float(exact), rel=1e-11)


def test_a_profile_survives_its_canonical_bytes() -> None:
    whole = profile(TABLE)

    again = TableProfile.from_bytes(whole.to_bytes())

    assert again == whole
    assert again.columns["text"].top == whole.columns["text"].top
    assert again.rows == 7
    assert hash(again) == hash(whole)


@pytest.mark.parametrize("damage", [lambda b: b[:-3], lambda b: b + b"x", lambda b: b"{}", lambda b: b[:30] + b[40:]])
def test_damaged_bytes_are_refused(damage: object) -> None:
    content = profile(TABLE).to_bytes()

    with pytest.raises(DataRefused, match=r"damaged|not a profile"):
        TableProfile.from_bytes(damage(content))  # type: ignore[operator]


def test_no_flipped_bit_becomes_another_number() -> None:
    content = profile(TABLE).to_bytes()

    for bit in range(0, 8 * len(content), 53):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(DataRefused, match=r"damaged|not a profile|not in format"):
            TableProfile.from_bytes(bytes(flipped))


def test_merging_nothing_changes_nothing() -> None:
    whole, empty = profile(TABLE), profile(TABLE.slice(0, 0))

    assert merge([whole]) == whole == merge([empty, whole, merge([])])
    assert merge([]).rows == empty.rows == 0
    assert TableProfile.from_bytes(merge([]).to_bytes()).columns == {}
