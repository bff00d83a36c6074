"""Endpoints: one container per production variant, invoked by weight."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from local.sagemaker.capture import Capture
from local.sagemaker.errors import SageMakerError, invalid
from local.sagemaker.images import Images
from local.sagemaker.objects import Objects
from local.sagemaker.server import Answer, ModelServer
from local.sagemaker.store import Record, Store
from local.sagemaker.telemetry import Telemetry

BODY_LIMIT = 6 * 1024 * 1024
STATUS = {"InService": "IN_SERVICE", "Failed": "FAILED", "Deleting": "DELETING"}


@dataclass(frozen=True)
class Invocation:
    """A request to an endpoint."""

    body: bytes
    content_type: str
    accept: str
    inference_id: str
    target_variant: str
    custom_attributes: str

    @property
    def headers(self) -> dict[str, str]:
        sent = {
            "Content-Type": self.content_type,
            "Accept": self.accept,
            "X-Amzn-SageMaker-Custom-Attributes": self.custom_attributes,
            "X-Amzn-SageMaker-Inference-Id": self.inference_id,
        }
        return {name: value for name, value in sent.items() if value}


class Endpoints:
    """Creates, invokes and deletes endpoints."""

    def __init__(
        self, store: Store, images: Images, objects: Objects, telemetry: Telemetry, capture: Capture, home: Path
    ) -> None:
        self._store = store
        self._images = images
        self._objects = objects
        self._telemetry = telemetry
        self._capture = capture
        self._home = home
        self._servers: dict[str, dict[str, ModelServer]] = {}

    def create(self, request: Record) -> Record:
        """Accept an endpoint, and start its containers in the background."""
        config = self._store.get("EndpointConfig", request["EndpointConfigName"])
        record = self._store.create("Endpoint", request["EndpointName"], {**request, "EndpointStatus": "Creating"})
        threading.Thread(target=self._start, args=(record, config), daemon=True).start()
        return record

    def _start(self, record: Record, config: Record) -> None:
        name, servers = record["EndpointName"], {}
        try:
            for variant in config["ProductionVariants"]:
                container = self._store.get("Model", variant["ModelName"])["PrimaryContainer"]
                home = self._home / name / variant["VariantName"]
                servers[variant["VariantName"]] = ModelServer.start(
                    container, home=home, images=self._images, objects=self._objects
                )
            for server in servers.values():
                server.wait()
        except Exception as error:
            self._discard(name, servers)
            self._change(record, "Failed", FailureReason=f"The container for {name} {error}"[:1024])
            return
        with self._store.lock:
            self._servers[name] = servers
        self._change(
            record,
            "InService",
            ProductionVariants=[self._variant(v) for v in config["ProductionVariants"]],
            DataCaptureConfig=_capture_summary(config.get("DataCaptureConfig")),
        )

    def _variant(self, variant: Record) -> Record:
        image = self._store.get("Model", variant["ModelName"])["PrimaryContainer"]["Image"]
        deployed = {"SpecifiedImage": image, "ResolvedImage": image, "ResolutionTime": time.time()}
        weight, count = variant.get("InitialVariantWeight", 1.0), variant.get("InitialInstanceCount", 1)
        return {
            "VariantName": variant["VariantName"],
            "DeployedImages": [deployed],
            "CurrentWeight": weight,
            "DesiredWeight": weight,
            "CurrentInstanceCount": count,
            "DesiredInstanceCount": count,
        }

    def _change(self, record: Record, status: str, **more: object) -> None:
        self._store.update(record, EndpointStatus=status, **more)
        detail = {
            "EndpointName": record["EndpointName"],
            "EndpointArn": record["EndpointArn"],
            "EndpointConfigName": record["EndpointConfigName"],
            "EndpointStatus": STATUS[status],
        }
        self._telemetry.event("SageMaker Endpoint State Change", detail, arn=record["EndpointArn"])

    def delete(self, name: str) -> None:
        """Stop routing at once; the containers end in the background, then the record goes."""
        record = self._store.get("Endpoint", name)
        if record["EndpointStatus"] in {"Creating", "Deleting"}:
            raise invalid(f"Cannot delete the endpoint {name} while it is {record['EndpointStatus']}.")
        servers = self._servers.pop(name, {})
        self._store.update(record, EndpointStatus="Deleting")
        threading.Thread(target=self._remove, args=(record, servers), daemon=True).start()

    def _remove(self, record: Record, servers: dict[str, ModelServer]) -> None:
        self._discard(record["EndpointName"], servers)
        self._capture.flush()
        self._store.delete("Endpoint", record["EndpointName"])
        self._change(record, "Deleting")

    def _discard(self, name: str, servers: dict[str, ModelServer]) -> None:
        for variant, server in servers.items():
            server.stop()
            self._telemetry.logs(f"Endpoints/{name}", variant, server.process.text)

    def invoke(self, name: str, call: Invocation) -> tuple[str, Answer]:
        """The variant that answered, and its answer."""
        servers = self._servers.get(name)
        if not servers:
            raise SageMakerError("ValidationError", f"Endpoint {name} of account {self._store.account} not found.")
        if len(call.body) > BODY_LIMIT:
            raise SageMakerError("ValidationError", f"The body is larger than {BODY_LIMIT} bytes.", 413)
        config = self._store.get("EndpointConfig", self._store.get("Endpoint", name)["EndpointConfigName"])
        variant = call.target_variant or self._choose(config)
        if variant not in servers:
            raise SageMakerError("ValidationError", f"Variant {variant} is not a variant of the endpoint {name}.")
        answer = servers[variant].invoke(call.body, call.headers)
        failed = answer.status if answer.status >= 400 else 0 if answer.status >= 200 else 500
        self._telemetry.invocation({"EndpointName": name, "VariantName": variant}, failed, answer.seconds)
        if not failed:
            event = {"inferenceId": call.inference_id} if call.inference_id else {}
            payloads = {"Input": (call.body, call.content_type), "Output": (answer.body, answer.content_type)}
            self._capture.record(config.get("DataCaptureConfig", {}), f"{name}/{variant}", event, payloads)
        return variant, answer

    @staticmethod
    def _choose(config: Record) -> str:
        variants = config["ProductionVariants"]
        weights = [variant.get("InitialVariantWeight", 1.0) for variant in variants]
        return str(random.choices(variants, weights)[0]["VariantName"])  # noqa: S311

    def stop_all(self) -> None:
        for servers in list(self._servers.values()):
            for server in servers.values():
                server.process.child.terminate()


def _capture_summary(config: Record | None) -> Record | None:
    if not config:
        return None
    return {
        "EnableCapture": config.get("EnableCapture", False),
        "CaptureStatus": "Started",
        "CurrentSamplingPercentage": config["InitialSamplingPercentage"],
        "DestinationS3Uri": config["DestinationS3Uri"],
        "KmsKeyId": config.get("KmsKeyId", ""),
    }
