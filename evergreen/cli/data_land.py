"""Commands of the landing zone: land, fetch, retry."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from evergreen.cli.data_store import DatasetOption, Place, StoreOption, opened
from evergreen.cli.options import AsOf, Json, ProjectFile, Stage
from evergreen.cli.output import as_json, cell, show, show_table
from evergreen.cli.units import size_text
from evergreen.errors import DataRefused, EvergreenError
from evergreen.times import instant
from evergreen.wording import number_of

if TYPE_CHECKING:
    from evergreen.aws.fetching import Fetched
    from evergreen.sources.commits import BatchResult

T = TypeVar("T")
Source = Annotated[Path, typer.Argument(help="A file or a folder of tables.", exists=True)]


def land(
    source: Source,
    batch: Annotated[
        str | None, typer.Option("--batch", help="The batch's name; default: the file's name and its content's hash.")
    ] = None,
    store: StoreOption = None,
    dataset: DatasetOption = None,
    project: ProjectFile = None,
    stage: Stage = "local",
    as_of: AsOf = None,
    json_: Json = False,
) -> None:
    """Bring a file or a folder into the landing zone, closed by _SUCCESS; commit_batch makes it the next version.

    Without --batch what was sent before is not sent again. A directory store commits it at once.
    """
    from evergreen.sources.batch import FETCHED

    with opened(store, dataset, project, stage, as_of=as_of, quiet=json_) as place:
        place.check_outside(source)
        check_landed(place)
        name = batch or _named(source)
        if name.startswith(FETCHED):
            raise DataRefused(f"{name!r}: batches that begin with {FETCHED} are fetched ones; choose another name")
        sent, found = _sent(place, source, name, anew=batch is not None)
        result = None if store is None else _commit(place, name)
    result = result and replace(result, warnings=(*result.warnings, *found))
    value = {
        "dataset": place.dataset,
        "batch": name,
        "sent": sent,
        **(asdict(result) if result else {"warnings": found}),
    }
    landed = (
        f"{place.dataset}: landed {name}, {size_text(sent)} sent; commit_batch makes it a version: evergreen data log"
        f"{_warned(found)}"
    )
    show(value, json_=json_, text=_told(place, result) if result else landed)
    _ended(result)


def fetch(
    again: Annotated[bool, typer.Option("--again", help="Read although a refused batch waits.")] = False,
    store: StoreOption = None,
    dataset: DatasetOption = None,
    project: ProjectFile = None,
    stage: Stage = "local",
    as_of: AsOf = None,
    json_: Json = False,
) -> None:
    """Fetch what is new in data.source and commit it, batch by batch, until nothing is new."""
    from evergreen.aws.fetching import Fetcher

    done: list[dict[str, Any]] = []
    lines: list[str] = []
    with opened(store, dataset, project, stage, as_of=as_of, quiet=json_) as place:
        fetcher = Fetcher(_declared(place), place.versions, place.quarantine)
        result = None
        more = True
        while more:
            fetched = _in_scratch(lambda scratch: fetcher.fetch(instant(place.at), scratch, again=again))
            result = _commit(place, str(fetched.batch)) if fetched.outcome == "landed" else None
            done.append(asdict(fetched) | {"commit": asdict(result) if result else None})
            lines += [_fetched(place, fetched), *([_told(place, result)] if result else [])]
            more = fetched.more and result is not None and result.outcome in ("committed", "unchanged")
    as_json({"dataset": place.dataset, "batches": done}) if json_ else show({}, json_=False, text="\n".join(lines))
    _ended(result, held=done[-1]["outcome"] == "held")


def retry(
    batch: Annotated[str | None, typer.Argument(help="A refused batch; default: list them.")] = None,
    store: StoreOption = None,
    dataset: DatasetOption = None,
    project: ProjectFile = None,
    stage: Stage = "local",
    as_of: AsOf = None,
    json_: Json = False,
) -> None:
    """Commit a refused batch again, after the project or its files have changed; without a name, list them."""
    with opened(store, dataset, project, stage, as_of=as_of, quiet=json_) as place:
        check_landed(place)
        waiting = [each.model_dump(mode="json") for each in place.quarantine.open()]
        result = _commit(place, batch) if batch else None
    if result is None:
        show_table(
            waiting, ("at", "batch", "reason"), json_=json_, title="quarantine", empty="nothing is in quarantine"
        )
        return
    show(asdict(result), json_=json_, text=_told(place, result))
    _ended(result)


def _named(source: Path) -> str:
    """A name that content decides: the same files land in the same place."""
    from evergreen.data.hashing import hashes
    from evergreen.data.sources import found_files, source_of
    from evergreen.data.stat_cache import StatCache

    files = found_files(source)
    content = source_of(source, files, hashes(files, StatCache())).sha256[:12]
    kept = "".join(letter if letter.isalnum() or letter in "._=-" else "-" for letter in source.resolve().name)
    return f"{kept.encode('ascii', 'ignore').decode().lstrip('._=-')[:100] or 'batch'}-{content}"


def _sent(place: Place, source: Path, batch: str, *, anew: bool) -> tuple[int, tuple[str, ...]]:
    """Bring the files in; the bytes that were sent, and a sentence about those that are left out."""
    from evergreen.data.sources import left_out
    from evergreen.sources.batch import Marker
    from evergreen.sources.landing import land as bring

    passed_over: list[str] = []
    store, progress, marker = place.versions.store, place.versions.progress, Marker(as_of=place.at)
    sent = bring(store, place.dataset, source, batch, marker, anew=anew, progress=progress, passed_over=passed_over)
    return sent, left_out([], sorted(passed_over))


def _commit(place: Place, batch: str) -> BatchResult:
    from evergreen.sources.commits import BatchCommits
    from evergreen.sources.landing import forget

    mode = place.mode
    commits = BatchCommits(
        place.versions, place.dataset, place.project, mode, place.quarantine, wanted=place.wanted(mode)
    )
    result = _in_scratch(lambda scratch: commits.commit(batch, scratch, as_of=place.at))
    if place.is_directory and result.outcome in ("committed", "unchanged", "superseded"):
        forget(place.versions.store, place.dataset, batch)
    return result


def _in_scratch(act: Callable[[Path], T]) -> T:
    with tempfile.TemporaryDirectory(prefix="evergreen-") as scratch:
        return act(Path(scratch))


def check_landed(place: Place) -> None:
    """EvergreenError for a dataset whose batches nothing commits: a deployment listens for its own."""
    if not place.is_directory and place.project is None:
        raise EvergreenError(
            f"a deployment lands its own dataset only; commit {place.dataset}: "
            f"evergreen data commit FILE --dataset {place.dataset}"
        )


def _declared(place: Place) -> Any:
    if place.project is None:
        raise EvergreenError(
            "there is no project here that declares a data.source for this dataset; name one: --project"
        )
    return place.project


def _fetched(place: Place, fetched: Fetched) -> str:
    if fetched.outcome == "nothing_new":
        return f"{place.dataset}: nothing new since {cell(fetched.watermark_to)}"
    if fetched.outcome == "held":
        return f"{place.dataset}: held at {cell(fetched.watermark_from)} by {fetched.batch}, refused: {fetched.reason}"
    rows = f"{number_of(fetched.rows, 'row')}, " if fetched.rows is not None else ""
    moved = f"{cell(fetched.watermark_from)} → {cell(fetched.watermark_to)}"
    return f"{place.dataset}: fetched {rows}{size_text(fetched.size)} as {fetched.batch}, {moved}"


def _told(place: Place, result: BatchResult) -> str:
    if result.outcome in ("quarantined", "superseded"):
        return f"{place.dataset}: {result.batch} is {result.outcome}: {result.reason}"
    new = f"{number_of(result.new_rows, 'new row')}; " if result.outcome == "committed" else "unchanged, "
    rows = number_of(result.rows or 0, "row")
    return f"{place.dataset} {result.version}: {new}{rows} in all{_warned(result.warnings)}"


def _warned(sentences: Sequence[str]) -> str:
    return "".join(f"\nwarning: {sentence}" for sentence in sentences)


def _ended(result: BatchResult | None, *, held: bool = False) -> None:
    """Refused data is a failure of the command, too."""
    if held or (result is not None and result.outcome == "quarantined"):
        raise typer.Exit(1)
