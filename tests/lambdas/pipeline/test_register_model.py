from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from evergreen.aws.clients import client
from evergreen.errors import ArtifactRefused, NotFound
from lambdas.register_model.handler import handler
from tests.lambdas.context import CONTEXT
from tests.lambdas.pipeline.conftest import AS_OF, CARD, CONTRACT, Cloud

JUDGEMENT = {"accepted": True, "reasons": ["good"], "metric": "roc_auc", "metrics": {"roc_auc": 0.7}}


def event(uri: str, run_id: str = "run-1", **changed: Any) -> dict[str, Any]:
    run = {
        "run_id": run_id,
        "as_of": AS_OF,
        "artifact_uri": uri,
        "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/assets@sha256:" + "0" * 64,
        "recipe": f"recipe-of-{run_id}",
        "requested_by": "someone",
        "data": {"dataset": "customers", "version": "1.0.0", "manifest": "m", "rows": 3, "uri": "s3://…"},
    }
    return {"run": run | changed, "judgement": JUDGEMENT}


def test_registers_a_model_as_version_1_0_0(cloud: Cloud) -> None:
    uri = cloud.put_artifact("models/a/output/model/")

    record = handler(event(uri), CONTEXT)

    assert (record["model_version"], record["stage"], record["run_id"]) == ("1.0.0", "registered", "run-1")
    assert (record["data_version"], record["data_rows"], record["estimator"]) == ("1.0.0", 3, "linear")
    assert (record["metric"], record["reference_metric"]) == ("roc_auc", 0.7)
    assert record["sample_uri"] == f"{uri}sample.json"
    stored = cloud.state.get("model", "1.0.0")
    assert stored is not None
    assert {name: value for name, value in stored.items() if name != "epoch"} == record


def test_signs_a_manifest_of_all_files(cloud: Cloud) -> None:
    uri = cloud.put_artifact("models/a/output/model/")

    record = handler(event(uri), CONTEXT)

    manifest = cloud.artifacts.get("models/a/output/model/manifest.json")
    signature = base64.b64decode(cloud.artifacts.get("models/a/output/model/manifest.sig"))
    key = load_der_public_key(base64.b64decode(record["trusted_keys"][0]))
    assert isinstance(key, ec.EllipticCurvePublicKey)
    as_moto_signs = hashlib.sha256(manifest).digest()  # moto ignores MessageType DIGEST and hashes once more
    key.verify(signature, as_moto_signs, ec.ECDSA(hashes.SHA256()))
    assert record["digest"] == hashlib.sha256(manifest).hexdigest()
    assert json.loads(manifest)["files"]["model.onnx"] == {"sha256": hashlib.sha256(b"onnx").hexdigest(), "size": 4}
    assert len(json.loads(manifest)["files"]) == 5


def test_creates_an_approved_model_package(cloud: Cloud) -> None:
    uri = cloud.put_artifact("models/a/output/model/")

    record = handler(event(uri), CONTEXT)

    package = client("sagemaker").describe_model_package(ModelPackageName=record["package_arn"])
    source = package["InferenceSpecification"]["Containers"][0]["ModelDataSource"]["S3DataSource"]
    assert source == {"S3Uri": uri, "S3DataType": "S3Prefix", "CompressionType": "None"}
    assert package["ModelApprovalStatus"] == "Approved"
    assert package["CustomerMetadataProperties"]["digest"] == record["digest"]


def test_remembers_the_recipe_and_appends_to_the_ledger(cloud: Cloud) -> None:
    handler(event(cloud.put_artifact("models/a/output/model/")), CONTEXT)

    recipe = cloud.state.get("recipe", "recipe-of-run-1")
    (entry,) = cloud.ledger.query("registration")
    assert recipe is not None
    assert recipe["model_version"] == "1.0.0"
    assert (entry.subject, entry.actor, entry.evidence["reasons"]) == ("1.0.0", "someone", ["good"])


def test_registering_a_run_again_returns_its_record(cloud: Cloud) -> None:
    registration = event(cloud.put_artifact("models/a/output/model/"))
    first = handler(registration, CONTEXT)

    assert handler(registration, CONTEXT) == first
    assert len(cloud.state.list("model")) == 1
    assert len(cloud.ledger.query("registration")) == 1


def test_a_rerun_after_a_crash_keeps_the_first_signature(cloud: Cloud) -> None:
    registration = event(cloud.put_artifact("models/a/output/model/"))
    first = handler(registration, CONTEXT)
    signature = cloud.artifacts.get("models/a/output/model/manifest.sig")
    cloud.state.delete_if("model", "1.0.0", "run_id", "run-1")

    again = handler(registration, CONTEXT)

    assert again["digest"] == first["digest"]
    assert cloud.artifacts.get("models/a/output/model/manifest.sig") == signature


@pytest.mark.parametrize(
    ("changed", "version"),
    [
        ({}, "1.0.1"),
        ({"card.json": json.dumps(CARD | {"parameters": {"alpha": 2}}).encode()}, "1.1.0"),
        ({"contract.json": json.dumps(CONTRACT | {"feature_names": ["age", "hour"]}).encode()}, "1.1.0"),
        ({"contract.json": json.dumps(CONTRACT | {"columns": []}).encode()}, "2.0.0"),
        ({"card.json": json.dumps(CARD | {"estimator": "random_forest"}).encode()}, "2.0.0"),
    ],
)
def test_the_next_version_says_what_changed(cloud: Cloud, changed: dict[str, bytes], version: str) -> None:
    handler(event(cloud.put_artifact("models/a/output/model/")), CONTEXT)

    record = handler(event(cloud.put_artifact("models/b/output/model/", **changed), "run-2"), CONTEXT)

    assert record["model_version"] == version


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"model.onnx": None}, "lacks model.onnx"),
        ({"payload.pkl": b"x"}, "holds files that no model has: payload.pkl"),
        ({"sub/model.onnx": b"x"}, "holds files that no model has: sub/model.onnx"),
        ({"card.json": b"{"}, "card.json is not JSON"),
        ({"contract.json": b"[]"}, "contract.json is not a JSON object"),
    ],
)
def test_refuses_an_artifact_that_is_not_a_model(cloud: Cloud, changed: dict[str, Any], said: str) -> None:
    uri = cloud.put_artifact("models/a/output/model/", **changed)

    with pytest.raises(ArtifactRefused, match=said):
        handler(event(uri), CONTEXT)

    assert cloud.state.list("model") == []


def test_refuses_an_artifact_that_was_tampered_with_after_signing(cloud: Cloud) -> None:
    uri = cloud.put_artifact("models/a/output/model/")
    handler(event(uri), CONTEXT)
    cloud.artifacts.put("models/a/output/model/model.onnx", b"evil")

    with pytest.raises(ArtifactRefused, match="has changed since it was signed"):
        handler(event(uri, "run-2"), CONTEXT)


@pytest.mark.parametrize("signature", [b"not base64", base64.b64encode(b"not a signature")])
def test_refuses_an_artifact_with_somebody_elses_signature(cloud: Cloud, signature: bytes) -> None:
    uri = cloud.put_artifact("models/a/output/model/", **{"manifest.sig": signature})

    with pytest.raises(ArtifactRefused, match="does not fit its manifest"):
        handler(event(uri), CONTEXT)


def test_refuses_an_artifact_outside_its_bucket(cloud: Cloud) -> None:
    with pytest.raises(ArtifactRefused, match="is not a prefix of the artifact bucket"):
        handler(event("s3://elsewhere/models/a/"), CONTEXT)


def test_refuses_a_model_that_its_judgement_refused(cloud: Cloud) -> None:
    uri = cloud.put_artifact("models/a/output/model/")

    with pytest.raises(ArtifactRefused, match="refused by its judgement"):
        handler(event(uri) | {"judgement": {"accepted": False}}, CONTEXT)


def test_a_model_made_by_hand_needs_little_and_runs_on_the_newest_image(cloud: Cloud) -> None:
    first = handler(event(cloud.put_artifact("models/a/output/model/")), CONTEXT)
    uri = cloud.put_artifact("models/by-hand/")
    by_hand = {"run": {"run_id": "by-hand", "as_of": AS_OF, "artifact_uri": uri}, "judgement": {"accepted": True}}

    record = handler(by_hand, CONTEXT)

    assert (record["image"], record["metrics"], record["reference_metric"]) == (first["image"], {}, None)
    assert record["model_version"] == "1.0.1"


def test_a_first_model_made_by_hand_must_name_its_image(cloud: Cloud) -> None:
    uri = cloud.put_artifact("models/by-hand/")

    with pytest.raises(NotFound, match="names no image"):
        handler(event(uri, image=None), CONTEXT)
