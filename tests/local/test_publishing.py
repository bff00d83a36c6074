"""A version in S3 as an Iceberg table of Glue: the same parts, found through the catalog alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from evergreen.aws.catalogs import open_catalog
from evergreen.aws.objects import Objects
from evergreen.cli.data import app
from evergreen.data.versions import Versions
from tests.local.test_commits import PROJECT, Store, storage, store  # noqa: F401 - fixtures
from tests.unit.data.stores import commit_parts, numbers

PARTS = [numbers(seed, 40) for seed in range(3)]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    path = tmp_path / "project.yaml"
    path.write_text(PROJECT % "sold-parts")
    return path


def publish(project: Path, catalog: str) -> dict[str, Any]:
    asked = ["publish", "--iceberg", catalog, "--project", str(project), "--stage", "prod", "--json"]
    result = CliRunner().invoke(app, asked, catch_exceptions=False)
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.mark.parametrize("catalog", ["glue", "sqlite"])
def test_versions_in_s3_are_tables_without_a_copy(store: Store, project: Path, catalog: str) -> None:  # noqa: F811
    name = catalog if catalog == "glue" else f"sqlite:///{project.parent}/c.db"
    objects = Objects(store.bucket)
    versions = Versions(objects, profiles=False)
    commit_parts(versions, PARTS[:2], dataset="sold-parts")
    first = publish(project, name)
    commit_parts(versions, [PARTS[0], PARTS[2]], dataset="sold-parts", day=2)

    second = publish(project, name)

    table = open_catalog(name, objects).load_table("shop.sold_parts")
    assert (first["added"], second["added"], second["removed"]) == (2, 1, 1)
    assert table.scan().to_arrow().num_rows == 80
    earlier = table.scan(snapshot_id=first["snapshot"])
    assert earlier.to_arrow().num_rows == 80
    assert {task.file.file_path.split("/")[3] for task in table.scan().plan_files()} == {"objects"}
    assert publish(project, name)["unchanged"]
