"""Iceberg catalogs by name: a SQLite file, or Glue; with this process's credentials and Region."""

from __future__ import annotations

import os
from pathlib import Path

import boto3
from pyiceberg.catalog import Catalog

from evergreen.aws.clients import client
from evergreen.aws.objects import Objects
from evergreen.data.store import Store
from evergreen.errors import EvergreenError

_SQLITE = "sqlite:///"
GLUE = "glue"
_NAME = "evergreen"


def canonical_name(name: str) -> str:
    """The catalog's name wherever it is called from; refuses what is no catalog."""
    if name == GLUE:
        return name
    if not name.startswith(_SQLITE) or name == _SQLITE:
        raise EvergreenError(f"--iceberg: {name!r} is no catalog; write glue, or sqlite:///FILE such as sqlite:///c.db")
    return _SQLITE + str(Path(name.removeprefix(_SQLITE)).resolve())


def open_catalog(name: str, store: Store) -> Catalog:
    """The catalog of a canonical name; its metadata lie beside the SQLite file, or below `iceberg/` of the bucket."""
    properties = _properties(store)
    if name == GLUE:
        if not isinstance(store, Objects):
            raise EvergreenError("--iceberg glue: Glue's readers need S3; publish a directory to sqlite:///FILE")
        from pyiceberg.catalog.glue import GlueCatalog

        return GlueCatalog(_NAME, client=client("glue"), **properties)
    from pyiceberg.catalog.sql import SqlCatalog

    file = Path(name.removeprefix(_SQLITE))
    if not file.parent.is_dir():
        raise EvergreenError(f"--iceberg: the folder {file.parent} does not exist; make it, or name another")
    warehouse = {"warehouse": str(file.with_name(f"{file.stem}-warehouse"))}
    return SqlCatalog(_NAME, **{"uri": name, **warehouse, **properties})


def _properties(store: Store) -> dict[str, str]:
    """How pyarrow reaches the bucket: as boto3 does here, profiles and single sign-on included."""
    if not isinstance(store, Objects):
        return {}
    session = boto3.Session()
    found = session.get_credentials()
    credentials = found.get_frozen_credentials() if found else None
    wanted = {
        "warehouse": store.uri("iceberg"),
        "s3.region": client("s3").meta.region_name,
        "s3.endpoint": os.environ.get("AWS_ENDPOINT_URL"),
        "s3.access-key-id": credentials.access_key if credentials else None,
        "s3.secret-access-key": credentials.secret_key if credentials else None,
        "s3.session-token": credentials.token if credentials else None,
    }
    return {key: value for key, value in wanted.items() if value}
