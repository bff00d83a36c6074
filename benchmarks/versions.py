"""Data versions in a directory beside DVC 3, both as commands, each with a store of its own on the same disk.

Sizes: VERSIONS_MB (1024), VERSIONS_FILES (10000), VERSIONS_ROUNDS (3).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from benchmarks import version_data
from benchmarks.environments import ROOT, PeerMissing, locked, python_of
from benchmarks.line import Line, Target, compare, installed, missing
from benchmarks.rounds import in_turn, median, with_peers

NAME = "versions"
PEER = "dvc"
FLOOR = "sha256 and copy"
CASES: dict[str, Target | None] = {
    "first version": Target("ratio", ">=", 1 / 1.3),
    "unchanged": Target("ratio", ">=", 30),
    "append 1 %": Target("ratio", ">=", 30),
    "edit 1 % in one place": Target("ratio", ">=", 1 / 1.3),
    "opaque file": Target("ratio", ">=", 3),
    "many small tables": Target("ratio", ">=", 3),
}
OPAQUE_OVER_FLOOR = Target("ratio", ">=", 1 / 1.3)
NEW_BYTES = {"append": 0.02, "replace": 0.05, "insert": 0.05, "delete": 0.05, "scattered": None}
_COMMAND = "from evergreen.cli.main import main; main()"


@dataclass(frozen=True)
class Inputs:
    """The files that are versioned."""

    home: Path
    rows: int
    rounds: int
    files: int

    def path(self, name: str) -> Path:
        """One of them."""
        return self.home / name


def run() -> Iterator[Line]:
    """A line for each case beside DVC, the opaque file beside its floor, and the new bytes of each edit."""
    inputs = _inputs()
    yield from _speeds(inputs)
    yield from _new_bytes(inputs)


def _speeds(inputs: Inputs) -> Iterator[Line]:
    versions = installed("pyarrow")
    contestants: dict[str, Callable[[], dict[str, float]]] = {"ours": lambda: _turn(inputs, _Ours)}
    problem = "PEERS=no"
    if with_peers():
        try:
            python_of(PEER)
            contestants[PEER] = lambda: _turn(inputs, _Dvc)
            versions |= locked(PEER, PEER)
        except PeerMissing as error:
            problem = str(error)
    contestants["floor"] = lambda: {"opaque file": _floor(inputs.path("opaque.bin"))}
    found = in_turn(contestants, inputs.rounds)
    for case, target in CASES.items():
        ours = median([figures[case] for figures in found["ours"]])
        if PEER not in found:
            yield missing(NAME, case, "seconds", problem, peer=PEER, target=target)
            continue
        theirs = median([figures[case] for figures in found[PEER]])
        n = inputs.files if case == "many small tables" else inputs.rows
        yield compare(
            NAME, case, "seconds", ours, better="lower", n=n, peer=PEER, theirs=theirs, target=target, versions=versions
        )
    ours, floor = (median([figures["opaque file"] for figures in found[name]]) for name in ("ours", "floor"))
    yield compare(
        NAME, "opaque file", "seconds", ours, better="lower", n=inputs.rows, peer=FLOOR, theirs=floor,
        target=OPAQUE_OVER_FLOOR, versions=versions,
    )  # fmt: skip


def _new_bytes(inputs: Inputs) -> Iterator[Line]:
    """What each edit of 1 % of the rows adds to a store that holds the first version."""
    for kind, bound in NEW_BYTES.items():
        path = inputs.path(f"{kind}.parquet")
        if not path.exists():
            version_data.write_edit(inputs.path("first.parquet"), path, kind, inputs.rows)
        with tempfile.TemporaryDirectory(dir=inputs.home) as folder:
            ours = _Ours(Path(folder))
            ours.commit(inputs.path("first.parquet"), "table")
            source, flags = (inputs.path("new.parquet"), ("--append",)) if kind == "append" else (path, ())
            new, before = ours.commit(source, "table", *flags)["new_bytes"], path.stat().st_size
        target = None if bound is None else Target("ours", "<=", bound)
        case = f"{kind} 1 %" if kind != "scattered" else "one column of 1 % of the rows, scattered"
        yield compare(NAME, case, "share of new bytes", new / before, better="lower", n=inputs.rows, target=target)


class _Ours:
    """`evergreen data commit` into a directory."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def commit(self, source: Path, dataset: str, *flags: str) -> Mapping[str, float]:
        """Commit; returns what the command says."""
        command = [sys.executable, "-c", _COMMAND, "data", "commit", str(source), "--store", "store", "--json"]
        done = _run([*command, "--dataset", dataset, *flags], self.home)
        answer: Mapping[str, float] = json.loads(done)
        return answer

    def times(self, inputs: Inputs) -> dict[str, float]:
        """Seconds of each case."""
        first = inputs.path("first.parquet")
        return {
            "first version": _seconds(lambda: self.commit(first, "table")),
            "unchanged": _seconds(lambda: self.commit(first, "table")),
            "append 1 %": _seconds(lambda: self.commit(inputs.path("new.parquet"), "table", "--append")),
            "edit 1 % in one place": _seconds(lambda: self.commit(inputs.path("replace.parquet"), "table")),
            "opaque file": _seconds(lambda: self.commit(inputs.path("opaque.bin"), "opaque")),
            "many small tables": _seconds(lambda: self.commit(inputs.path("many"), "many")),
        }


class _Dvc:
    """`dvc add`, `git commit` and `dvc push` to a directory."""

    def __init__(self, home: Path) -> None:
        self.home = home
        (home / "remote").mkdir()
        self._git("init", "-q", "-b", "main")
        self._dvc("init", "-q")
        self._dvc("remote", "add", "-q", "-d", "there", str(home / "remote"))
        self._git("commit", "-qam", "init")

    def times(self, inputs: Inputs) -> dict[str, float]:
        """Seconds of each case; copying the files into the working folder is not counted."""
        first = inputs.path("first.parquet")
        return {
            "first version": self._version(first, "table.parquet"),
            "unchanged": self._version(None, "table.parquet"),
            "append 1 %": self._version(inputs.path("append.parquet"), "table.parquet"),
            "edit 1 % in one place": self._version(inputs.path("replace.parquet"), "table.parquet"),
            "opaque file": self._version(inputs.path("opaque.bin"), "opaque.bin"),
            "many small tables": self._version(inputs.path("many"), "many"),
        }

    def _version(self, source: Path | None, name: str) -> float:
        if source is not None:
            target = self.home / name
            target.unlink(missing_ok=True)
            shutil.copytree(source, target) if source.is_dir() else shutil.copyfile(source, target)
        return _seconds(lambda: self._commit(name))

    def _commit(self, name: str) -> None:
        self._dvc("add", "-q", name)
        self._git("add", "-A", ".")
        self._git("commit", "-q", "--allow-empty", "-m", "version")
        self._dvc("push", "-q")

    def _dvc(self, *arguments: str) -> None:
        _run([str(python_of(PEER)), "-m", "dvc", *arguments], self.home)

    def _git(self, *arguments: str) -> None:
        _run(["git", *arguments], self.home)


def _turn(inputs: Inputs, contestant: type[_Ours] | type[_Dvc]) -> dict[str, float]:
    with tempfile.TemporaryDirectory(dir=inputs.home) as folder:
        return contestant(Path(folder)).times(inputs)


def _floor(path: Path) -> float:
    def hash_and_copy() -> None:
        content = sha256()
        with path.open("rb") as file:
            while piece := file.read(1 << 20):
                content.update(piece)
        shutil.copyfile(path, path.with_suffix(".copy"))

    seconds = _seconds(hash_and_copy)
    path.with_suffix(".copy").unlink()
    return seconds


def _inputs() -> Inputs:
    megabytes, files = int(os.environ.get("VERSIONS_MB", "1024")), int(os.environ.get("VERSIONS_FILES", "10000"))
    home = ROOT / "build" / "bench" / "data" / f"versions-{megabytes}-{files}"
    done = home / "rows"
    if not done.exists():
        home.mkdir(parents=True, exist_ok=True)
        rows = version_data.write_first(home / "first.parquet", megabytes)
        version_data.write_new_rows(home / "new.parquet", rows)
        for kind in ("append", "replace"):
            version_data.write_edit(home / "first.parquet", home / f"{kind}.parquet", kind, rows)
        version_data.write_opaque(home / "opaque.bin", megabytes)
        version_data.write_many(home / "many", files)
        done.write_text(str(rows))
    return Inputs(home, int(done.read_text()), int(os.environ.get("VERSIONS_ROUNDS", "3")), files)


def _seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def _run(command: list[str], folder: Path) -> str:
    named = {f"GIT_{who}_{what}": "bench@localhost" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {**os.environ, **named, "DVC_NO_ANALYTICS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[:4])}: {done.stderr.strip()[-500:] or done.stdout[-500:]}")
    return done.stdout
