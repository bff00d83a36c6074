from __future__ import annotations

from typing import Any

import pytest

from evergreen.errors import DataRefused
from lambdas.validate_data.handler import handler
from tests.lambdas.context import CONTEXT
from tests.lambdas.pipeline.conftest import Cloud

pytestmark = pytest.mark.usefixtures("project")


def event(manifest: str) -> dict[str, Any]:
    return {"run": {"run_id": "run-1", "data": {"dataset": "customers", "version": "1.0.0", "manifest": manifest}}}


def test_accepts_data_that_keeps_the_rules(cloud: Cloud) -> None:
    assert handler(event(cloud.commit()), CONTEXT) == {"verdict": "ok", "warnings": []}


def test_refuses_data_by_version_and_reason(cloud: Cloud) -> None:
    manifest = cloud.commit(churn=("No",))

    with pytest.raises(
        DataRefused, match=r"^customers 1\.0\.0 is refused: expected at least 2 rows.*found 1 .*nothing to learn"
    ):
        handler(event(manifest), CONTEXT)
