"""Commands that look at versions: log, show, diff, tag."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from evergreen.cli.data_store import DatasetOption, StoreOption, opened
from evergreen.cli.options import Json, ProjectFile, Stage
from evergreen.cli.output import as_json, cell, console, show, show_table
from evergreen.cli.units import size_text
from evergreen.data import names
from evergreen.data.difference import Difference, difference
from evergreen.data.manifest import Manifest
from evergreen.data.versions import Versions
from evergreen.wording import number_of

Version = Annotated[str, typer.Argument(help="A version, a tag, the beginning of an id, or head.")]


def log(
    store: StoreOption = None,
    dataset: DatasetOption = None,
    project: ProjectFile = None,
    stage: Stage = "local",
    json_: Json = False,
) -> None:
    """The versions of a dataset, newest first."""
    with opened(store, dataset, project, stage, quiet=json_) as place:
        tagged: dict[str, list[str]] = {}
        for name, tag_ in names.tags(place.versions, place.dataset).items():
            tagged.setdefault(tag_.manifest, []).append(name)
        rows = [
            {
                "version": manifest.version,
                "id": id_,
                "rows": manifest.rows,
                "objects": len(manifest.objects) + len(manifest.files),
                "committed_at": manifest.committed_at,
                "tags": tagged.get(id_, []),
                "message": manifest.message,
            }
            for id_, manifest in place.versions.log(place.dataset)
        ]
    columns = ("version", "rows", "objects", "committed_at", "tags", "message")
    empty = f"{place.dataset} has no version yet; commit one: evergreen data commit FILE"
    show_table(rows, columns, json_=json_, title=place.dataset, empty=empty)


def show_version(
    version: Version = "head",
    store: StoreOption = None,
    dataset: DatasetOption = None,
    project: ProjectFile = None,
    stage: Stage = "local",
    json_: Json = False,
) -> None:
    """One version: where it came from, its size and its columns."""
    with opened(store, dataset, project, stage, quiet=json_) as place:
        manifest = names.find(place.versions, place.dataset, version)
        size = sum(manifest.sizes().values())
        columns = _columns(place.versions, manifest)
    value = {**manifest.model_dump(mode="json"), "id": manifest.id, "size": size, "columns": columns}
    if json_:
        as_json(value)
        return
    parts, files = len(manifest.objects), len(manifest.files)
    table = f"{number_of(manifest.rows, 'row')} in {number_of(parts, 'part')}"
    amount = table if parts else number_of(files, "file")
    joined = "".join(f"\njoined with {it.dataset} {it.version} ({it.manifest[:12]})" for it in manifest.source.joined)
    console.print(
        f"{manifest.dataset} {manifest.version}  {manifest.id[:12]}\n{amount}, {size_text(size)}; from "
        f"{manifest.source.name} ({manifest.source.sha256[:12]}), {manifest.committed_at}: {manifest.message}{joined}",
        highlight=False,
        markup=False,
    )
    rows = columns or [{"path": item.path, "size": size_text(item.size)} for item in manifest.files]
    shown = ("column", "type", "nullable", "missing", "min", "max", "mean", "distinct") if columns else ("path", "size")
    show_table(rows, shown, json_=False, title="", empty="")


def diff(
    before: Version,
    after: Version = "head",
    store: StoreOption = None,
    dataset: DatasetOption = None,
    project: ProjectFile = None,
    stage: Stage = "local",
    json_: Json = False,
) -> None:
    """What changed from one version to another: schema, rows by object, and the drift of each column."""
    with opened(store, dataset, project, stage, quiet=json_) as place:
        old, new = (names.find(place.versions, place.dataset, name) for name in (before, after))
        found = difference(old, new)
        drift = [] if found.is_empty or new.files or old.files else _drift(place.versions, old, new)
    if json_:
        as_json({**found.to_dict(), "drift": drift})
        return
    console.print(_summary(place.dataset, found), highlight=False, markup=False)
    changes = [vars(change) for change in found.columns]
    if changes:
        show_table(changes, ("column", "change", "before", "after"), json_=False, title="schema", empty="")
    if drift:
        show_table(drift, tuple(drift[0]), json_=False, title="drift", empty="")


def tag(
    name: Annotated[str | None, typer.Argument(help="The tag; none lists all.")] = None,
    version: Version = "head",
    delete: Annotated[bool, typer.Option("--delete", help="Take the tag away.")] = False,
    store: StoreOption = None,
    dataset: DatasetOption = None,
    project: ProjectFile = None,
    stage: Stage = "local",
    json_: Json = False,
) -> None:
    """Name a version, or list the names; a name never moves."""
    with opened(store, dataset, project, stage, quiet=json_) as place:
        if name is None:
            found = names.tags(place.versions, place.dataset)
            rows = [{"tag": each, "version": item.version, "id": item.manifest} for each, item in found.items()]
            show_table(rows, ("tag", "version", "id"), json_=json_, title=place.dataset, empty="no tags")
            return
        if delete:
            names.untag(place.versions, place.dataset, name)
            show({"tag": name, "deleted": True}, json_=json_, text=f"{place.dataset}: {name} is no tag any more")
            return
        manifest = names.find(place.versions, place.dataset, version)
        names.tag(place.versions, place.dataset, name, manifest)
    value = {"tag": name, "version": manifest.version, "id": manifest.id}
    show(value, json_=json_, text=f"{place.dataset} {manifest.version} is {name}")


def _columns(versions: Versions, manifest: Manifest) -> list[dict[str, Any]]:
    if not manifest.objects:
        return []
    profile = versions.profile(manifest)
    rows = []
    for column in manifest.columns:
        row: dict[str, Any] = {"column": column.name, "type": column.type, "nullable": column.nullable}
        found = profile.column(column.name)
        if found is not None:
            row |= {name: getattr(found, name) for name in ("missing", "min", "max", "mean", "distinct")}
        rows.append(row)
    return rows


def _drift(versions: Versions, before: Manifest, after: Manifest) -> list[dict[str, Any]]:
    """The drift of each column that both versions have, from their profiles; the strongest first."""
    from evergreen.drift.compare import compare_profiles

    report = compare_profiles(versions.profile(before), versions.profile(after))
    found = sorted(report.features, key=lambda feature: feature.weight, reverse=True)
    return [
        {
            "column": feature.name,
            "psi": feature.value("psi"),
            "ks": feature.value("ks"),
            "missing": feature.value("missing"),
            "new_categories": list(feature.new),
            "verdict": "breach" if feature.breach else report.verdict if report.verdict != "breach" else "ok",
        }
        for feature in found
    ]


def _summary(dataset: str, found: Difference) -> str:
    if found.is_empty:
        return f"{dataset} {found.before} and {found.after} hold the same"
    lines = [f"{dataset} {found.before} → {found.after}"]
    if found.objects_added or found.objects_removed:
        lines.append(
            f"rows {found.rows:+,}: {found.rows_added:,} in {number_of(found.objects_added, 'new part')}, "
            f"{found.rows_removed:,} in {number_of(found.objects_removed, 'removed one')}, "
            f"{number_of(found.objects_kept, 'part')} kept; {size_text(found.bytes_added)} new"
        )
    for name in ("added", "removed", "changed"):
        paths = getattr(found, f"files_{name}")
        if paths:
            shown = f"{cell(list(paths[:5]))}{' …' if len(paths) > 5 else ''}"
            lines.append(f"{number_of(len(paths), 'file')} {name}: {shown}")
    return "\n".join(lines)
