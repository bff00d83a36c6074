"""One contestant of the validation benchmark in its own environment: `python validation_peer.py NAME FILE CASE CALLS`.

CASE is a JSON file with the checks: columns, ranges, sets, and for ours the project. Timed from the Parquet file on
disk to the verdict of all 74 checks with the count of failing rows; imports are done before. Prints one JSON line.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from measured import measured, one_thread

NULLS = 0.05


def read(path, _):
    import pyarrow.parquet as pq

    return lambda: pq.read_table(path) and {}


def _project(case):
    from evergreen.project import Project

    return Project.model_validate(case["project"])


def evergreen(path, case, threads=2):
    from evergreen.validation.files import judge_path
    from evergreen.validation.judge import Judge

    judge = Judge(_project(case), whole=False)
    return lambda: _failed(judge_path(judge, Path(path), threads=threads))


def evergreen_one_thread(path, case):
    one_thread()
    return evergreen(path, case, threads=1)


def evergreen_profile(path, case):
    from evergreen.profiles.build import profile_file
    from evergreen.profiles.table import TableProfile
    from evergreen.validation.files import judge_profiled
    from evergreen.validation.judge import Judge

    saved = profile_file(path).to_bytes()
    judge = Judge(_project(case), whole=False)
    return lambda: _failed(judge_profiled(judge, Path(path), TableProfile.from_bytes(saved)))


def _failed(report):
    return {f"{each.rule}:{','.join(each.columns)}": each.finding.unexpected for each in report.violations}


def great_expectations(path, case):
    import great_expectations as gx
    import pandas as pd

    kinds = {**dict.fromkeys(case["fractions"], "float64"), **dict.fromkeys([*case["integers"], "id"], "int64")}

    def call():
        frame = pd.read_parquet(path)
        context = gx.get_context(mode="ephemeral")
        asset = context.data_sources.add_pandas("p").add_dataframe_asset("a")
        batch = asset.add_batch_definition_whole_dataframe("b")
        e = gx.expectations
        types = kinds | {"ts": str(frame["ts"].dtype)}
        found = [e.ExpectColumnValuesToNotBeNull(column=name, mostly=1 - NULLS) for name in case["columns"]]
        found += [
            e.ExpectColumnValuesToBeBetween(column=name, min_value=low, max_value=high)
            for name, (low, high) in case["ranges"].items()
        ]
        found += [e.ExpectColumnValuesToBeOfType(column=name, type_=types.get(name, "str")) for name in case["columns"]]
        found += [e.ExpectColumnValuesToBeUnique(column="id")]
        found += [e.ExpectColumnValuesToBeInSet(column=name, value_set=each) for name, each in case["sets"].items()]
        suite = context.suites.add(gx.ExpectationSuite(name="s", expectations=found))
        definition = context.validation_definitions.add(gx.ValidationDefinition(name="v", data=batch, suite=suite))
        results = definition.run(batch_parameters={"dataframe": frame}, result_format="BASIC").results
        return {
            f"{each.expectation_config.type}:{each.expectation_config.kwargs['column']}": each.result.get(
                "unexpected_count"
            )
            for each in results
            if not each.success
        }

    return call


def pandera(path, case):
    import pandera.polars as pa
    import polars as pl

    kinds = {
        **dict.fromkeys(case["fractions"], pl.Float64), **dict.fromkeys([*case["integers"], "id"], pl.Int64),
        **dict.fromkeys(case["sets"], pl.String), "ts": pl.Datetime("us"),
    }  # fmt: skip

    def few_nulls(data):
        return data.lazyframe.select(pl.col(data.key).null_count() / pl.len() <= NULLS)

    def call():
        columns = {}
        for name in case["columns"]:
            checks = [pa.Check(few_nulls, ignore_na=False, name="nulls")]
            if name in case["ranges"]:
                checks.append(pa.Check.in_range(*case["ranges"][name]))
            if name in case["sets"]:
                checks.append(pa.Check.isin(case["sets"][name]))
            columns[name] = pa.Column(kinds[name], checks=checks, nullable=True, unique=name == "id")
        try:
            pa.DataFrameSchema(columns).validate(pl.read_parquet(path), lazy=True)
        except pa.errors.SchemaErrors as error:
            return {"failure_cases": len(error.failure_cases)}
        return {}

    return call


def main(name, path, case, calls):
    call = globals()[name](path, json.loads(Path(case).read_text()))
    failed = {}
    figures = measured(lambda: failed.update(call()), int(calls))
    print(json.dumps({**figures, "failed": failed}))


if __name__ == "__main__":
    main(*sys.argv[1:])
