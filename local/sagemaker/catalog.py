"""What SageMaker only remembers: models, endpoint configurations, the model registry, tags."""

from __future__ import annotations

from local.sagemaker.errors import invalid
from local.sagemaker.store import Record, Store
from local.sagemaker.telemetry import Telemetry


class Catalog:
    """The operations that start no process."""

    def __init__(self, store: Store, telemetry: Telemetry) -> None:
        self._store = store
        self._telemetry = telemetry

    def create_model(self, request: Record) -> Record:
        container = request.get("PrimaryContainer")
        if not container or "Image" not in container:
            raise invalid("PrimaryContainer.Image is required in the embedded cloud")
        if "ModelDataUrl" in container:
            raise invalid("PrimaryContainer.ModelDataUrl: use ModelDataSource with CompressionType None instead")
        source = container.get("ModelDataSource", {}).get("S3DataSource", {"CompressionType": "None"})
        if source["CompressionType"] != "None":
            raise invalid("ModelDataSource.S3DataSource.CompressionType must be None in the embedded cloud")
        return self._store.create("Model", request["ModelName"], request)

    def create_endpoint_config(self, request: Record) -> Record:
        for variant in request["ProductionVariants"]:
            if "ModelName" not in variant:
                raise invalid(f"{variant['VariantName']}: ModelName is required in the embedded cloud")
            self._store.get("Model", variant["ModelName"])
        return self._store.create("EndpointConfig", request["EndpointConfigName"], request)

    def create_group(self, request: Record) -> Record:
        values = {**request, "ModelPackageGroupStatus": "Completed", "CreatedBy": {}}
        return self._store.create("ModelPackageGroup", request["ModelPackageGroupName"], values)

    def delete_group(self, name: str) -> None:
        group = self._store.get("ModelPackageGroup", name)["ModelPackageGroupName"]
        if any(package.get("ModelPackageGroupName") == group for package in self._store.all("ModelPackage")):
            raise invalid(f"Model Package Group cannot be deleted as it still contains Model Packages: {group}")
        self._store.delete("ModelPackageGroup", group)

    def create_package(self, request: Record) -> Record:
        """A new version in its group; the same ClientToken gives the same version again."""
        if "ModelPackageGroupName" not in request:
            raise invalid("ModelPackageGroupName is required in the embedded cloud")
        group = self._store.get("ModelPackageGroup", request["ModelPackageGroupName"])["ModelPackageGroupName"]
        with self._store.lock:
            mine = [p for p in self._store.all("ModelPackage") if p["ModelPackageGroupName"] == group]
            token = request.get("ClientToken")
            if again := next((p for p in mine if token and p.get("ClientToken") == token), None):
                return again
            version = max((p["ModelPackageVersion"] for p in mine), default=0) + 1
            statuses: Record = {"ValidationStatuses": [], "ImageScanStatuses": []}
            values = {
                "ModelApprovalStatus": "PendingManualApproval",
                **request,
                "ModelPackageGroupName": group,
                "ModelPackageVersion": version,
                "ModelPackageStatus": "Completed",
                "ModelPackageStatusDetails": statuses,
                "ModelPackageName": f"{group}/{version}",
            }
            record = self._store.create("ModelPackage", f"{group}/{version}", values)
        self._announce(record)
        return record

    def update_package(self, request: Record) -> Record:
        record = self._store.get("ModelPackage", request["ModelPackageArn"])
        changes = {k: v for k, v in request.items() if k not in {"ModelPackageArn", "ClientToken"}}
        removed = changes.pop("CustomerMetadataPropertiesToRemove", [])
        if "CustomerMetadataProperties" in changes or removed:
            merged = {**record.get("CustomerMetadataProperties", {}), **changes.get("CustomerMetadataProperties", {})}
            changes["CustomerMetadataProperties"] = {k: v for k, v in merged.items() if k not in removed}
        self._store.update(record, **changes)
        self._announce(record)
        return record

    def _announce(self, record: Record) -> None:
        keys = (
            "ModelPackageGroupName",
            "ModelPackageVersion",
            "ModelPackageArn",
            "ModelPackageStatus",
            "ModelApprovalStatus",
            "CustomerMetadataProperties",
        )
        detail = {key: record[key] for key in keys if key in record}
        self._telemetry.event("SageMaker Model Package State Change", detail, arn=record["ModelPackageArn"])

    def add_tags(self, request: Record) -> Record:
        record = self._store.by_arn(request["ResourceArn"])
        merged = {tag["Key"]: tag for tag in [*record.get("Tags", []), *request["Tags"]]}
        record["Tags"] = list(merged.values())
        return {"Tags": record["Tags"]}

    def delete_tags(self, request: Record) -> Record:
        record = self._store.by_arn(request["ResourceArn"])
        record["Tags"] = [tag for tag in record.get("Tags", []) if tag["Key"] not in request["TagKeys"]]
        return {}

    def list_tags(self, request: Record) -> Record:
        return {"Tags": self._store.by_arn(request["ResourceArn"]).get("Tags", [])}
