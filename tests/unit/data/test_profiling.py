"""Profiles of versions whose objects have none: made once, by whoever comes first, always the same bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from evergreen.cli.data import app
from evergreen.data.directory import Directory
from evergreen.data.keys import object_key, profile_key, version_profile_key
from evergreen.data.manifest import Manifest
from evergreen.data.profiling import merge_in_groups, merge_version, profile_objects, unprofiled, version_profile
from evergreen.data.versions import Versions
from evergreen.errors import DataRefused, EvergreenError
from evergreen.profiles.build import profile
from evergreen.profiles.table import TableProfile, merge
from tests.unit.data.stores import commit_parts, numbers

TABLES = [numbers(seed, 300) for seed in range(12)]


@pytest.fixture
def store(tmp_path: Path) -> Directory:
    return Directory(tmp_path / "store")


@pytest.fixture
def version(store: Directory) -> Manifest:
    return commit_parts(Versions(store, profiles=False), TABLES)


def command(*arguments: str) -> Any:
    result = CliRunner().invoke(app, ["profile", *arguments, "--json"])
    if result.exception:
        raise result.exception
    return json.loads(result.stdout)


def test_a_profile_made_later_is_the_one_that_the_commit_would_have_made(store: Directory) -> None:
    random = np.random.default_rng(0)
    pieces = [pa.table({"x": random.normal(size=7000)}) for _ in range(40)]
    Versions(store).commit("d", pa.concat_tables(pieces), mode="replace", message="", as_of="2013-01-01T00:00:00Z")
    manifest = Versions(store).head("d")
    assert manifest is not None
    keys = [profile_key(item.sha256) for item in manifest.objects]
    committed = {key: store.get(key) for key in keys}
    store.delete(keys)

    assert profile_objects(store, unprofiled(store, manifest)).made == len(keys) > 10

    assert {key: store.get(key) for key in keys} == committed


def test_profiles_of_another_format_count_as_missing(store: Directory, version: Manifest) -> None:
    for item in version.objects:
        store.put_new(f"profiles/{item.sha256[:2]}/{item.sha256}", b"evergreen profile 2\n", content_type="")

    assert len(unprofiled(store, version)) == len(version.objects)
    assert profile_objects(store, unprofiled(store, version)).made == len(version.objects)
    assert merge_version(store, version).missing == 0


def test_the_command_profiles_what_has_no_profile_and_merges_once(store: Directory, version: Manifest) -> None:
    place = ("--store", str(store.root))

    first, again = command(*place), command(*place, "--version", "1.0.0")

    assert (first["made"], first["rows"], again["made"]) == (12, 3600, 0)
    expected = merge([profile(table) for table in TABLES])
    assert store.get(version_profile_key(version.id)) == expected.to_bytes()
    assert version_profile(store, version, keep=False) == expected


def test_a_damaged_object_is_named_and_the_others_keep_their_profiles(store: Directory, version: Manifest) -> None:
    damaged = Path(store.uri(object_key(version.objects[3].sha256)))
    damaged.write_bytes(damaged.read_bytes()[:-1])

    with pytest.raises(DataRefused, match=f"{damaged.name} does not have the content that its name says.*verify"):
        command("--store", str(store.root))

    assert unprofiled(store, version) == [version.objects[3].sha256]
    assert not store.exists(version_profile_key(version.id))


def test_whole_files_have_no_profile(store: Directory, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("one")
    CliRunner().invoke(
        app,
        ["commit", str(tmp_path / "notes.txt"), "--store", str(store.root), "--dataset", "n"],
        catch_exceptions=False,
    )

    with pytest.raises(EvergreenError, match="holds whole files, which have no profile"):
        command("--store", str(store.root))


def test_what_is_listed_as_missing_is_the_same_list_each_time(store: Directory, version: Manifest) -> None:
    first, second = merge_version(store, version), merge_version(store, version)

    assert first == second
    assert first.missing == 12
    assert [item["sha256"] for item in json.loads(store.get(first.listed or ""))] == unprofiled(store, version)


def profiles() -> list[TableProfile]:
    random = np.random.default_rng(1)
    return [profile(pa.table({"x": random.normal(size=5000)})) for _ in range(9)]


def test_profiles_that_fit_together_are_merged_flat() -> None:
    parts = profiles()

    assert merge_in_groups(parts).to_bytes() == merge(parts).to_bytes()


def test_more_than_fits_is_merged_in_groups_within_the_bound_that_the_result_carries() -> None:
    parts = profiles()
    whole = merge(parts)

    grouped = merge_in_groups(parts, limit=3 * len(parts[0].to_bytes()))

    summary, exact = grouped.columns["x"].quantiles, np.sort(np.random.default_rng(1).normal(size=(9, 5000)).ravel())
    assert summary is not None
    assert (grouped.rows, grouped.columns["x"].top_error) == (45_000, whole.columns["x"].top_error)
    at = np.linspace(-3, 3, 101)
    difference = np.abs(summary.cdf(at) - np.searchsorted(exact, at, side="right") / len(exact)).max()
    assert difference <= summary.error <= 4 / 4096
    assert merge_in_groups(parts, limit=3 * len(parts[0].to_bytes())).to_bytes() == grouped.to_bytes()
