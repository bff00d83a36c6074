"""Records of the service: what was asked for, plus what became of it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any

from local.sagemaker import shapes
from local.sagemaker.errors import SageMakerError, invalid

Record = dict[str, Any]
PAGE = 100


@dataclass(frozen=True)
class Kind:
    """One resource type: the noun of its operations, its arn's noun, and how its refusals read."""

    noun: str
    arn: str
    exists: str
    missing: str = "ValidationException"

    @property
    def key(self) -> str:
        return f"{self.noun}Name"


KINDS = {
    kind.noun: kind
    for kind in (
        Kind("TrainingJob", "training-job", "ResourceInUse", "ResourceNotFound"),
        Kind("ProcessingJob", "processing-job", "ResourceInUse", "ResourceNotFound"),
        Kind("Model", "model", "ValidationException"),
        Kind("EndpointConfig", "endpoint-config", "ValidationException"),
        Kind("Endpoint", "endpoint", "ValidationException"),
        Kind("ModelPackageGroup", "model-package-group", "ValidationException"),
        Kind("ModelPackage", "model-package", "ConflictException"),
    )
}


class Store:
    """All records of one account and region, by kind and name."""

    def __init__(self, account: str, region: str) -> None:
        self.account = account
        self.region = region
        self.lock = threading.RLock()
        self._records: dict[str, dict[str, Record]] = {noun: {} for noun in KINDS}

    def arn(self, noun: str, name: str) -> str:
        return f"arn:aws:sagemaker:{self.region}:{self.account}:{KINDS[noun].arn}/{name}"

    def create(self, noun: str, name: str, values: Record) -> Record:
        """A new record; a name is used once."""
        kind, now = KINDS[noun], time.time()
        with self.lock:
            if name in self._records[noun]:
                raise SageMakerError(kind.exists, f"Cannot create already existing {kind.arn} {self.arn(noun, name)}")
            record = {**values, f"{noun}Arn": self.arn(noun, name), "CreationTime": now, "LastModifiedTime": now}
            record.setdefault(kind.key, name)
            self._records[noun][name] = record
            return record

    def get(self, noun: str, name: str) -> Record:
        """The record of a name or of an arn."""
        prefix = self.arn(noun, "")
        found = self._records[noun].get(name.removeprefix(prefix))
        if found is None:
            raise SageMakerError(KINDS[noun].missing, f"Could not find {KINDS[noun].arn} {name!r}.")
        return found

    def update(self, record: Record, **changes: Any) -> None:
        """Change a record and its modification time together."""
        with self.lock:
            record.update(changes, LastModifiedTime=time.time())

    def delete(self, noun: str, name: str) -> Record:
        with self.lock:
            record = self.get(noun, name)
            return self._records[noun].pop(name.removeprefix(self.arn(noun, "")), record)

    def all(self, noun: str) -> list[Record]:
        with self.lock:
            return list(self._records[noun].values())

    def by_arn(self, arn: str) -> Record:
        """The record that a tag operation names."""
        for noun in KINDS:
            for record in self.all(noun):
                if record[f"{noun}Arn"] == arn:
                    return record
        raise invalid(f"Could not find the resource {arn!r}.")


def page(store: Store, noun: str, request: Record) -> Record:
    """The answer of a List operation: filtered, sorted, cut to summaries, paged."""
    output = shapes.operation(f"List{noun}s").output_shape
    member = next(name for name, shape in output.members.items() if shape.type_name == "list")
    chosen = [record for record in store.all(noun) if _wanted(record, noun, request)]
    chosen.sort(key=lambda record: record["CreationTime"], reverse=request.get("SortOrder") == "Descending")
    start, size = int(request.get("NextToken") or 0), request.get("MaxResults", PAGE)
    summaries = [shapes.cut(record, output.members[member].member) for record in chosen[start : start + size]]
    following = {"NextToken": str(start + size)} if start + size < len(chosen) else {}
    return {member: summaries, **following}


def _wanted(record: Record, noun: str, request: Record) -> bool:
    equal = {
        "StatusEquals": f"{noun}Status",
        "ModelPackageGroupName": "ModelPackageGroupName",
        "ModelApprovalStatus": "ModelApprovalStatus",
    }
    if any(name in request and record.get(key) != request[name] for name, key in equal.items()):
        return False
    return str(request.get("NameContains", "")) in str(record.get(f"{noun}Name", ""))
