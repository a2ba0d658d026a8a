"""The dashboard of a stage: a row for each question somebody asks who was woken by an alarm."""

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
from cdk.measured import Measured


def dashboard_name(stage: str) -> str:
    """Return the name of a stage's dashboard, by which the page links to it."""
    return f"palier-{stage}"


class ServiceDashboard(Construct):
    """Alarms on top, then overview, objectives, diagnoses, capacity, jobs, protection."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        measured: Measured,
        thresholds: AlarmThresholds,
        alarm_names: Sequence[str],
    ) -> None:
        super().__init__(scope, id_)
        stage = measured.observed.stage
        rows: list[list[cloudwatch.IWidget]] = [
            [_heading(measured), self._alarms(alarm_names)],
            overview_row(measured),
            objective_row(measured, thresholds),
            diagnosis_row(measured, thresholds),
            capacity_row(measured, thresholds),
            job_row(measured),
            protection_row(measured),
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
        # By name: a dashboard that hung on its alarms could not be deployed beside one that failed.
        alarms = [cloudwatch.Alarm.from_alarm_name(self, name, name) for name in names]
        return cloudwatch.AlarmStatusWidget(title="Alarms", alarms=alarms, width=18, height=5)


def _heading(measured: Measured) -> cloudwatch.TextWidget:
    observed = measured.observed
    lines = (
        f"# Palier {observed.stage}",
        f"What to do about an alarm: {observed.runbook}",
        f"API `{observed.api_name}`, stage `{observed.api_stage}`, {Aws.REGION}",
    )
    return cloudwatch.TextWidget(markdown="\n\n".join(lines), width=6, height=5)
