"""SageMaker's own error codes, and their names in Step Functions."""

from __future__ import annotations

MODELLED = {
    "ConflictException": "ConflictException",
    "ResourceInUse": "ResourceInUseException",
    "ResourceLimitExceeded": "ResourceLimitExceededException",
    "ResourceNotFound": "ResourceNotFoundException",
}


class SageMakerError(Exception):
    """An answer of the service: a code, a sentence and an HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        self.code = code
        self.message = message
        self.status = status
        super().__init__(message)

    def state_name(self, *, sdk: bool) -> str:
        """What a state machine's Catch sees: codes outside the model collapse into the service's base class."""
        fallback = "SageMakerException" if sdk else "AmazonSageMakerException"
        return f"SageMaker.{MODELLED.get(self.code, fallback)}"


def invalid(message: str) -> SageMakerError:
    """SageMaker answers ValidationException for nearly everything, a missing resource too."""
    return SageMakerError("ValidationException", message)
