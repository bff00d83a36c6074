"""A container's `train`: writes a model from what it was given, or fails as told by a hyper-parameter."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

BASE = Path(os.environ["SAGEMAKER_BASE_DIR"])
settings = json.loads((BASE / "input" / "config" / "hyperparameters.json").read_text())

if "sleep" in settings:
    time.sleep(float(settings["sleep"]))
if settings.get("fail") == "note":
    (BASE / "output" / "failure").write_text("the target has one class only")
    sys.exit(1)
if settings.get("fail") == "crash":
    raise ValueError("no such column: distance")

files = sorted(path for path in (BASE / "input" / "data").rglob("*") if path.is_file())
names = [path.relative_to(BASE / "input" / "data").as_posix() for path in files]
secrets = sorted(name for name in os.environ if name.startswith("AWS_"))
(BASE / "model" / "nested").mkdir()
(BASE / "model" / "model.json").write_text(json.dumps({"files": names, "environment": secrets}))
(BASE / "model" / "nested" / "more.json").write_text("{}")
sys.stdout.write("trained\n")
