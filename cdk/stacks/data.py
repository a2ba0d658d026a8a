"""The data of a stage: recordings and results, jobs, history, and the key that encrypts them."""

from aws_cdk import Duration, Stack
from aws_cdk import aws_kms as kms
from constructs import Construct

from cdk.constructs.grants import Resource
from cdk.constructs.job_queue import JobQueue
from cdk.constructs.recordings import Recordings
from cdk.constructs.removal import removal_policy
from cdk.constructs.table import Table, TableKeys
from cdk.stages import Stage

TABLES: dict[str, TableKeys] = {
    "jobs": TableKeys("job_id", indexes=(("by_owner", "owner", "created_at"),)),
    "history": TableKeys("asset_id", "diagnosed_at"),
    "idempotency": TableKeys("id"),
}


class DataStack(Stack):
    """Everything that must outlive a deployment of the functions."""

    def __init__(self, scope: Construct, id_: str, *, stage: Stage) -> None:
        super().__init__(scope, id_, description=f"Palier {stage.name}: recordings, jobs, history")
        self.key = kms.Key(
            self,
            "Key",
            alias=f"alias/palier-{stage.name}",
            description=f"Palier {stage.name}: data and API keys",
            enable_key_rotation=True,
            pending_window=Duration.days(7),
            removal_policy=removal_policy(stage.retention),
        )
        self.recordings = Recordings(self, "Recordings", key=self.key, retention=stage.retention)
        self.tables = {
            name: Table(self, name.title(), keys=keys, key=self.key, retention=stage.retention)
            for name, keys in TABLES.items()
        }
        self.jobs = JobQueue(
            self, "JobQueue", key=self.key, worker_timeout_s=stage.job_timeout_s, retention=stage.retention
        )

    @property
    def resources(self) -> dict[str, Resource]:
        """What functions may be granted, by the names that `cdk/functions.py` uses."""
        bucket, queue = self.recordings.bucket, self.jobs.queue
        return {
            "recordings": Resource("bucket", bucket.bucket_name, (bucket.arn_for_objects("*"),), self.key),
            "queue": Resource("queue", queue.queue_url, (queue.queue_arn,), self.key),
        } | {
            name: Resource(
                "table", one.table.table_name, (one.table.table_arn, f"{one.table.table_arn}/index/*"), self.key
            )
            for name, one in self.tables.items()
        }
