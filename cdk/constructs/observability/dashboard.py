"""The dashboard of a stage: rows of panels in the order in which an alarm is looked into."""

from collections.abc import Sequence

from aws_cdk import Aws, Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from cdk.alarm_thresholds import AlarmThresholds
from cdk.constructs.observability.panels import (
    capacity_row,
    diagnosis_row,
    job_row,
    objective_row,
    overview_row,
    protection_row,
)
from cdk.constructs.observability.stage_metrics import StageMetrics
from cdk.resource_names import resource_name


def dashboard_name(stage: str) -> str:
    """Return the name of a stage's dashboard, by which the page links to it."""
    return resource_name(stage)


class ServiceDashboard(Construct):
    """Alarms on top, then overview, objectives, diagnoses, capacity, jobs, protection."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        metrics: StageMetrics,
        thresholds: AlarmThresholds,
        alarm_names: Sequence[str],
    ) -> None:
        super().__init__(scope, id_)
        stage = metrics.monitored.stage
        rows: list[list[cloudwatch.IWidget]] = [
            [_heading(metrics), self._alarms(alarm_names)],
            overview_row(metrics),
            objective_row(metrics, thresholds),
            diagnosis_row(metrics, thresholds),
            capacity_row(metrics, thresholds),
            job_row(metrics),
            protection_row(metrics),
        ]
        self.dashboard = cloudwatch.Dashboard(
            self,
            "Dashboard",
            dashboard_name=dashboard_name(stage),
            default_interval=Duration.hours(3),
            period_override=cloudwatch.PeriodOverride.INHERIT,
            widgets=rows,
        )

    def _alarms(self, names: Sequence[str]) -> cloudwatch.AlarmStatusWidget:
        # By name: a dashboard that depended on its alarms could not be deployed if one of them failed.
        alarms = [cloudwatch.Alarm.from_alarm_name(self, name, name) for name in names]
        return cloudwatch.AlarmStatusWidget(title="Alarms", alarms=alarms, width=18, height=5)


def _heading(metrics: StageMetrics) -> cloudwatch.TextWidget:
    monitored = metrics.monitored
    lines = (
        f"# Palier {monitored.stage}",
        f"What to do about an alarm: {monitored.runbook}",
        f"API `{monitored.api_name}`, stage `{monitored.api_stage}`, {Aws.REGION}",
    )
    return cloudwatch.TextWidget(markdown="\n\n".join(lines), width=6, height=5)
