"""The only place with boto3: one adapter per service, SDK errors translated here."""
