"""The front door: the API, what answers it, and the machine that releases model versions."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from evergreen.project import Project
from stacks.constructs.access import (
    DELETE,
    GET,
    PUT,
    allow,
    download_objects,
    hand_on_key,
    read_objects,
    upload_objects,
    use_table,
    write_objects,
)
from stacks.constructs.api import PredictionApi
from stacks.constructs.function import Functions
from stacks.constructs.image import TrainingImage
from stacks.constructs.machine import Machine
from stacks.constructs.naming import add_outputs, deployment_name
from stacks.constructs.roles import SageMakerRole
from stacks.machines.release import release_machine
from stacks.storage import Storage

# What one model version is served by: action suffix → resource.
SERVED_BY = {"Model": "model", "EndpointConfig": "endpoint-config", "Endpoint": "endpoint"}


class Serving(cdk.Stack):
    """Endpoints are made by releases, not here: a rollback is never drift of this stack."""

    def __init__(self, scope: Construct, id_: str, *, project: Project, storage: Storage, **kwargs: Any) -> None:
        super().__init__(scope, id_, **kwargs)
        self.deployment = deployment_name(project)
        self._storage = storage
        self.model_role = SageMakerRole(
            self,
            "ModelRole",
            image=TrainingImage(self, "Image"),
            key=storage.data_key,
            log_groups=[f"/aws/sagemaker/Endpoints/{self.deployment}-*"],
        )
        download_objects(storage.artifact_bucket, self.model_role, "models/")
        upload_objects(storage.data_bucket, self.model_role, "capture/")

        variables = self._variables(project)
        functions = Functions(self, "Functions", project=project, key=storage.data_key, variables=variables)
        self.predict = self._add_predict(functions)
        self.accept_feedback = self._add_accept_feedback(functions)
        self.release_machine = self._add_release_machine(functions, project)
        self.api = PredictionApi(
            self,
            "Api",
            name=self.deployment,
            quota=project.serving.quota,
            predict=self.predict,
            feedback=self.accept_feedback,
            key=storage.data_key,
        )
        self.api.node.try_remove_child("Endpoint")  # the CDK's own output of the URL
        add_outputs(
            self,
            ApiUrl=self.api.url,
            ApiId=self.api.rest_api_id,
            ApiKeyId=self.api.api_key_for_clients.key_id,
            ReleaseMachineArn=self.release_machine.state_machine_arn,
            PredictFunction=self.predict.function_name,
        )

    def _variables(self, project: Project) -> dict[str, str]:
        return {
            "DATA_BUCKET": self._storage.data_bucket.bucket_name,
            "ARTIFACT_BUCKET": self._storage.artifact_bucket.bucket_name,
            "LEDGER_TABLE": self._storage.ledger.table_name,
            "STATE_TABLE": self._storage.state.table_name,
            "DATA_KEY_ARN": self._storage.data_key.key_arn,
            "MODEL_ROLE_ARN": self.model_role.role_arn,
            "MAX_ROWS": str(project.serving.max_rows),
        }

    def _add_predict(self, functions: Functions) -> lambda_.Function:
        predict = functions.add(
            "predict",
            layers=["base"],
            reads=["DEPLOYMENT", "STATE_TABLE", "ARTIFACT_BUCKET", "MAX_ROWS"],
            timeout=cdk.Duration.seconds(28),
            memory=1024,
        )
        use_table(self._storage.state, predict, GET)
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
            name=f"{self.deployment}-release",
            definition=release_machine(project),
            functions=releasing,
            values={},
            key=self._storage.data_key,
        )
        allow(machine, "sagemaker:DescribeEndpoint", on=[self._sagemaker("endpoint")])
        return machine

    def _add_start_release(self, functions: Functions) -> lambda_.Function:
        """It also closes the record of a release whose execution died, but removes no endpoint and asks none."""
        start_release = functions.add(
            "start_release",
            layers=["base", "project"],
            reads=["DEPLOYMENT", "DATA_BUCKET", "STATE_TABLE", "LEDGER_TABLE", "MODEL_ROLE_ARN", "DATA_KEY_ARN"],
            timeout=cdk.Duration.minutes(1),
        )
        self._allow_closing(start_release)
        executions = f"arn:{self.partition}:states:{self.region}:{self.account}:execution:{self.deployment}-release:*"
        allow(start_release, "states:DescribeExecution", on=[executions])
        for kind, path in SERVED_BY.items():
            allow(start_release, f"sagemaker:Create{kind}", f"sagemaker:Describe{kind}", on=[self._sagemaker(path)])
        allow(start_release, "sagemaker:CreateEndpoint", on=[self._sagemaker("endpoint-config")])
        hand_on_key(self._storage.data_key, start_release)  # CreateEndpoint, for the endpoint's volume
        allow(
            start_release,
            "iam:PassRole",
            on=[self.model_role.role_arn],
            when={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
        )
        return start_release

    def _add_smoke_test(self, functions: Functions) -> lambda_.Function:
        smoke_test = functions.add(
            "smoke_test", layers=["base"], reads=["DEPLOYMENT", "STATE_TABLE"], timeout=cdk.Duration.minutes(2)
        )
        use_table(self._storage.state, smoke_test, GET)
        read_objects(self._storage.artifact_bucket, smoke_test, "models/")
        allow(smoke_test, "sagemaker:InvokeEndpoint", on=[self._sagemaker("endpoint")])
        return smoke_test

    def _add_advance_release(self, functions: Functions) -> lambda_.Function:
        advance_release = functions.add(
            "advance_release",
            layers=["base"],
            reads=["DEPLOYMENT", "STATE_TABLE", "LEDGER_TABLE"],
            timeout=cdk.Duration.minutes(1),
        )
        use_table(self._storage.state, advance_release, GET, PUT)
        use_table(self._storage.ledger, advance_release, PUT)
        allow(advance_release, "cloudwatch:GetMetricData", on=["*"])
        return advance_release

    def _add_finish_release(self, functions: Functions) -> lambda_.Function:
        """Remove the endpoint that lost, ask the one that serves who it is."""
        finish_release = functions.add(
            "finish_release",
            layers=["base"],
            reads=["DEPLOYMENT", "STATE_TABLE", "LEDGER_TABLE"],
            timeout=cdk.Duration.minutes(2),
        )
        self._allow_closing(finish_release)
        read_objects(self._storage.artifact_bucket, finish_release, "models/")
        allow(finish_release, "sagemaker:InvokeEndpoint", on=[self._sagemaker("endpoint")])
        for kind, path in SERVED_BY.items():
            allow(finish_release, f"sagemaker:Delete{kind}", on=[self._sagemaker(path)])
        return finish_release

    def _allow_closing(self, grantee: iam.IGrantable) -> None:
        """Judge a release for the last time, restore the traffic, close the record, give up the lock."""
        use_table(self._storage.state, grantee, GET, PUT, DELETE)
        use_table(self._storage.ledger, grantee, PUT)
        allow(grantee, "cloudwatch:GetMetricData", on=["*"])

    def _sagemaker(self, kind: str) -> str:
        """Everything of that kind that this deployment's releases make."""
        return f"arn:{self.partition}:sagemaker:{self.region}:{self.account}:{kind}/{self.deployment}-*"
