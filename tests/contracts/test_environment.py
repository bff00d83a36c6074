"""Each function's environment in the template is what its settings read, and its layers hold what it imports."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from importlib.metadata import packages_distributions, version
from pathlib import Path

import pytest

from tests.stacks.conftest import local  # noqa: F401 - a fixture
from tests.stacks.synthesis import Synthesis

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = sorted(path.parent.name for path in ROOT.glob("lambdas/*/handler.py"))
POWERTOOLS = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_LOG_LEVEL"}
# Distribution → what it is imported as, where the names differ.
IMPORTED_AS = {
    "aws-lambda-powertools": "aws_lambda_powertools",
    "python-dateutil": "dateutil",
    "pyyaml": "yaml",
}
GUARD = """
import importlib, sys
forbidden = set(sys.argv[2].split(","))
class Guard:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in forbidden:
            raise ModuleNotFoundError(f"{name} is in no layer of this function", name=name)
sys.meta_path.insert(0, Guard())
importlib.import_module(f"lambdas.{sys.argv[1]}.handler")
"""


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_environment_is_what_the_settings_read(local: Synthesis, name: str) -> None:  # noqa: F811
    settings = importlib.import_module(f"lambdas.{name}.settings").Settings

    variables = set(local.functions()[name]["Environment"]["Variables"]) - POWERTOOLS

    assert variables == {field.upper() for field in settings.model_fields}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_project_layer_is_there_exactly_where_the_project_is_read(local: Synthesis, name: str) -> None:  # noqa: F811
    layers = str(local.functions()[name]["Layers"])

    reads = "deployed_project" in (ROOT / "lambdas" / name / "handler.py").read_text()

    assert ("layersproject" in layers) == reads


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_layers_hold_every_package_that_the_function_imports(local: Synthesis, name: str) -> None:  # noqa: F811
    layers = re.findall("layers(base|tables|sources)", str(local.functions()[name]["Layers"]))
    here = {"evergreen", "lambdas"} | {module for layer in layers for module in packages(layer)}
    forbidden = set(packages_distributions()) - here

    done = subprocess.run(
        [sys.executable, "-c", GUARD, name, ",".join(sorted(forbidden))],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-600:]


def packages(layer: str) -> set[str]:
    """The import names of a layer's locked distributions."""
    lock = (ROOT / "lambdas" / "layers" / f"{layer}.txt").read_text()
    names = re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE)
    return {IMPORTED_AS.get(name, name.replace("-", "_")) for name in names}


@pytest.mark.parametrize("layer", ["base", "tables", "sources"])
def test_the_layers_run_the_versions_that_the_tests_ran_with(layer: str) -> None:
    lock = (ROOT / "lambdas" / "layers" / f"{layer}.txt").read_text()

    for name, locked in re.findall(r"^([a-z0-9-]+)==(\S+)", lock, re.MULTILINE):
        assert version(name) == locked, name
