"""One contestant of the drift benchmark in its own environment: `python drift_peer.py NAME REFERENCE CURRENT CALLS`.

Timed from the opening of the Parquet files to all statistics in memory; imports, and what a contestant may keep of the
reference between runs, are done before. Prints one JSON line: seconds and CPU seconds of a call, and peak MB.
"""

from __future__ import annotations

import json
import sys

from measured import measured, one_thread

NUMBERS = [f"n{at:02d}" for at in range(20)]
TEXTS = [f"c{at}" for at in range(5)]


def evergreen(reference, current):
    """What `evergreen drift` does: the peers, too, make nothing of the current file but the statistics."""
    return evergreen_whole(reference, current, whole=False)


def evergreen_whole(reference, current, threads=2, whole=True):
    """With a profile that can be kept: correlations and distinct values, too."""
    from evergreen.drift.compare import compare_profiles
    from evergreen.profiles.build import profile_file
    from evergreen.profiles.table import TableProfile

    saved = profile_file(reference).to_bytes()
    return lambda: compare_profiles(TableProfile.from_bytes(saved), profile_file(current, threads=threads, whole=whole))


def evergreen_one_thread(reference, current):
    one_thread()
    return evergreen_whole(reference, current, threads=1)


def read(_, current):
    import pyarrow.parquet as pq

    return lambda: pq.read_table(current)


def scipy(reference, current):
    import numpy as np
    import pandas as pd
    from scipy.spatial.distance import jensenshannon
    from scipy.stats import chi2_contingency, ks_2samp

    def call():
        before, after = pd.read_parquet(reference), pd.read_parquet(current)
        found = {}
        for name in NUMBERS:
            a, b = before[name].dropna().to_numpy(), after[name].dropna().to_numpy()
            edges = np.unique(np.quantile(a, np.linspace(0, 1, 11)))
            edges[0], edges[-1] = -np.inf, np.inf
            p, q = (np.clip(np.histogram(each, edges)[0] / len(each), 1e-6, None) for each in (a, b))
            psi = float(((p - q) * np.log(p / q)).sum())
            found[name] = (ks_2samp(a, b), psi, jensenshannon(p, q, base=2))
        for name in TEXTS:
            counts = pd.concat([before[name].value_counts(), after[name].value_counts()], axis=1).fillna(0)
            found[name] = chi2_contingency(counts.to_numpy().T)
        return found

    return call


def evidently(reference, current):
    import pandas as pd
    from evidently import DataDefinition, Dataset, Report
    from evidently.presets import DataDriftPreset

    columns = DataDefinition(numerical_columns=NUMBERS, categorical_columns=TEXTS)
    methods = [("ks", "chisquare"), ("psi", "psi"), ("jensenshannon", "jensenshannon")]

    def call():
        before = Dataset.from_pandas(pd.read_parquet(reference), data_definition=columns)
        after = Dataset.from_pandas(pd.read_parquet(current), data_definition=columns)
        return [Report([DataDriftPreset(num_method=a, cat_method=b)]).run(after, before).dict() for a, b in methods]

    return call


def nannyml(reference, current):
    import nannyml as nml
    import pandas as pd

    calculator = nml.UnivariateDriftCalculator(
        column_names=NUMBERS + TEXTS,
        continuous_methods=["kolmogorov_smirnov", "jensen_shannon"],
        categorical_methods=["chi2", "jensen_shannon"],
        chunk_number=1,
    ).fit(pd.read_parquet(reference))
    return lambda: calculator.calculate(pd.read_parquet(current)).to_df()


def main(name, reference, current, calls):
    call = globals()[name](reference, current)
    print(json.dumps(measured(call, int(calls))))


if __name__ == "__main__":
    main(*sys.argv[1:])
