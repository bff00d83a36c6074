"""What import rules cannot say: the domain reads no clock and no environment, and nothing anywhere loads a pickle."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
IMPURE_CALLS = {
    "os.environ", "os.getenv", "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time",
    "time.monotonic", "time.sleep", "uuid.uuid4", "random.random",
}  # fmt: skip
PICKLES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}


def sources(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def domain() -> list[Path]:
    acting = {"aws", "cli"}
    return [path for path in sources("evergreen") if path.relative_to(ROOT / "evergreen").parts[0] not in acting]


def dotted_names(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute):
            yield ast.unparse(node)


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("path", domain(), ids=lambda path: str(path.relative_to(ROOT)))
def test_the_domain_reads_no_clock_and_no_environment(path: Path) -> None:
    assert not IMPURE_CALLS & set(dotted_names(path))


def test_nothing_loads_a_pickle() -> None:
    found = {
        str(path.relative_to(ROOT)): name
        for path in sources("evergreen", "lambdas", "training", "stacks", "local")
        for name in imported(path)
        if name in PICKLES
    }

    assert found == {}
