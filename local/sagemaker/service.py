"""The service: operations by name, for the wire, for state machines and for CloudFormation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.sagemaker import shapes
from local.sagemaker.capture import Capture
from local.sagemaker.catalog import Catalog
from local.sagemaker.endpoints import Endpoints
from local.sagemaker.errors import SageMakerError
from local.sagemaker.images import Images
from local.sagemaker.jobs import Jobs
from local.sagemaker.objects import Objects
from local.sagemaker.processing import Processing
from local.sagemaker.store import KINDS, Record, Store, page
from local.sagemaker.telemetry import Telemetry
from local.sagemaker.training import Training

Operation = Callable[[Record], Any]


@dataclass(frozen=True)
class Place:
    """Where the service lives: its account, its region, its directory."""

    account: str
    region: str
    home: Path


class SageMaker:
    """All operations that the embedded cloud has; any other is refused by name."""

    def __init__(self, place: Place, images: Images, *, s3: Any, logs: Any) -> None:
        self.store = Store(place.account, place.region)
        objects, telemetry = Objects(s3), Telemetry(logs)
        self.capture = Capture(objects)
        catalog = Catalog(self.store, telemetry)
        self.training = Jobs(Training(images, objects), self.store, objects, telemetry, place.home / "training")
        self.processing = Jobs(Processing(images, objects), self.store, objects, telemetry, place.home / "processing")
        self.endpoints = Endpoints(self.store, images, objects, telemetry, self.capture, place.home / "endpoints")
        self._operations: dict[str, Operation] = {
            **self._creations(catalog),
            **self._removals(catalog),
            "StopTrainingJob": lambda r: self.training.stop(r["TrainingJobName"]),
            "StopProcessingJob": lambda r: self.processing.stop(r["ProcessingJobName"]),
            "UpdateModelPackage": catalog.update_package,
            "AddTags": catalog.add_tags,
            "DeleteTags": catalog.delete_tags,
            "ListTags": catalog.list_tags,
        }

    def _creations(self, catalog: Catalog) -> dict[str, Operation]:
        return {
            "CreateTrainingJob": self.training.create,
            "CreateProcessingJob": self.processing.create,
            "CreateModel": catalog.create_model,
            "CreateEndpointConfig": catalog.create_endpoint_config,
            "CreateEndpoint": self.endpoints.create,
            "CreateModelPackageGroup": catalog.create_group,
            "CreateModelPackage": catalog.create_package,
        }

    def _removals(self, catalog: Catalog) -> dict[str, Operation]:
        return {
            "DeleteEndpoint": lambda r: self.endpoints.delete(r["EndpointName"]),
            "DeleteEndpointConfig": lambda r: self.store.delete("EndpointConfig", r["EndpointConfigName"]) and None,
            "DeleteModel": lambda r: self.store.delete("Model", r["ModelName"]) and None,
            "DeleteModelPackageGroup": lambda r: catalog.delete_group(r["ModelPackageGroupName"]),
            "DeleteModelPackage": lambda r: self.store.delete("ModelPackage", r["ModelPackageName"]) and None,
        }

    def call(self, name: str, request: Record) -> Record:
        """Carry out one operation."""
        shape = shapes.operation(name)
        shapes.check(name, request)
        noun = name.removeprefix("Describe").removeprefix("List").removesuffix("s" if name.startswith("List") else "")
        if name in self._operations:
            answer = self._operations[name](request) or {}
        elif name.startswith("Describe") and noun in KINDS:
            answer = self.store.get(noun, request[f"{noun}Name"])
        elif name.startswith("List") and noun in KINDS:
            return page(self.store, noun, request)
        else:
            raise SageMakerError("UnknownOperationException", f"{name} is not available in the embedded cloud")
        return shapes.cut(answer, shape.output_shape) if shape.output_shape else {}

    def start(self) -> None:
        self.capture.start()

    def stop(self) -> None:
        """End every child process."""
        self.capture.stop()
        self.endpoints.stop_all()
        self.training.stop_all()
        self.processing.stop_all()
