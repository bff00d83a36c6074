"""Runs in BentoML's environment: a service around a pickled pipeline."""

import os
from typing import Any

import bentoml
import joblib
import pandas as pd


@bentoml.service(workers=1, metrics={"enabled": False}, logging={"access": {"enabled": False}})
class Forest:
    """One worker, no access log."""

    def __init__(self) -> None:
        self.model = joblib.load(os.environ["MODEL"])

    @bentoml.api(route="/invocations")  # type: ignore[untyped-decorator]
    def invocations(self, columns: list[str], data: list[list[Any]]) -> list[float]:
        """Return each row's probability."""
        return [float(share) for share in self.model.predict_proba(pd.DataFrame(data, columns=columns))[:, 1]]
