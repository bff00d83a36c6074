"""SageMaker in the engine's process: jobs and endpoints are child processes under the `/opt/ml` contract."""
