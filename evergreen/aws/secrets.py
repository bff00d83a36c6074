"""Secrets Manager: what opens a source of data. Nothing here is logged, and no error quotes it."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from evergreen.aws.clients import client, translated
from evergreen.errors import SourceFailed


def secret_text(name: str) -> str:
    """The text of a secret."""
    try:
        found = client("secretsmanager").get_secret_value(SecretId=name)
    except (ClientError, BotoCoreError) as error:
        raise translated(error, f"reading the secret {name}") from error
    text = str(found.get("SecretString") or "").strip()
    if not text:
        raise SourceFailed(f"the secret {name} holds no text; store a URL, a token, or the JSON of a database there")
    return text
