"""An app's unmodified templates are deployed, updated, and refused with reasons."""

from __future__ import annotations

import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree
from urllib.parse import urlsplit

import pytest

from evergreen.errors import CloudError
from local.cloud import LocalCloud, api_url
from local.deploy import Outputs, deploy

KEY = "0123456789abcdefghij"


def post(url: str, key: str = KEY) -> tuple[int, bytes]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    try:
        connection.request("POST", f"{parts.path}/", b"{}", {"x-api-key": key, "Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


@pytest.fixture(scope="module")
def url(cloud: LocalCloud, outputs: Outputs) -> str:
    return api_url(cloud.endpoint, outputs["test-front"]["ApiId"], "prod")


def test_stacks_have_their_outputs(outputs: Outputs) -> None:
    assert set(outputs) == {"test-base", "test-front"}
    assert outputs["test-base"]["Stage"] == "local"
    assert outputs["test-base"]["GroupArn"].endswith(":model-package-group/test-base-models")


def test_an_image_tag_resolves_to_a_digest(cloud: LocalCloud, outputs: Outputs) -> None:
    repository, _, tag = outputs["test-base"]["ImageUri"].partition("/")[2].partition(":")

    found = cloud.client("ecr").describe_images(repositoryName=repository, imageIds=[{"imageTag": tag}])

    assert found["imageDetails"][0]["imageDigest"].startswith("sha256:")


def test_the_api_asks_for_its_key(url: str) -> None:
    assert post(url)[0] == 200
    assert post(url, key="wrong")[0] == 403


def test_one_environment_serves_one_request_after_another(url: str) -> None:
    first, second = (json.loads(post(url)[1])["calls"] for _ in range(2))

    assert second == first + 1


def test_embedded_metrics_become_cloudwatch_metrics(cloud: LocalCloud, url: str) -> None:
    def total() -> float:
        now = datetime.now(UTC)
        found = cloud.client("cloudwatch").get_metric_statistics(
            Namespace="Test",
            MetricName="Requests",
            Dimensions=[{"Name": "deployment", "Value": "d"}],
            StartTime=now - timedelta(hours=1),
            EndTime=now + timedelta(hours=1),
            Period=86400,
            Statistics=["Sum"],
        )
        return sum(point["Sum"] for point in found["Datapoints"])

    before = total()
    post(url)

    assert total() == before + 1


def test_four_predictions_go_at_once(url: str) -> None:
    post(url)

    with ThreadPoolExecutor(4) as callers:
        statuses = {status for status, _ in callers.map(lambda _: post(url), range(40))}

    assert statuses == {200}


def test_deploying_again_changes_nothing(cloud: LocalCloud, assembly: Path, outputs: Outputs) -> None:
    assert deploy(cloud, assembly) == outputs


def edited(assembly: Path, target: Path, old: str, new: str) -> Path:
    """A copy of the app whose base template and asset name are changed."""
    copytree(assembly, target)
    for name in ("test-base.template.json", "test-base.assets.json"):
        text = (target / name).read_text()
        digest = json.loads((assembly / "test-base.assets.json").read_text())["files"]
        key = next(k for k, v in digest.items() if v["source"]["path"] == "test-base.template.json")
        (target / name).write_text(text.replace(old, new).replace(key, f"{new.encode().hex():0>64}"[-64:]))
    return target


def test_a_changed_template_updates_its_stack(
    cloud: LocalCloud, assembly: Path, outputs: Outputs, tmp_path: Path
) -> None:
    told: list[str] = []
    changed = edited(assembly, tmp_path / "cdk", '"Value": "local"', '"Value": "other"')

    found = deploy(cloud, changed, told.append)

    assert found["test-base"] == {**outputs["test-base"], "Stage": "other"}
    assert "test-base UPDATE_COMPLETE" in told


def test_an_unknown_type_fails_its_stack_with_the_reason(images: Path, assembly: Path, tmp_path: Path) -> None:
    changed = edited(assembly, tmp_path / "cdk", "AWS::SageMaker::ModelPackageGroup", "AWS::SageMaker::Cluster")

    with LocalCloud.start(images=images) as other, pytest.raises(CloudError, match=r"AWS::SageMaker::Cluster"):
        deploy(other, changed)
