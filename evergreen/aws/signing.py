"""Signatures by an asymmetric KMS key: ECDSA with SHA-256 over a digest that we computed."""

from __future__ import annotations

import base64

from botocore.exceptions import BotoCoreError, ClientError

from evergreen.aws.clients import client, code, translated

_ALGORITHM = "ECDSA_SHA_256"


class SigningKey:
    """One version of the signing key, by its ARN."""

    def __init__(self, key_id: str) -> None:
        self.key_id = key_id

    def sign(self, digest: bytes) -> bytes:
        """The DER signature of a SHA-256 digest."""
        try:
            answer = client("kms").sign(
                KeyId=self.key_id, Message=digest, MessageType="DIGEST", SigningAlgorithm=_ALGORITHM
            )
        except (ClientError, BotoCoreError) as error:
            raise translated(error, "signing a model") from error
        return bytes(answer["Signature"])

    def verifies(self, digest: bytes, signature: bytes) -> bool:
        """Whether this key made the signature for the digest."""
        try:
            answer = client("kms").verify(
                KeyId=self.key_id,
                Message=digest,
                MessageType="DIGEST",
                Signature=signature,
                SigningAlgorithm=_ALGORITHM,
            )
        except ClientError as error:
            if code(error) in ("KMSInvalidSignatureException", "KMSInvalidSignature"):
                return False
            raise translated(error, "verifying a model's signature") from error
        return bool(answer["SignatureValid"])

    def public_key(self) -> str:
        """The public key as base64 of its DER SubjectPublicKeyInfo: what `serve` trusts."""
        try:
            answer = client("kms").get_public_key(KeyId=self.key_id)
        except (ClientError, BotoCoreError) as error:
            raise translated(error, "reading the signing key's public half") from error
        return base64.b64encode(answer["PublicKey"]).decode()
