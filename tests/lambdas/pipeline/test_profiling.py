from __future__ import annotations

import json
from typing import Any

import pytest

from evergreen.data.canonical import sha256
from evergreen.data.keys import manifest_key, object_key, profile_key, version_profile_key
from evergreen.data.manifest import DataObject, Manifest, Source
from evergreen.data.parts import Part
from evergreen.data.versions import Versions
from evergreen.profiles.build import profile
from evergreen.profiles.table import merge
from lambdas.merge_profiles.handler import handler as merge_profiles
from lambdas.profile_objects.handler import handler as profile_objects
from tests.lambdas.context import CONTEXT
from tests.lambdas.pipeline.conftest import Cloud
from tests.unit.data.stores import commit_parts, numbers

TABLES = [numbers(seed, 40) for seed in range(5)]


@pytest.fixture
def version(cloud: Cloud) -> Manifest:
    return commit_parts(Versions(cloud.data, profiles=False), TABLES, dataset="customers")


def merged(manifest: Manifest) -> dict[str, Any]:
    return merge_profiles({"dataset": "customers", "manifest": manifest.id}, CONTEXT)


def listed(cloud: Cloud, answer: dict[str, Any]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(cloud.data.get(answer["listed"]))
    return found


def test_lists_what_is_missing_then_merges_what_is_there(cloud: Cloud, version: Manifest) -> None:
    answer = merged(version)
    assert (answer["objects"], answer["missing"]) == (5, 5)
    assert listed(cloud, answer) == [{"sha256": sha} for sha in sorted(item.sha256 for item in version.objects)]

    assert profile_objects({"objects": listed(cloud, answer)}, CONTEXT) == {"made": 5, "refused": 0, "first": None}

    assert merged(version) == {"objects": 5, "missing": 0, "listed": None}
    assert cloud.data.get(version_profile_key(version.id)) == merge([profile(table) for table in TABLES]).to_bytes()


def test_asked_again_it_makes_nothing_again(cloud: Cloud, version: Manifest) -> None:
    batch = {"objects": listed(cloud, merged(version))}
    profile_objects(batch, CONTEXT)

    assert profile_objects(batch, CONTEXT)["made"] == 0
    assert merged(version) == merged(version)


def test_an_object_that_is_damaged_or_gone_does_not_keep_the_others_from_theirs(
    cloud: Cloud, version: Manifest
) -> None:
    damaged, gone, *others = sorted(item.sha256 for item in version.objects)
    cloud.data.put(object_key(damaged), b"PAR1")
    cloud.data.delete([object_key(gone)])

    answer = profile_objects({"objects": listed(cloud, merged(version))}, CONTEXT)

    assert (answer["made"], answer["refused"]) == (3, 2)
    assert answer["first"] == f"s3://data/{object_key(damaged)} does not have the content that its name says"
    assert [cloud.data.exists(profile_key(sha)) for sha in (damaged, gone, *others)] == [False, False, True, True, True]
    assert merged(version)["missing"] == 2
    assert not cloud.data.exists(version_profile_key(version.id))


@pytest.mark.parametrize("content", [b"", b"of another format"])
def test_a_damaged_profile_is_made_again_from_its_object(cloud: Cloud, version: Manifest, content: bytes) -> None:
    profile_objects({"objects": listed(cloud, merged(version))}, CONTEXT)
    merged(version)
    whole = cloud.data.get(version_profile_key(version.id))
    damaged = {version.objects[1].sha256, version.objects[3].sha256}
    for key in (version_profile_key(version.id), *map(profile_key, damaged)):
        cloud.data.put(key, content)

    batch = {"objects": listed(cloud, merged(version))}

    assert {item["sha256"] for item in batch["objects"]} == damaged
    assert profile_objects(batch, CONTEXT)["made"] == 2
    assert merged(version)["missing"] == 0
    assert cloud.data.get(version_profile_key(version.id)) == whole


def test_a_version_of_one_object_has_that_objects_profile(cloud: Cloud) -> None:
    body = Part.of(TABLES[0]).to_bytes()
    only = DataObject(sha256=sha256(body), size=len(body), rows=40)
    manifest = Manifest(
        dataset="customers", version="1.0.0", parent=None, columns=(), rows=40, objects=(only,), new_files="replace",
        committed_at="2013-01-01T00:00:00Z", message="", source=Source(name="s", sha256="0"),
    )  # fmt: skip
    cloud.data.put_new(object_key(only.sha256), body)
    cloud.data.put_new(manifest_key("customers", manifest.id), manifest.to_bytes())

    profile_objects({"objects": listed(cloud, merged(manifest))}, CONTEXT)

    assert merged(manifest)["missing"] == 0
    assert not cloud.data.exists(version_profile_key(manifest.id))
    assert Versions(cloud.data).profile(manifest).rows == 40
