"""The training pipeline: the machine, its functions, and a role for each job."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from evergreen.project import Project
from stacks.constructs.access import (
    DELETE,
    GET,
    PUT,
    QUERY,
    allow,
    download_objects,
    read_objects,
    upload_objects,
    use_table,
    write_objects,
)
from stacks.constructs.function import Functions
from stacks.constructs.image import TrainingImage
from stacks.constructs.jobs import allow_jobs, allow_rules
from stacks.constructs.landing import Landing
from stacks.constructs.machine import Machine
from stacks.constructs.naming import add_outputs, deployment_name
from stacks.constructs.profile_machine import ProfileMachine
from stacks.constructs.roles import SageMakerRole
from stacks.machines.training import training_machine
from stacks.serving import Serving
from stacks.storage import Storage


class Pipeline(cdk.Stack):
    """From a data version to a registered model version, and on to its release."""

    def __init__(
        self, scope: Construct, id_: str, *, project: Project, storage: Storage, serving: Serving, **kwargs: Any
    ) -> None:
        super().__init__(scope, id_, **kwargs)
        self._name = deployment_name(project)
        self._storage = storage
        self._image = TrainingImage(self, "Image")
        self._registry = sagemaker.CfnModelPackageGroup(
            self, "Models", model_package_group_name=self._name, model_package_group_description="Evergreen's models"
        )
        self._prepare_role, self._train_role, self._evaluate_role = self._job_roles()
        functions = Functions(self, "Functions", project=project, key=storage.data_key, variables=self._variables())
        data, key = storage.data_bucket, storage.data_key
        self.profile_machine = ProfileMachine(
            self, "ProfileMachine", functions=functions, project=project, bucket=data, key=key
        )
        self.training_machine, self.register_model = self._add_machine(functions, project, serving)
        self.landing = Landing(self, "Landing", name=self._name, project=project, storage=storage)
        self.landing_functions = self._add_landing(functions, project)
        add_outputs(
            self,
            TrainingMachineArn=self.training_machine.state_machine_arn,
            ProfileMachineArn=self.profile_machine.state_machine_arn,
            ModelPackageGroup=self._name,
            TrainRoleArn=self._train_role.role_arn,
            ImageUri=self._image.image_uri,
            RegisterModelFunction=self.register_model.function_name,
        )

    def _add_landing(self, functions: Functions, project: Project) -> list[lambda_.Function]:
        commit_batch = self.landing.add_commit(functions)
        if project.data.source is None:
            return [commit_batch]
        fetch_batch = self.landing.add_fetch(functions, project.data.source)
        return [commit_batch, fetch_batch]

    def _variables(self) -> dict[str, str]:
        return {
            "DATA_BUCKET": self._storage.data_bucket.bucket_name,
            "ARTIFACT_BUCKET": self._storage.artifact_bucket.bucket_name,
            "LEDGER_TABLE": self._storage.ledger.table_name,
            "STATE_TABLE": self._storage.state.table_name,
            "MODEL_PACKAGE_GROUP": self._name,
            "SIGNING_KEY_ID": self._storage.signing_key.key_arn,
            "IMAGE_URI": self._image.image_uri,
        }

    def _job_roles(self) -> tuple[SageMakerRole, SageMakerRole, SageMakerRole]:
        """The trainer cannot read what it will be judged on, and never grades itself."""
        data, artifacts = self._storage.data_bucket, self._storage.artifact_bucket
        prepare = self._job_role("PrepareRole", "ProcessingJobs")
        download_objects(data, prepare, "objects/", "datasets/")
        download_objects(artifacts, prepare, "runs/")
        upload_objects(artifacts, prepare, "prepared/", "heldout/")

        train = self._job_role("TrainRole", "TrainingJobs")
        download_objects(artifacts, train, "runs/", "prepared/")
        upload_objects(artifacts, train, "models/")

        evaluate = self._job_role("EvaluateRole", "ProcessingJobs")
        download_objects(artifacts, evaluate, "runs/", "heldout/", "models/")
        upload_objects(artifacts, evaluate, "evaluations/")
        return prepare, train, evaluate

    def _job_role(self, id_: str, logs: str) -> SageMakerRole:
        key = self._storage.data_key
        return SageMakerRole(self, id_, image=self._image, key=key, log_groups=[f"/aws/sagemaker/{logs}"])

    def _add_machine(
        self, functions: Functions, project: Project, serving: Serving
    ) -> tuple[Machine, lambda_.Function]:
        register_model = self._add_register_model(functions)
        machine = Machine(
            self,
            "TrainingMachine",
            name=f"{self._name}-training",
            definition=training_machine(project),
            functions={
                "start_run": self._add_start_run(functions),
                "validate_data": self._add_validate_data(functions),
                "judge_model": self._add_judge_model(functions),
                "register_model": register_model,
                "record_run": self._add_record_run(functions),
            },
            values={
                "prepare_role": self._prepare_role.role_arn,
                "train_role": self._train_role.role_arn,
                "evaluate_role": self._evaluate_role.role_arn,
                "data_key": self._storage.data_key.key_arn,
                "release_machine": serving.release_machine.state_machine_arn,
                "profile_machine": self.profile_machine.state_machine_arn,
            },
            key=self._storage.data_key,
        )
        roles = [self._prepare_role, self._train_role, self._evaluate_role]
        allow_jobs(machine, deployment=self._name, roles=roles)
        self._allow_children(machine, serving)
        return machine, register_model

    def _allow_children(self, machine: Machine, serving: Serving) -> None:
        """Start the profile and the release machine, and follow what was started."""
        children = [self.profile_machine.state_machine_arn, serving.release_machine.state_machine_arn]
        prefix = f"arn:{self.partition}:states:{self.region}:{self.account}:execution:{self._name}"
        allow(machine, "states:StartExecution", on=children)
        executions = [f"{prefix}-profile:*", f"{prefix}-release:*"]
        allow(machine, "states:DescribeExecution", "states:StopExecution", on=executions)
        allow_rules(machine, "StepFunctionsGetEventsForStepFunctionsExecutionRule")

    def _add_start_run(self, functions: Functions) -> lambda_.Function:
        start_run = functions.add(
            "start_run",
            layers=["base", "project"],
            reads=["DATA_BUCKET", "ARTIFACT_BUCKET", "STATE_TABLE", "DEPLOYMENT", "IMAGE_URI"],
            timeout=cdk.Duration.minutes(1),
        )
        read_objects(self._storage.data_bucket, start_run, "datasets/")
        write_objects(self._storage.artifact_bucket, start_run, "runs/")
        use_table(self._storage.state, start_run, GET, PUT, DELETE)
        executions = f"arn:{self.partition}:states:{self.region}:{self.account}:execution:{self._name}-training:*"
        allow(start_run, "states:DescribeExecution", on=[executions])
        allow(start_run, "ecr:DescribeImages", on=[self._image.repository.repository_arn])
        return start_run

    def _add_validate_data(self, functions: Functions) -> lambda_.Function:
        validate_data = functions.add(
            "validate_data",
            layers=["base", "tables", "project"],
            reads=["DATA_BUCKET"],
            timeout=cdk.Duration.minutes(5),
        )
        read_objects(self._storage.data_bucket, validate_data, "profiles/", "datasets/")
        return validate_data

    def _add_judge_model(self, functions: Functions) -> lambda_.Function:
        judge_model = functions.add(
            "judge_model",
            layers=["base", "project"],
            reads=["ARTIFACT_BUCKET"],
            timeout=cdk.Duration.minutes(1),
        )
        read_objects(self._storage.artifact_bucket, judge_model, "evaluations/")
        return judge_model

    def _add_register_model(self, functions: Functions) -> lambda_.Function:
        register_model = functions.add(
            "register_model",
            layers=["base"],
            reads=["ARTIFACT_BUCKET", "STATE_TABLE", "LEDGER_TABLE", "MODEL_PACKAGE_GROUP", "SIGNING_KEY_ID"],
            timeout=cdk.Duration.minutes(5),
            memory=1024,
        )
        read_objects(self._storage.artifact_bucket, register_model, "models/")
        write_objects(self._storage.artifact_bucket, register_model, "models/")
        use_table(self._storage.state, register_model, GET, QUERY, PUT)
        use_table(self._storage.ledger, register_model, PUT)
        allow(register_model, "kms:Sign", "kms:Verify", "kms:GetPublicKey", on=[self._storage.signing_key.key_arn])
        packages = f"arn:{self.partition}:sagemaker:{self.region}:{self.account}:model-package/{self._name}/*"
        allow(
            register_model,
            "sagemaker:CreateModelPackage",
            on=[self._registry.attr_model_package_group_arn, packages],
        )
        return register_model

    def _add_record_run(self, functions: Functions) -> lambda_.Function:
        record_run = functions.add(
            "record_run",
            layers=["base"],
            reads=["STATE_TABLE", "LEDGER_TABLE"],
            timeout=cdk.Duration.minutes(1),
        )
        use_table(self._storage.state, record_run, GET, PUT, DELETE)
        use_table(self._storage.ledger, record_run, PUT)
        return record_run
