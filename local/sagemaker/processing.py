"""Processing jobs: inputs from S3, a container entry point, outputs to S3 when the job ends."""

from __future__ import annotations

import json
from pathlib import Path

from local.sagemaker.errors import invalid
from local.sagemaker.images import Images, environment
from local.sagemaker.objects import Objects
from local.sagemaker.store import Record

PREFIX = "/opt/ml/"


class Processing:
    """The `/opt/ml/processing` contract of a processing job."""

    noun = "ProcessingJob"
    logs = "ProcessingJobs"

    def __init__(self, images: Images, objects: Objects) -> None:
        self._images = images
        self._objects = objects

    def command(self, record: Record) -> list[str]:
        """The command line; what the embedded cloud cannot do is refused by name."""
        app = record["AppSpecification"]
        if record["ProcessingResources"]["ClusterConfig"]["InstanceCount"] != 1:
            raise invalid("ClusterConfig.InstanceCount must be 1 in the embedded cloud")
        for item in [*record.get("ProcessingInputs", []), *record.get("ProcessingOutputConfig", {}).get("Outputs", [])]:
            name = item.get("InputName") or item.get("OutputName")
            part = item.get("S3Input") or item.get("S3Output")
            if not part:
                raise invalid(f"{name}: only S3Input and S3Output are available in the embedded cloud")
            if not part.get("LocalPath", "").startswith(PREFIX):
                raise invalid(f"{name}: LocalPath must start with {PREFIX}")
            if part.get("S3UploadMode", "EndOfJob") != "EndOfJob":
                raise invalid(f"{name}: only S3UploadMode EndOfJob is available in the embedded cloud")
        return self._images.job(app["ImageUri"], app.get("ContainerEntrypoint", []), app.get("ContainerArguments", []))

    def prepare(self, record: Record, base: Path) -> dict[str, str]:
        """Download the inputs, make the outputs' directories, and return the environment."""
        for folder in ("config", "output"):
            (base / folder).mkdir(parents=True, exist_ok=True)
        for item in record.get("ProcessingInputs", []):
            part = item["S3Input"]
            if not self._objects.fetch(part, _place(base, part["LocalPath"])):
                raise invalid(f"Data download failed: no objects at {part['S3Uri']} (input {item['InputName']})")
        for item in record.get("ProcessingOutputConfig", {}).get("Outputs", []):
            _place(base, item["S3Output"]["LocalPath"]).mkdir(parents=True, exist_ok=True)
        hosts = {"current_host": "algo-1", "hosts": ["algo-1"]}
        (base / "config" / "resourceconfig.json").write_text(json.dumps(hosts))
        (base / "config" / "processingjobconfig.json").write_text(json.dumps(record, default=str))
        return environment(
            base.parents[1], {"PROCESSING_JOB_NAME": record["ProcessingJobName"], **record.get("Environment", {})}
        )

    def keep(self, record: Record, base: Path) -> Record:
        """Upload each output."""
        for item in record.get("ProcessingOutputConfig", {}).get("Outputs", []):
            part = item["S3Output"]
            self._objects.store(_place(base, part["LocalPath"]), part["S3Uri"])
        message = base / "output" / "message"
        return {"ExitMessage": message.read_text(errors="replace")[:1024]} if message.is_file() else {}

    def detail(self, record: Record) -> Record:
        """The event's detail."""
        keys = ("ProcessingJobName", "ProcessingJobArn", "ProcessingJobStatus", "FailureReason", "RoleArn")
        return {key: record[key] for key in keys if key in record}


def _place(base: Path, local_path: str) -> Path:
    return base / local_path.removeprefix(PREFIX)
