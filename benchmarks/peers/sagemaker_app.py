"""Runs in the environment of SageMaker's serving stack: Flask under gunicorn with the inference toolkit's codecs."""

import os

import flask
import joblib
from sagemaker_inference import decoder, encoder

app = flask.Flask(__name__)
model = joblib.load(os.environ["MODEL"])


@app.post("/invocations")
def invocations() -> flask.Response:
    """Return each row's probability."""
    rows = decoder.decode(flask.request.get_data().decode(), flask.request.content_type)
    shares = model.predict_proba(rows.reshape(-1, model.n_features_in_).astype("float64"))[:, 1]
    return flask.Response(encoder.encode(shares, "application/json"), mimetype="application/json")
