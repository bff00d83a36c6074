"""The one image: prepares, trains, evaluates and serves. Jobs have no network."""
