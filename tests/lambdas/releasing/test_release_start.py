"""The start of a release on moto: what it refuses, what it creates, what its smoke test finds."""

from __future__ import annotations

import json

import boto3
import pytest
from moto.sagemaker.exceptions import AWSValidationException
from moto.sagemaker.models import SageMakerModelBackend, sagemaker_backends

from evergreen.aws.endpoints import EndpointRequests, endpoint_name
from evergreen.errors import ArtifactRefused, InvalidRequest, ModelUnavailable, NotFound, ReleaseInProgress
from evergreen.project.schema import Endpoint
from tests.lambdas.releasing.conftest import DEPLOYMENT, World


def test_start_creates_a_captured_endpoint_and_moves_no_traffic(world: World) -> None:
    endpoint = world.register("1.0.0")

    started = world.start("1.0.0")

    sagemaker = boto3.client("sagemaker")
    assert started == {"release_id": "release-1.0.0", "endpoint": endpoint, "wait_seconds": 1}
    model = sagemaker.describe_model(ModelName=endpoint)
    assert model["PrimaryContainer"]["Environment"]["EVERGREEN_MODEL_VERSION"] == "1.0.0"
    assert json.loads(model["PrimaryContainer"]["Environment"]["EVERGREEN_TRUSTED_KEYS"]) == ["MFkwEwYH"]
    config = sagemaker.describe_endpoint_config(EndpointConfigName=endpoint)
    assert [variant["VariantName"] for variant in config["ProductionVariants"]] == ["main"]
    assert config["DataCaptureConfig"]["DestinationS3Uri"] == "s3://data/capture"
    assert (world.traffic().champion, world.traffic().share) == (None, 0.0)


def test_starting_again_after_a_lost_answer_changes_nothing(world: World) -> None:
    world.register("1.0.0")
    world.start("1.0.0")
    before = world.traffic()

    assert world.start("1.0.0")["endpoint"] == before.challenger.endpoint

    assert world.traffic() == before


def test_a_start_that_died_before_the_endpoint_is_taken_up_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = world.register("1.0.0")
    world.start("1.0.0")
    boto3.client("sagemaker").delete_endpoint(EndpointName=endpoint)

    # moto forgets the isolation, and overwrites what SageMaker refuses
    sagemaker_backends["123456789012"]["us-east-1"]._models[endpoint].enable_network_isolation = True

    def refuse(*_: object, **__: object) -> None:
        raise AWSValidationException(f"Cannot create already existing model {endpoint}.")

    monkeypatch.setattr(SageMakerModelBackend, "create_model", refuse)
    monkeypatch.setattr(SageMakerModelBackend, "create_endpoint_config", refuse)

    world.start("1.0.0")

    assert world.endpoints() == {endpoint}


def test_a_lock_whose_execution_is_forgotten_is_free(world: World) -> None:
    world.register("1.0.0")
    forgotten = world.execution("old").rpartition(":")[0] + ":forgotten"
    world.state.put_new("release_lock", "-", {"release_id": "forgotten", "execution_arn": forgotten})

    assert world.start("1.0.0")["release_id"] == "release-1.0.0"


def test_the_latency_limit_is_in_the_table_while_a_release_goes(world: World) -> None:
    world.register("1.0.0")

    world.start("1.0.0")

    assert world.traffic().latency_limit_ms == 50.0


def test_an_unregistered_version_is_not_found(world: World) -> None:
    with pytest.raises(NotFound, match=r"model version 9\.9\.9 is not registered"):
        world.start("9.9.9")

    assert world.state.get("release_lock") is None


def test_a_second_release_is_refused_by_the_name_of_the_first(world: World) -> None:
    world.register("1.0.0")
    world.register("1.0.1")
    world.start("1.0.0")

    with pytest.raises(ReleaseInProgress, match=r"release release-1\.0\.0 is in progress"):
        world.start("1.0.1")

    assert world.traffic().challenger.model_version == "1.0.0"


def test_the_champion_cannot_be_released_over_itself(world: World) -> None:
    world.release("1.0.0")

    with pytest.raises(InvalidRequest, match="serves already"):
        world.start("1.0.0", release_id="again")

    assert world.finish("again", {"Error": "InvalidRequest", "Cause": "x"})["outcome"] == "refused"
    assert world.endpoints() == {world.traffic().champion.endpoint}
    assert world.state.get("release_lock") is None


def test_a_sample_answered_differently_refuses_the_artifact(world: World) -> None:
    endpoint = world.register("1.0.0")
    world.start("1.0.0")
    world.containers.answers[endpoint] = lambda rows: {
        "predictions": [{"prediction": True, "confidence": 0.8, "score": 0.80001}] * len(rows)
    }

    with pytest.raises(ArtifactRefused, match="answers 1 of 1 sample rows differently"):
        world.smoke("release-1.0.0")


def test_another_digest_behind_the_endpoint_refuses_the_artifact(world: World) -> None:
    endpoint = world.register("1.0.0")
    world.start("1.0.0")
    world.containers.answers[endpoint] = lambda _: {"digest": "another"}

    with pytest.raises(ArtifactRefused):
        world.smoke("release-1.0.0")


def test_a_dead_container_is_unavailable(world: World) -> None:
    world.containers.fail(world.register("1.0.0"))
    world.start("1.0.0")

    with pytest.raises(ModelUnavailable):
        world.smoke("release-1.0.0")


def test_endpoint_names_fit_sagemaker() -> None:
    name = endpoint_name(f"{'p' * 40}-production", "10.20.30", "0a1b2c3d4e5f")

    assert len(name) <= 63
    assert name.endswith("-10-20-30-0a1b2c3d")
    assert endpoint_name(DEPLOYMENT, "1.0.0", "abcdef0123") == f"{DEPLOYMENT}-1-0-0-abcdef01"


def test_the_container_is_isolated_and_loads_an_uncompressed_prefix() -> None:
    model = {
        "model_version": "1.0.0",
        "artifact_uri": "s3://artifacts/models/x/output/model",
        "trusted_keys": ["MFkwEwYH"],
        "image": "repository@sha256:0",
    }
    requests = EndpointRequests(
        name="n", model=model, instances=Endpoint(), role_arn="role", key_arn="key", data_bucket="data"
    )

    asked = requests.create_model()

    assert asked["EnableNetworkIsolation"] is True
    assert asked["PrimaryContainer"]["ModelDataSource"]["S3DataSource"] == {
        "S3Uri": "s3://artifacts/models/x/output/model/",
        "S3DataType": "S3Prefix",
        "CompressionType": "None",
    }
    assert requests.create_endpoint_config()["KmsKeyId"] == "key"


def test_disks_that_belong_to_the_instance_get_no_key() -> None:
    requests = EndpointRequests(
        name="n",
        model={},
        instances=Endpoint(instance="ml.m5d.large"),
        role_arn="role",
        key_arn="key",
        data_bucket="data",
    )

    asked = requests.create_endpoint_config()

    assert "KmsKeyId" not in asked
    assert asked["DataCaptureConfig"]["KmsKeyId"] == "key"
