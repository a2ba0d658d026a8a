"""The lifecycle of the bucket: the emulator keeps its rule and deletes nothing."""

from datetime import datetime
from typing import Any


def delete_objects(s3: Any, bucket: str, before: datetime) -> int:
    """Delete what was last modified before an instant; returns how many objects.

    Args:
        s3: client of boto3.
        bucket: its name.
        before: with a time zone.
    """
    deleted = 0
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        old = [{"Key": one["Key"]} for one in page.get("Contents", ()) if one["LastModified"] < before]
        if old:
            s3.delete_objects(Bucket=bucket, Delete={"Objects": old, "Quiet": True})
        deleted += len(old)
    return deleted
