"""The estimators of the project file: what each is, what it needs, and how it is fitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evergreen.errors import ProjectError
from evergreen.features.encoder import Matrix
from evergreen.features.fit import Needs
from evergreen.project.schema import Training

FEWEST_TO_STOP = 100  # on fewer validation rows the loss stops falling by chance


@dataclass(frozen=True)
class Kind:
    """One estimator: its classes (`module:name`) and its defaults where they are not scikit-learn's own."""

    classifier: str | None
    regressor: str | None
    needs: Needs
    defaults: Mapping[str, Any]


KINDS: dict[str, Kind] = {
    "hist_gradient_boosting": Kind(
        "sklearn.ensemble:HistGradientBoostingClassifier",
        "sklearn.ensemble:HistGradientBoostingRegressor",
        Needs(),
        {"max_iter": 200, "early_stopping": True},
    ),
    "random_forest": Kind(
        "sklearn.ensemble:RandomForestClassifier",
        "sklearn.ensemble:RandomForestRegressor",
        Needs(fill=True),
        {"n_estimators": 200, "max_depth": 12, "n_jobs": -1},
    ),
    "logistic_regression": Kind(
        "sklearn.linear_model:LogisticRegression", None, Needs(fill=True, scale=True), {"max_iter": 1000}
    ),
    "linear": Kind(None, "sklearn.linear_model:Ridge", Needs(fill=True, scale=True), {}),
}


@dataclass(frozen=True)
class Rows:
    """Features of shape (n_rows, n_features) and what is to be predicted: class positions or standardised numbers."""

    x: Matrix
    y: NDArray[Any]


@dataclass(frozen=True)
class Fitted:
    """A fitted estimator and the parameters it was made with."""

    estimator: Any
    parameters: dict[str, Any]

    def output(self, matrix: Matrix) -> NDArray[np.float64]:
        """What the exported graph must answer: P(positive), P(class), or the standardised number."""
        wide = matrix.astype(np.float64)
        if not hasattr(self.estimator, "predict_proba"):
            return np.asarray(self.estimator.predict(wide), dtype=float).reshape(-1, 1)
        shares = np.asarray(self.estimator.predict_proba(wide), dtype=float)
        return shares[:, 1:] if shares.shape[1] == 2 else shares


def fit(settings: Training, problem: str, train: Rows, validation: Rows) -> Fitted:
    """Fit the declared estimator; gradient boosting stops when the validation rows gain nothing more."""
    kind = KINDS[settings.estimator]
    parameters = {**kind.defaults, **settings.parameters}
    boosting = settings.estimator == "hist_gradient_boosting"
    if boosting and len(validation.y) < FEWEST_TO_STOP and "early_stopping" not in settings.parameters:
        parameters["early_stopping"] = False
    estimator = _made(settings, kind, problem, parameters)
    held: dict[str, Any] = {}
    if boosting and parameters["early_stopping"] and len(validation.y):
        held = {"X_val": validation.x.astype(np.float64), "y_val": validation.y}
    try:
        estimator.fit(train.x.astype(np.float64), train.y, **held)
    except ValueError as error:
        sentence = str(error).splitlines()[0]
        raise ProjectError([f"training.parameters: {settings.estimator} cannot be fitted: {sentence}"]) from error
    return Fitted(estimator, parameters)


def _made(settings: Training, kind: Kind, problem: str, parameters: Mapping[str, Any]) -> Any:
    regression = problem == "regression"
    path = kind.regressor if regression else kind.classifier
    if path is None:
        fitting = [name for name, other in KINDS.items() if (other.regressor if regression else other.classifier)]
        raise ProjectError(
            [f"training.estimator: {settings.estimator} does not fit a {problem}; use {' or '.join(fitting)}"]
        )
    module, name = path.split(":")
    cls = getattr(import_module(module), name)
    known = set(cls().get_params())
    unknown = [parameter for parameter in parameters if parameter not in known]
    if unknown:
        raise ProjectError(
            [f"training.parameters: {name} has no {', '.join(unknown)}; it has {', '.join(sorted(known))}"]
        )
    extra: dict[str, Any] = {"random_state": settings.seed}
    if settings.class_weight == "balanced":
        if regression:
            raise ProjectError(["training.class_weight: balanced needs classes, and this is a regression"])
        extra["class_weight"] = "balanced"
    return cls(**{**extra, **parameters})
