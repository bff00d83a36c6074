"""Monitors' measurements as CloudWatch metrics: one JSON line in the embedded metric format.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
Powertools would add its own `service` dimension, and alarms and dashboards look these up by deployment alone.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping

NAMESPACE = "Evergreen"


def publish(deployment: str, values: Mapping[str, float | None]) -> None:
    """Write the values that exist under the dimension `deployment`."""
    known = {name: value for name, value in values.items() if value is not None}
    if not known:
        return
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [["deployment"]],
        "Metrics": [{"Name": name, "Unit": "None"} for name in known],
    }
    aws = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}
    sys.stdout.write(json.dumps({"_aws": aws, "deployment": deployment, **known}) + "\n")
    sys.stdout.flush()
