from __future__ import annotations

from pathlib import Path

import pytest

from tests.stacks.synthesis import Synthesis

ROOT = Path(__file__).resolve().parents[2]
UNATTENDED = {"detect_drift", "measure_quality", "decide_retraining", "commit_batch", "fetch_batch"}


def test_every_folder_of_lambdas_is_a_function(local: Synthesis) -> None:
    folders = {path.parent.name for path in ROOT.glob("lambdas/*/handler.py")}

    assert set(local.functions()) == folders


def test_every_function_logs_into_its_own_encrypted_group(local: Synthesis) -> None:
    groups = local.properties("Logs::LogGroup")
    by_name = {group["LogGroupName"]: group for group in groups}

    for name, function in local.functions().items():
        assert function["FunctionName"] == f"churn-local-{name}"
        assert "KmsKeyId" in by_name[f"/aws/lambda/churn-local-{name}"]
    assert all(group["RetentionInDays"] == 90 for group in groups)


def test_functions_run_the_python_and_processor_that_their_layers_are_locked_for(local: Synthesis) -> None:
    for function in local.functions().values():
        assert (function["Runtime"], function["Architectures"]) == ("python3.13", ["arm64"])


def test_functions_that_answer_the_api_end_before_the_gateway_gives_up(local: Synthesis) -> None:
    functions = local.functions()

    assert functions["predict"]["Timeout"] < 29
    assert functions["accept_feedback"]["Timeout"] < 29


@pytest.mark.parametrize("name", sorted(UNATTENDED))
def test_an_unattended_function_keeps_what_it_could_not_do(local: Synthesis, name: str) -> None:
    assert "DeadLetterConfig" in local.functions()[name]


def test_no_function_reserves_concurrency_that_a_new_account_does_not_have(local: Synthesis) -> None:
    assert not [name for name, function in local.functions().items() if "ReservedConcurrentExecutions" in function]


def test_environments_are_encrypted_with_the_key_of_the_data(local: Synthesis) -> None:
    assert all("DataKey" in str(function["KmsKeyArn"]) for function in local.functions().values())


def test_unattended_functions_do_not_try_for_hours(local: Synthesis) -> None:
    bounds = local.properties("Lambda::EventInvokeConfig")

    assert len(bounds) == len(UNATTENDED)
    assert {(b["MaximumRetryAttempts"], b["MaximumEventAgeInSeconds"]) for b in bounds} == {(2, 3600)}


def test_all_functions_share_one_source_without_the_command_line(local: Synthesis) -> None:
    keys = {function["Code"]["S3Key"] for function in local.functions().values()}
    source = local.folder / f"asset.{keys.pop().removesuffix('.zip')}"

    assert not keys
    assert {path.name for path in source.iterdir()} == {"evergreen", "lambdas"}
    assert not (source / "evergreen" / "cli").exists()
    assert not list(source.rglob("__pycache__"))
