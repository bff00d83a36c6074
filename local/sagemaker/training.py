"""Training jobs: `docker run IMAGE train` with channels in and an uncompressed model out."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from local.sagemaker.errors import invalid
from local.sagemaker.images import Images, environment
from local.sagemaker.objects import Objects
from local.sagemaker.store import Record

HOSTS = {"current_host": "algo-1", "hosts": ["algo-1"], "network_interface_name": "lo"}


class Training:
    """The `/opt/ml` contract of a training job."""

    noun = "TrainingJob"
    logs = "TrainingJobs"

    def __init__(self, images: Images, objects: Objects) -> None:
        self._images = images
        self._objects = objects

    def command(self, record: Record) -> list[str]:
        """The command line; what the embedded cloud cannot do is refused by name."""
        output = record["OutputDataConfig"]
        if output.get("CompressionType", "GZIP") != "NONE":
            raise invalid("OutputDataConfig.CompressionType must be NONE: models are stored uncompressed")
        for name in ("CheckpointConfig", "EnableManagedSpotTraining", "RetryStrategy"):
            if record.get(name):
                raise invalid(f"{name} is not available in the embedded cloud")
        if record.get("ResourceConfig", {}).get("InstanceCount", 1) != 1:
            raise invalid("ResourceConfig.InstanceCount must be 1 in the embedded cloud")
        image = record["AlgorithmSpecification"].get("TrainingImage")
        if not image:
            raise invalid("AlgorithmSpecification.TrainingImage is required")
        return self._images.command(image, "train")

    def prepare(self, record: Record, base: Path) -> dict[str, str]:
        """Fill `input/`, and return the environment."""
        for folder in ("input/config", "input/data", "model", "output/data"):
            (base / folder).mkdir(parents=True, exist_ok=True)
        channels = {channel["ChannelName"]: channel for channel in record.get("InputDataConfig", [])}
        for name, channel in channels.items():
            source = channel["DataSource"]["S3DataSource"]
            if not self._objects.fetch(source, base / "input" / "data" / name):
                raise invalid(f"Data download failed: no objects at {source['S3Uri']} (channel {name})")
        self._configure(record, base / "input" / "config", channels)
        names = {f"SM_CHANNEL_{name.upper()}": str(base / "input" / "data" / name) for name in channels}
        paths = {"SM_MODEL_DIR": str(base / "model"), "SM_OUTPUT_DATA_DIR": str(base / "output" / "data")}
        job = {"TRAINING_JOB_NAME": record["TrainingJobName"], "TRAINING_JOB_ARN": record["TrainingJobArn"]}
        return environment(base.parents[1], {**job, **names, **paths, **record.get("Environment", {})})

    def _configure(self, record: Record, folder: Path, channels: dict[str, Any]) -> None:
        inputs = {
            name: {"TrainingInputMode": "File", "S3DistributionType": "FullyReplicated", "RecordWrapperType": "None"}
            for name in channels
        }
        settings = record.get("HyperParameters", {})
        files = {"hyperparameters": settings, "resourceconfig": HOSTS, "inputdataconfig": inputs}
        for name, content in files.items():
            (folder / f"{name}.json").write_text(json.dumps(content))

    def keep(self, record: Record, base: Path) -> Record:
        """Upload the model directory as it is."""
        uri = f"{record['OutputDataConfig']['S3OutputPath'].rstrip('/')}/{record['TrainingJobName']}/output/model/"
        self._objects.store(base / "model", uri)
        seconds = max(1, round(time.time() - record["TrainingStartTime"]))
        times = {"TrainingTimeInSeconds": seconds, "BillableTimeInSeconds": seconds}
        return {"ModelArtifacts": {"S3ModelArtifacts": uri}, **times}

    def detail(self, record: Record) -> Record:
        """The event's detail."""
        keys = ("TrainingJobName", "TrainingJobArn", "TrainingJobStatus", "SecondaryStatus", "FailureReason", "RoleArn")
        return {key: record[key] for key in keys if key in record}
