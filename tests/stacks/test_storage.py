from __future__ import annotations

from tests.stacks.synthesis import Synthesis, listed


def test_every_bucket_is_private_and_refuses_plain_http(local: Synthesis) -> None:
    buckets = local.resources("S3::Bucket")
    policies = local.properties("S3::BucketPolicy")

    assert len(buckets) == len(policies) == 3
    for bucket in buckets.values():
        assert set(bucket["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}
    for policy in policies:
        conditions = [statement.get("Condition") for statement in policy["PolicyDocument"]["Statement"]]
        assert {"Bool": {"aws:SecureTransport": "false"}} in conditions


def test_data_and_artifacts_are_versioned_encrypted_by_our_key_and_logged(local: Synthesis) -> None:
    buckets = local.resources("S3::Bucket")
    kept = [bucket["Properties"] for name, bucket in buckets.items() if not name.startswith("AccessLogs")]

    assert len(kept) == 2
    assert all("VersioningConfiguration" in bucket["Properties"] for bucket in buckets.values())
    for bucket in kept:
        encryption = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]
        assert encryption["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
        assert "LoggingConfiguration" in bucket


def test_captured_requests_and_prepared_sets_expire(local: Synthesis) -> None:
    rules = [rule for bucket in local.properties("S3::Bucket") for rule in bucket["LifecycleConfiguration"]["Rules"]]

    expiring = {rule.get("Prefix") for rule in rules if "ExpirationInDays" in rule}

    assert {"capture/", "captured/", "prepared/", "heldout/"} <= expiring


def test_nobody_can_change_or_delete_a_ledger_entry(local: Synthesis) -> None:
    denials = [
        table["ResourcePolicy"]["PolicyDocument"]["Statement"][0]
        for name, table in ((n, r["Properties"]) for n, r in local.resources("DynamoDB::Table").items())
        if name.startswith("Ledger")
    ]

    assert [(denial["Effect"], denial["Principal"]) for denial in denials] == [("Deny", {"AWS": "*"})]
    assert {"dynamodb:UpdateItem", "dynamodb:DeleteItem"} <= set(denials[0]["Action"])


def test_no_role_may_update_the_ledger(local: Synthesis) -> None:
    ledger = [name for name in local.templates["Storage"]["Outputs"] if "Ledger" in name]

    for policy in local.properties("IAM::Policy"):
        for statement in policy["PolicyDocument"]["Statement"]:
            if any(name in str(statement["Resource"]) for name in ledger):
                assert set(listed(statement["Action"])) <= {"dynamodb:PutItem", "dynamodb:Query"}


def test_tables_can_be_restored_to_a_point_in_time(local: Synthesis) -> None:
    tables = local.properties("DynamoDB::Table")

    assert len(tables) == 2
    assert all(table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] for table in tables)
    assert all(table["SSESpecification"]["SSEType"] == "KMS" for table in tables)


def test_a_protected_stage_keeps_its_data_when_the_stack_goes(prod: Synthesis) -> None:
    kinds = ("S3::Bucket", "DynamoDB::Table", "KMS::Key")

    policies = {resource["DeletionPolicy"] for kind in kinds for resource in prod.resources(kind).values()}

    assert policies == {"Retain"}
    assert all(table["DeletionProtectionEnabled"] for table in prod.properties("DynamoDB::Table"))


def test_an_unprotected_stage_leaves_nothing_behind(local: Synthesis) -> None:
    kinds = ("S3::Bucket", "DynamoDB::Table", "KMS::Key")

    policies = {resource["DeletionPolicy"] for kind in kinds for resource in local.resources(kind).values()}

    assert policies == {"Delete"}


def test_only_the_data_key_rotates_because_signatures_must_stay_verifiable(local: Synthesis) -> None:
    keys = {key["Description"]: key for key in local.properties("KMS::Key")}

    assert keys["Evergreen: data at rest"]["EnableKeyRotation"] is True
    assert keys["Evergreen: signatures of model artifacts"]["KeySpec"] == "ECC_NIST_P256"
