"""Where the data commands work: a directory (`--store`), or a deployment's data bucket. They cannot tell."""

from __future__ import annotations

import os
import random
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from evergreen.cli.output import errors
from evergreen.cli.session import HOME, LOCAL_STAGE, decision_time, default_project, open_session
from evergreen.data.directory import Directory
from evergreen.data.manifest import NewFiles
from evergreen.data.names import datasets
from evergreen.data.staging import Staging
from evergreen.data.stat_cache import StatCache
from evergreen.data.versions import Versions
from evergreen.datasheets.lineage import Use
from evergreen.errors import EvergreenError
from evergreen.project import Project
from evergreen.project.reader import read_project
from evergreen.sources.quarantine import Quarantine

if TYPE_CHECKING:
    from evergreen.data.wanted import Wanted

StoreOption = Annotated[
    Path | None, typer.Option("--store", help="A directory that holds the versions; default: the deployment's bucket.")
]
DatasetOption = Annotated[str | None, typer.Option("--dataset", help="The dataset; default: the project's own.")]
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_PAUSE_SECONDS = 0.01


@dataclass(frozen=True)
class Place:
    """A dataset's versions, the project that declares it or `joins` it, and what only its deployment knows."""

    versions: Versions
    dataset: str
    project: Project | None
    at: str
    roots: Callable[[], Sequence[str]]
    quarantine: Quarantine
    is_directory: bool = False
    uses: Callable[[], Sequence[Use]] | None = None  # the runs of a deployment; a directory knows of none
    joins: Project | None = None

    @property
    def mode(self) -> NewFiles:
        """What the project does with new files; a directory without one takes each file as the whole."""
        return self.project.data.new_files if self.project else "replace"

    def wanted(self, mode: NewFiles) -> Wanted:
        """What is known of its columns before a file is read."""
        from evergreen.data.wanted import Wanted

        if self.joins is None:
            return Wanted.of(self.project)
        return Wanted.beside(self.joins, self.dataset, self.versions.head(self.dataset) if mode == "append" else None)

    @property
    def staging(self) -> Staging:
        """The additions that wait for a commit."""
        uri = self.versions.store.uri("")
        return Staging(Path(HOME) / "added", os.path.realpath(uri) if self.is_directory else uri, self.dataset)

    @property
    def cache(self) -> StatCache:
        """The hashes of files that were read from this folder before."""
        return StatCache(Path(HOME) / "hashes.json")

    def check_outside(self, source: Path) -> None:
        """EvergreenError when a folder to commit holds the store: its objects would be taken for data."""
        if self.is_directory and source.is_dir():
            store, folder = Path(os.path.realpath(self.versions.store.uri(""))), source.resolve()
            below = store.relative_to(folder).parts if store.is_relative_to(folder) else ("_",)
            if not any(name.startswith((".", "_")) for name in below):
                raise EvergreenError(
                    f"{source} holds the store {store}, whose objects are no data; take another folder, "
                    "or give the store a hidden name, such as .store"
                )


@contextmanager
def opened(
    store: Path | None,
    dataset: str | None,
    project: Path | None,
    stage: str,
    *,
    as_of: str | None = None,
    whole: bool = False,
    quiet: bool,
) -> Iterator[Place]:
    """The place, with a progress bar while it works. With `whole` all datasets are meant, and none needs a name."""
    with bar(quiet=quiet) as progress:
        if store is not None:
            yield _directory(store, dataset, project, as_of, progress, whole=whole)
            return
        from evergreen.aws.datasets import Datasets
        from evergreen.aws.landed import quarantine_of
        from evergreen.aws.lineage import uses

        session = open_session(project, stage)
        own = session.project.data.dataset
        joined = [join.dataset for join in session.project.data.join]
        if dataset not in (None, own, *joined):
            known = ", ".join([own, *joined])
            raise EvergreenError(f"{session.project.project} learns from the dataset {known}, not from {dataset}")
        versions = Datasets(session.data, session.ledger, progress=progress)
        at = decision_time(as_of, stage)

        def roots() -> list[str]:
            models = [model["data_manifest"] for model in session.state.list("model")]
            entries = session.ledger.query("data_version")
            return [*models, *(str(entry.evidence["manifest"]) for entry in entries)]

        declared = session.project if dataset in (None, own) else None
        quarantine = quarantine_of(session.project, session.data, session.ledger)

        def users() -> Sequence[Use]:
            return uses(session.state, session.ledger)

        joins = None if declared else session.project
        yield Place(versions, dataset or own, declared, at, roots, quarantine, uses=users, joins=joins)


@contextmanager
def bar(*, quiet: bool) -> Iterator[Callable[[str, int, int], None]]:
    """How far a long command is; shown on a terminal only, and gone at its end."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors, transient=True, disable=quiet or not errors.is_terminal) as shown:
        task = shown.add_task("", total=None, visible=False)

        def progress(doing: str, done: int, of: int) -> None:
            shown.update(task, description=doing, completed=done, total=of, visible=True)

        yield progress


def _directory(
    store: Path,
    dataset: str | None,
    project: Path | None,
    as_of: str | None,
    progress: Callable[[str, int, int], None],
    *,
    whole: bool,
) -> Place:
    declared = _project(project)
    # Profiles are made when somebody first asks: `show` and `diff` do.
    versions = Versions(Directory(store), progress=progress, pause=_wait, profiles=False)
    name = dataset or (declared.data.dataset if declared else "all" if whole else _only(versions, store))
    if not _NAME.fullmatch(name):
        raise EvergreenError(f"{name!r} cannot name a dataset; write lower-case letters, digits and dashes")
    joins = None
    if declared is not None and name != declared.data.dataset:
        joins, declared = declared, None
    at, quarantine = decision_time(as_of, LOCAL_STAGE), Quarantine(versions.store, name)
    return Place(versions, name, declared, at, lambda: [], quarantine, is_directory=True, joins=joins)


def _project(path: Path | None) -> Project | None:
    """The named project, or the one of this folder when there is one."""
    if path is None:
        try:
            path = default_project()
        except EvergreenError:
            return None
    return read_project(path, stage=LOCAL_STAGE)


def _only(versions: Versions, store: Path) -> str:
    found = datasets(versions)
    if len(found) == 1:
        return found[0]
    held = f"it holds {', '.join(found)}" if found else "it is empty"
    raise EvergreenError(f"{store}: name a dataset with --dataset ({held})")


def _wait(attempt: int) -> None:
    time.sleep(random.uniform(0, _PAUSE_SECONDS * (attempt + 1)))  # noqa: S311 - spreads writers, hides nothing
