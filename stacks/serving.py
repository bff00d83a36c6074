"""The front door: the API, what answers it, and the machine that releases model versions."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from evergreen.project import Project
from stacks.constructs.access import CHANGE_ITEMS, allow, read_objects, use_table, write_objects
from stacks.constructs.api import PredictionApi
from stacks.constructs.function import Functions
from stacks.constructs.image import TrainingImage
from stacks.constructs.machine import Machine
from stacks.constructs.naming import add_outputs, deployment_name
from stacks.constructs.roles import SageMakerRole
from stacks.machines.release import release_machine
from stacks.storage import Storage


class Serving(cdk.Stack):
    """Endpoints are made by releases, not here: a rollback is never drift of this stack."""

    def __init__(self, scope: Construct, id_: str, *, project: Project, storage: Storage, **kwargs: Any) -> None:
        super().__init__(scope, id_, **kwargs)
        self._name = deployment_name(project)
        self._storage = storage
        self.model_role = SageMakerRole(
            self,
            "ModelRole",
            image=TrainingImage(self, "Image"),
            key=storage.data_key,
            log_groups=[f"/aws/sagemaker/Endpoints/{self._name}-*"],
        )
        read_objects(storage.artifact_bucket, self.model_role, "models/")
        write_objects(storage.data_bucket, self.model_role, "capture/")

        functions = Functions(self, "Functions", project=project, key=storage.data_key, variables=self._variables())
        self.predict = self._add_predict(functions)
        self.accept_feedback = self._add_accept_feedback(functions)
        self.release_machine = self._add_release_machine(functions, project)
        self.api = PredictionApi(
            self,
            "Api",
            name=self._name,
            quota=project.serving.quota,
            predict=self.predict,
            feedback=self.accept_feedback,
            key=storage.data_key,
        )
        add_outputs(
            self,
            ApiUrl=self.api.url,
            ApiId=self.api.rest_api_id,
            ApiKeyId=self.api.api_key_for_clients.key_id,
            ReleaseMachineArn=self.release_machine.state_machine_arn,
            PredictFunction=self.predict.function_name,
        )

    def _variables(self) -> dict[str, str]:
        return {
            "DATA_BUCKET": self._storage.data_bucket.bucket_name,
            "ARTIFACT_BUCKET": self._storage.artifact_bucket.bucket_name,
            "LEDGER_TABLE": self._storage.ledger.table_name,
            "STATE_TABLE": self._storage.state.table_name,
            "DATA_KEY_ARN": self._storage.data_key.key_arn,
            "MODEL_ROLE_ARN": self.model_role.role_arn,
        }

    def _add_predict(self, functions: Functions) -> lambda_.Function:
        predict = functions.add(
            "predict",
            layers=["base", "project"],
            reads=["STATE_TABLE", "ARTIFACT_BUCKET", "DEPLOYMENT"],
            timeout=cdk.Duration.seconds(28),
            memory=1024,
        )
        use_table(self._storage.state, predict, "dynamodb:GetItem")
        read_objects(self._storage.artifact_bucket, predict, "models/")
        allow(predict, "sagemaker:InvokeEndpoint", on=[self._sagemaker("endpoint")])
        return predict

    def _add_accept_feedback(self, functions: Functions) -> lambda_.Function:
        accept_feedback = functions.add(
            "accept_feedback", layers=["base"], reads=["DATA_BUCKET"], timeout=cdk.Duration.seconds(28)
        )
        write_objects(self._storage.data_bucket, accept_feedback, "truth/")
        return accept_feedback

    def _add_release_machine(self, functions: Functions, project: Project) -> Machine:
        releasing = {
            "start_release": self._add_start_release(functions),
            "smoke_test": self._add_smoke_test(functions),
            "advance_release": self._add_advance_release(functions),
            "finish_release": self._add_finish_release(functions),
        }
        machine = Machine(
            self,
            "ReleaseMachine",
            name=f"{self._name}-release",
            definition=release_machine(project),
            functions=releasing,
            values={},
            key=self._storage.data_key,
        )
        allow(machine.role, "sagemaker:DescribeEndpoint", on=[self._sagemaker("endpoint")])
        return machine

    def _add_start_release(self, functions: Functions) -> lambda_.Function:
        start_release = functions.add(
            "start_release",
            layers=["base", "project"],
            reads=[
                "STATE_TABLE",
                "LEDGER_TABLE",
                "DATA_BUCKET",
                "ARTIFACT_BUCKET",
                "DEPLOYMENT",
                "MODEL_ROLE_ARN",
                "DATA_KEY_ARN",
            ],
            timeout=cdk.Duration.minutes(1),
        )
        use_table(self._storage.state, start_release, "dynamodb:GetItem", *CHANGE_ITEMS)
        use_table(self._storage.ledger, start_release, "dynamodb:PutItem")
        allow(start_release, "states:DescribeExecution", on=[self._executions("release")])
        for kind, path in (("Model", "model"), ("EndpointConfig", "endpoint-config"), ("Endpoint", "endpoint")):
            allow(start_release, f"sagemaker:Create{kind}", f"sagemaker:Describe{kind}", on=[self._sagemaker(path)])
        allow(start_release, "sagemaker:CreateEndpoint", on=[self._sagemaker("endpoint-config")])
        self._pass_model_role(start_release)
        return start_release

    def _add_smoke_test(self, functions: Functions) -> lambda_.Function:
        smoke_test = functions.add(
            "smoke_test",
            layers=["base"],
            reads=["STATE_TABLE", "ARTIFACT_BUCKET"],
            timeout=cdk.Duration.minutes(2),
        )
        use_table(self._storage.state, smoke_test, "dynamodb:GetItem")
        read_objects(self._storage.artifact_bucket, smoke_test, "models/")
        allow(smoke_test, "sagemaker:InvokeEndpoint", on=[self._sagemaker("endpoint")])
        return smoke_test

    def _add_advance_release(self, functions: Functions) -> lambda_.Function:
        advance_release = functions.add(
            "advance_release",
            layers=["base", "stats", "project"],
            reads=["STATE_TABLE", "LEDGER_TABLE", "DEPLOYMENT"],
            timeout=cdk.Duration.minutes(1),
        )
        use_table(self._storage.state, advance_release, "dynamodb:GetItem", *CHANGE_ITEMS)
        use_table(self._storage.ledger, advance_release, "dynamodb:PutItem")
        allow(advance_release, "cloudwatch:GetMetricData", on=["*"])
        return advance_release

    def _add_finish_release(self, functions: Functions) -> lambda_.Function:
        finish_release = functions.add(
            "finish_release",
            layers=["base"],
            reads=["STATE_TABLE", "LEDGER_TABLE", "DEPLOYMENT"],
            timeout=cdk.Duration.minutes(2),
        )
        use_table(self._storage.state, finish_release, "dynamodb:GetItem", "dynamodb:Query", *CHANGE_ITEMS)
        use_table(self._storage.ledger, finish_release, "dynamodb:PutItem")
        for kind, path in (("Model", "model"), ("EndpointConfig", "endpoint-config"), ("Endpoint", "endpoint")):
            allow(finish_release, f"sagemaker:Delete{kind}", f"sagemaker:Describe{kind}", on=[self._sagemaker(path)])
        allow(finish_release, "sagemaker:InvokeEndpoint", on=[self._sagemaker("endpoint")])
        return finish_release

    def _pass_model_role(self, grantee: iam.IGrantable) -> None:
        allow(
            grantee,
            "iam:PassRole",
            on=[self.model_role.role_arn],
            when={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
        )

    def _sagemaker(self, kind: str) -> str:
        """Everything of that kind that this deployment's releases make."""
        return f"arn:{self.partition}:sagemaker:{self.region}:{self.account}:{kind}/{self._name}-*"

    def _executions(self, machine: str) -> str:
        return f"arn:{self.partition}:states:{self.region}:{self.account}:execution:{self._name}-{machine}:*"
