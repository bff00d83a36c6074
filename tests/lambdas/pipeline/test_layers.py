from __future__ import annotations

import subprocess
import sys

import pytest

FUNCTIONS = ["start_run", "validate_data", "judge_model", "register_model", "record_run"]
IMPORT_WITHOUT_TABLES = """
import sys
sys.modules.update(dict.fromkeys(("numpy", "pyarrow", "scipy", "pandas")))
import lambdas.{name}.handler
"""


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_of_the_pipeline_needs_no_layer_with_tables(name: str) -> None:
    program = IMPORT_WITHOUT_TABLES.format(name=name)
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert found.returncode == 0, found.stderr
