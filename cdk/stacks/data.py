"""The data of a stage: recordings and results, jobs, history, bus and topic of asset alerts, and the key of all."""

from aws_cdk import Duration, Stack
from aws_cdk import aws_kms as kms
from constructs import Construct

from cdk.constructs.data.asset_alerts import AssetAlerts
from cdk.constructs.data.job_queue import JobQueue
from cdk.constructs.data.recordings import Recordings
from cdk.constructs.data.table import Table, TableKeys
from cdk.constructs.lambda_functions.grants import Resource
from cdk.constructs.retention import removal_policy
from cdk.functions import WORKER
from cdk.resource_names import resource_name
from cdk.stages import Stage

TABLES: dict[str, TableKeys] = {
    "jobs": TableKeys("job_id", indexes=(("by_owner", "owner", "created_at"),)),
    "history": TableKeys("asset_id", "diagnosed_at"),
}


class DataStack(Stack):
    """The resources with state, which outlive deployments of the functions."""

    def __init__(self, scope: Construct, id_: str, *, stage: Stage) -> None:
        super().__init__(scope, id_, description=f"Palier {stage.name}: recordings, jobs, history")
        self.key = kms.Key(
            self,
            "Key",
            alias=f"alias/{resource_name(stage.name)}",
            description=f"Palier {stage.name}: data and API keys",
            enable_key_rotation=True,
            pending_window=Duration.days(7),
            removal_policy=removal_policy(stage.retention),
        )
        self.recordings = Recordings(
            self,
            "Recordings",
            key=self.key,
            retention=stage.retention,
            origins=[*stage.cors_origins, *self._own_origins(stage)],
        )
        self.tables = {
            name: Table(self, name.title(), keys=keys, key=self.key, retention=stage.retention)
            for name, keys in TABLES.items()
        }
        self.jobs = JobQueue(
            self,
            "JobQueue",
            key=self.key,
            worker_timeout_s=stage.sizes[WORKER.name].timeout_s,
            retention=stage.retention,
        )
        self.alerts = AssetAlerts(self, "AssetAlerts", stage=stage, key=self.key)
        self._recordings = self._share_recordings(stage)

    @property
    def resources(self) -> dict[str, Resource]:
        """The resources that functions may be granted, by the names that `cdk/functions.py` uses."""
        queue, dead, bus = self.jobs.queue, self.jobs.dead_letters, self.alerts.bus
        return {
            "recordings": self._recordings,
            "queue": Resource("queue", queue.queue_url, (queue.queue_arn,), self.key),
            "dead_letters": Resource("queue", dead.queue_url, (dead.queue_arn,), self.key),
            "bus": Resource("bus", bus.event_bus_name, (bus.event_bus_arn,)),
        } | {name: self._table(name) for name in self.tables}

    def _own_origins(self, stage: Stage) -> list[str]:
        """Return the origins of the stage's own page, behind CloudFront also that of the distribution.

        API Gateway and CloudFront name what is made after this stack, so their names are patterns. They need not be
        exact: without a signed form or link S3 refuses requests from any page.
        """
        name = stage.domain.name if stage.domain else f"*.execute-api.{self.region}.{self.url_suffix}"
        return [f"https://{name}", *(["https://*.cloudfront.net"] if stage.page_cache else [])]

    def _table(self, name: str) -> Resource:
        table = self.tables[name].table
        indexes = [f"{table.table_arn}/index/{index}" for index, _, _ in TABLES[name].indexes]
        return Resource("table", table.table_name, (table.table_arn, *indexes), self.key)

    def _share_recordings(self, stage: Stage) -> Resource:
        # Exported under a name of its own, so that the name of cdk-nag's finding is known.
        name = resource_name(stage.name, "recordings")
        bucket = self.recordings.bucket
        objects = f"{self.export_value(bucket.bucket_arn, name=name)}/*"
        reason = "Objects are named by the jobs they belong to; their names are not known before."
        accepted = {f"AwsSolutions-IAM5[Resource::{name}/*]": reason}
        return Resource("bucket", bucket.bucket_name, (objects,), self.key, accepted, (bucket.bucket_arn,))
