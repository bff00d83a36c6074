"""Where a store keeps what: the key of each kind of object."""

from __future__ import annotations

from evergreen.profiles import FORMAT


def object_key(sha: str) -> str:
    """Where an object is stored."""
    return f"objects/{sha[:2]}/{sha}.parquet"


def profile_key(sha: str) -> str:
    """Where an object's profile is stored; one in another format is elsewhere, so it is made again."""
    return f"profiles/{FORMAT}/{sha[:2]}/{sha}"


def version_profile_key(manifest_id: str) -> str:
    """Where the profile of a whole version is kept, once somebody asked for it."""
    return f"profiles/versions/{FORMAT}/{manifest_id[:2]}/{manifest_id}"


def missing_profiles_key(sha: str) -> str:
    """Where objects that lack a profile are listed, for a map over them; nothing keeps it for longer than a day."""
    return f"profiles/missing/{sha[:2]}/{sha}.json"


def file_key(sha: str) -> str:
    """Where a file that is no table is stored."""
    return f"files/{sha[:2]}/{sha}"


def ingest_key(identity: str) -> str:
    """Where the parts of a file that was read before are listed."""
    return f"ingests/{identity[:2]}/{identity}.json"


def manifest_key(dataset: str, manifest_id: str) -> str:
    """Where a manifest is stored."""
    return f"datasets/{dataset}/manifests/{manifest_id}.json"


def branch_key(dataset: str) -> str:
    """Where the dataset's branch pointer is stored."""
    return f"datasets/{dataset}/branches/main.json"


def batch_key(dataset: str, batch: str) -> str:
    """Where it is noted at which version the first attempt to commit a landing batch began."""
    return f"datasets/{dataset}/batches/{batch}.json"


def seen_key(dataset: str, sha: str) -> str:
    """Where the rows near a watermark are listed, so that a source's next reading knows them again."""
    return f"datasets/{dataset}/seen/{sha}.json"


def tag_key(dataset: str, name: str) -> str:
    """Where a tag of the dataset is stored."""
    return f"datasets/{dataset}/tags/{name}.json"


def published_prefix(dataset: str) -> str:
    """Below it is written which versions a catalog's table refers to."""
    return f"datasets/{dataset}/published/"


def sagemaker_key(dataset: str, manifest_id: str) -> str:
    """Where the SageMaker manifest of a version is stored."""
    return f"datasets/{dataset}/sagemaker/{manifest_id}.manifest"
