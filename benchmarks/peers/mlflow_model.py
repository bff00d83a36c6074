"""Runs in MLflow's environment: saves a pickled pipeline as an MLflow model."""

import sys
from pathlib import Path

import joblib
import mlflow.sklearn

source, target = map(Path, sys.argv[1:3])
mlflow.sklearn.save_model(joblib.load(source), target, serialization_format="cloudpickle", pip_requirements=[])
