"""Drift between two tables, from their profiles alone: no row is read, so the time does not depend on the rows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from evergreen.drift.bounds import jensen_shannon_bound, psi_bound
from evergreen.drift.chi2 import chi2, pool_sparse
from evergreen.drift.exclusions import excluded
from evergreen.drift.jensen_shannon import jensen_shannon
from evergreen.drift.ks_exact import ks_steps
from evergreen.drift.long_lists import certainly_new
from evergreen.drift.natural import WindowNull
from evergreen.drift.new_categories import NAMED, NewCategories, new_categories
from evergreen.drift.power import power_line
from evergreen.drift.psi import Counts
from evergreen.drift.report import ORDERED, Bins, DriftReport, FeatureDrift, Measurement
from evergreen.drift.significance import categories_test, corrected, ks_test, missing_test, new_test, psi_test
from evergreen.drift.steps import gaps
from evergreen.drift.thresholds import ALPHA, PRESETS, Thresholds
from evergreen.drift.views import (
    alike,
    bin_counts,
    cell_counts,
    comparable,
    named_categories,
    pooled,
    psi_edges,
    steps_of,
    value_range,
)
from evergreen.drift.wasserstein import wasserstein
from evergreen.profiles.column import ColumnProfile
from evergreen.profiles.table import TableProfile

TESTS = 4  # at most, of one feature


def compare_profiles(
    reference: TableProfile,
    current: TableProfile,
    thresholds: Thresholds = PRESETS["standard"],
    *,
    exclude: Sequence[str] = (),
    include: Iterable[str] = (),
    natural: Mapping[str, WindowNull] | None = None,
) -> DriftReport:
    """Compare every column of two profiles and judge them together.

    Times, parts of time and ids are left out unless `include` names them, and `exclude` leaves out others. `natural`
    holds the natural variation by column (`natural_variation` of the reference's own windows); without it rows count
    as independent.
    """
    left_out = excluded(reference, current, named=exclude, kept=include)
    names = [name for name in reference.columns if name not in left_out]
    rows, tests = min(reference.rows, current.rows), TESTS * len(names)
    judge = _Judge(thresholds, tests, natural or {})
    measured = [judge.feature(reference.columns[name], current.columns[name]) for name in names] if rows else []
    enough = rows >= thresholds.min_rows
    features = corrected(measured) if enough else tuple(measured)
    breached = any(feature.breach for feature in features)
    return DriftReport(
        verdict="breach" if breached else "ok" if enough and features else "insufficient_data",
        rows=current.rows,
        reference_rows=reference.rows,
        min_rows=thresholds.min_rows,
        features=features,
        score=None,
        power=power_line(
            current.rows,
            reference.rows,
            tests,
            alpha=ALPHA,
            threshold=thresholds.distance,
            beyond_natural=bool(natural),
        ),
        excluded=left_out,
    )


@dataclass(frozen=True)
class _Judge:
    thresholds: Thresholds
    tests: int
    natural: Mapping[str, WindowNull]

    def feature(self, before: ColumnProfile, after: ColumnProfile) -> FeatureDrift:
        """Measure and test one column."""
        measured = self._numbers(before, after) if before.kind in ORDERED else self._categories(before, after)
        missing = (before.count, before.count - before.values), (after.count, after.count - after.values)
        if missing[0][1] or missing[1][1]:
            test = missing_test(*missing[0], *missing[1], self.thresholds.missing, self.natural.get(before.name))
            measured = replace(measured, tests=(*measured.tests, test))
        return measured

    def _numbers(self, before: ColumnProfile, after: ColumnProfile) -> FeatureDrift:
        f, g = alike(steps_of(before), steps_of(after))
        natural, errors = self.natural.get(before.name), (f.error * f.rows, g.error * g.rows)
        edges = psi_edges(f)
        bins = bin_counts(f, edges, before.count - before.values), bin_counts(g, edges, after.count - after.values)
        apart = gaps(f, g)
        measures = {"jensen_shannon": float(jensen_shannon(*bins))}
        bounds = {
            "psi": psi_bound(*bins, errors),
            "ks": f.error + g.error,
            "jensen_shannon": jensen_shannon_bound(*bins, errors),
        }
        moved, wrong = wasserstein(apart), f.error * value_range(before) + g.error * value_range(after)
        if after.values and math.isfinite(moved + wrong):
            spread = math.sqrt(before.variance or 0.0)
            measures |= {"wasserstein": moved} | ({"wasserstein_sd": moved / spread} if spread else {})
            bounds["wasserstein"] = wrong
        if before.mean is not None and after.mean is not None and after.values:
            measures["mean_change"] = after.mean - before.mean
        measures = {name: value for name, value in measures.items() if math.isfinite(value)}  # else beyond doubles
        return FeatureDrift(
            before.name,
            before.kind,
            after.missing,
            (
                self._psi(*bins, natural),
                ks_test(ks_steps(apart), f.rows, g.rows, self.thresholds.distance, natural),
            ),
            measures=measures,
            bounds=bounds,
            bins=Bins(tuple(bins[0].tolist()), tuple(bins[1].tolist()), edges=tuple(edges.tolist())),
        )

    def _categories(self, before: ColumnProfile, after: ColumnProfile) -> FeatureDrift:
        natural, names = self.natural.get(before.name), comparable(before, after)
        cells = cell_counts(before, names, after), cell_counts(after, names, before)
        named = named_categories(cells[0])
        bins = pooled(cells[0], named), pooled(cells[1], named)
        tests = [self._psi(*bins, natural), categories_test(*cells, self.thresholds.distance, natural)]
        new = _new(before, after)
        if before.counted or new.rows:
            tests.append(new_test(new, self.thresholds.new))
        return FeatureDrift(
            before.name,
            before.kind,
            after.missing,
            tuple(tests),
            measures={"jensen_shannon": float(jensen_shannon(*cells)), "chi2": float(chi2(*pool_sparse(*cells)))},
            bins=Bins(tuple(bins[0].tolist()), tuple(bins[1].tolist()), values=tuple(names[:named])),
            new=new.categories[:NAMED],
        )

    def _psi(self, before: Counts, after: Counts, natural: WindowNull | None) -> Measurement:
        return psi_test(before, after, self.thresholds.psi, self.tests, natural)


def _new(before: ColumnProfile, after: ColumnProfile) -> NewCategories:
    if not before.counted:
        return certainly_new(before, after)
    known = list(dict.fromkeys([*before.categories, *after.categories]))
    *listed, unlisted, _ = cell_counts(after, known, before).tolist()
    return new_categories(before.categories, dict(zip(known, listed, strict=True)), unlisted)
