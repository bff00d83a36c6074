"""A large version is profiled object by object by a distributed map, and merged once."""

from __future__ import annotations

from typing import Any
from unittest.mock import ANY

import pyarrow as pa
import pytest

from evergreen.aws import machines
from evergreen.aws.objects import Objects
from evergreen.data.keys import object_key, profile_key, version_profile_key
from evergreen.data.manifest import Manifest
from evergreen.data.versions import Versions
from evergreen.profiles.build import profile
from evergreen.profiles.table import merge
from tests.local.world import World
from tests.unit.data.stores import commit_parts, numbers

pytestmark = [pytest.mark.loop, pytest.mark.usefixtures("in_world")]
OBJECTS = 200


def parts(seed: int) -> list[pa.Table]:
    return [numbers(seed * OBJECTS + number, 40) for number in range(OBJECTS)]


def machine(world: World, manifest: Manifest, name: str) -> machines.Ending:
    asked = {"dataset": manifest.dataset, "manifest": manifest.id}
    execution = machines.start(world.session.deployment["ProfileMachineArn"], name, asked)
    return machines.wait(execution, poll=0.1)


@pytest.fixture
def store(world: World) -> Objects:
    return world.session.data


def test_two_hundred_objects_are_profiled_by_a_map_and_merged_to_the_byte(world: World, store: Objects) -> None:
    tables = parts(1)
    manifest = commit_parts(Versions(store, profiles=False), tables, dataset="large")

    end = machine(world, manifest, "profile-large")

    merged = store.get(version_profile_key(manifest.id))
    assert (end.status, end.error) == ("SUCCEEDED", None)
    assert len(manifest.objects) == OBJECTS
    assert merged == merge([profile(table) for table in tables]).to_bytes()
    states = machines.states_entered(
        machines.execution_arn(world.session.deployment["ProfileMachineArn"], "profile-large")
    )
    assert [name for name in states if name[-7:] != "Missing"] == [
        "ProfileObjects",
        "AnyRefused",
        "MergeProfiles",
        "AllMerged",
        "Profiled",
    ]

    again = machine(world, manifest, "profile-large-again")

    assert again.status == "SUCCEEDED"
    assert store.get(version_profile_key(manifest.id)) == merged


def test_one_damaged_object_fails_it_by_name_and_leaves_nothing_half_written(world: World, store: Objects) -> None:
    manifest = commit_parts(Versions(store, profiles=False), parts(2), dataset="damaged")
    damaged = manifest.objects[77].sha256
    whole = store.get(object_key(damaged))
    store.put(object_key(damaged), whole[:-1])

    end = machine(world, manifest, "profile-damaged")

    kept = [item.sha256 for item in manifest.objects if store.exists(profile_key(item.sha256))]
    assert (end.status, end.error) == ("FAILED", "DataRefused")
    assert damaged in str(end.cause)
    assert damaged not in kept
    assert len(kept) == OBJECTS - 1
    assert not store.exists(version_profile_key(manifest.id))

    store.put(object_key(damaged), whole)
    assert machine(world, manifest, "profile-mended").status == "SUCCEEDED"
    assert Versions(store).profile(manifest).rows == manifest.rows


def test_a_version_that_is_not_there_is_told_in_a_sentence(world: World) -> None:
    asked = {"dataset": "large", "manifest": "0" * 64}
    execution = machines.start(world.session.deployment["ProfileMachineArn"], "profile-nothing", asked)

    end = machines.wait(execution, poll=0.1)

    assert (end.status, end.error) == ("FAILED", "NotFound")
    assert str(end.cause).endswith(f"/{'0' * 64}.json does not exist")


def test_a_run_profiles_its_version_first(world: World, first_run: dict[str, Any]) -> None:
    child = machines.execution_arn(world.session.deployment["ProfileMachineArn"], first_run["run_id"])

    assert machines.ending(child) == machines.Ending("SUCCEEDED", ANY)

    done = world.told("data", "profile", "--version", first_run["data_version"], "--wait")

    assert (done["id"], done["done"]) == (first_run["data_manifest"], True)
