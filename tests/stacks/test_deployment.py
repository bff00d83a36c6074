from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import app
from evergreen.project import Project
from tests.stacks.synthesis import Synthesis, synthesize_stage

ROOT = Path(__file__).resolve().parents[2]
OUTPUTS = {
    "Storage": {"DataBucket", "ArtifactBucket", "LedgerTable", "StateTable", "DataKeyArn", "SigningKeyArn"},
    "Serving": {"ApiUrl", "ApiId", "ApiKeyId", "ReleaseMachineArn", "PredictFunction"},
    "Pipeline": {
        "TrainingMachineArn",
        "ProfileMachineArn",
        "ModelPackageGroup",
        "ImageUri",
        "RegisterModelFunction",
        "TrainRoleArn",
    },
    "Monitoring": {
        "DetectDriftFunction",
        "MeasureQualityFunction",
        "DecideRetrainingFunction",
        "DetectDriftSchedule",
        "MeasureQualitySchedule",
        "DecideRetrainingSchedule",
        "AlertTopicArn",
    },
}


def test_the_outputs_are_those_that_the_command_line_reads(local: Synthesis) -> None:
    named = {
        stack: {name for name in template["Outputs"] if not name.startswith("PublishOutput")}
        for stack, template in local.templates.items()
    }

    assert named == OUTPUTS


def test_stacks_are_named_after_project_and_stage(local: Synthesis) -> None:
    manifest = json.loads((local.folder / "manifest.json").read_text())

    names = {
        artifact["properties"]["stackName"]
        for artifact in manifest["artifacts"].values()
        if artifact["type"] == "aws:cloudformation:stack"
    }

    assert names == {f"churn-local-{part}" for part in ("storage", "serving", "pipeline", "monitoring")}


def test_only_the_storage_of_a_protected_stage_refuses_termination(local: Synthesis, prod: Synthesis) -> None:
    def protected(synthesis: Synthesis) -> list[str]:
        artifacts = json.loads((synthesis.folder / "manifest.json").read_text())["artifacts"]
        return [name for name, a in artifacts.items() if a.get("properties", {}).get("terminationProtection")]

    assert protected(local) == []
    assert protected(prod) == ["Storage"]


def test_the_same_project_gives_the_same_templates(local: Synthesis, tmp_path: Path) -> None:
    again = synthesize_stage("local", tmp_path)

    assert again.templates == local.templates


def test_the_project_layer_carries_the_resolved_project(local: Synthesis) -> None:
    (document,) = local.folder.glob("asset.*/python/deployed/project.json")

    assert Project.model_validate_json(document.read_text()) == local.project


def test_mistakes_in_the_project_file_are_listed_without_a_traceback(tmp_path: Path) -> None:
    mistaken = tmp_path / "project.yaml"
    mistaken.write_text("project: Not A Name\ntarget: late\ndata: {dataset: flights, colour: red}\n")

    done = subprocess.run(
        [sys.executable, str(ROOT / "app.py"), "-c", f"project={mistaken}", "-o", str(tmp_path / "out")],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert "project" in done.stderr
    assert "colour" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_what_the_command_line_passes_wins_over_cdk_json() -> None:
    context = app._context(["stage=prod", "aws:cdk:bundling-stacks=[]"])

    assert (context["stage"], context["aws:cdk:bundling-stacks"]) == ("prod", [])
    assert context["@aws-cdk/aws-stepfunctions:useDistributedMapResultWriterV2"] is True
