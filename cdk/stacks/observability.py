"""Monitoring of a stage: topics, alarms, budget, traces, dashboard; it has no state."""

from collections.abc import Sequence

from aws_cdk import Stack
from constructs import Construct

from cdk.alarm_thresholds import AlarmThresholds, Receiver
from cdk.constructs.observability.alarm_topics import AlarmTopics
from cdk.constructs.observability.alarms.budget import monthly_budget
from cdk.constructs.observability.alarms.capacity import capacity_alarms, gpu_memory_alarm
from cdk.constructs.observability.alarms.factory import AlarmFactory
from cdk.constructs.observability.alarms.objectives import objective_alarms
from cdk.constructs.observability.alarms.service import job_alarms, service_alarms, traffic_alarms
from cdk.constructs.observability.dashboard import ServiceDashboard
from cdk.constructs.observability.monitored_stage import MonitoredStage
from cdk.constructs.observability.stage_metrics import StageMetrics
from cdk.constructs.observability.traces import traces


class ObservabilityStack(Stack):
    """The alarms and the dashboard of a stage."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        monitored: MonitoredStage,
        thresholds: AlarmThresholds,
        receivers: Sequence[Receiver] = (),
    ) -> None:
        super().__init__(scope, id_, description=f"Palier {monitored.stage}: alarms, budget, dashboard")
        metrics = StageMetrics(monitored)
        topics = AlarmTopics(self, "Topics", stage=monitored.stage, key=monitored.key, receivers=receivers)
        factory = AlarmFactory(Construct(self, "Alarms"), metrics, thresholds, topics)
        objectives = (objective_alarms,) if thresholds.watches_objectives else ()
        alarms = [
            alarm
            for family in (service_alarms, *objectives, capacity_alarms, job_alarms, traffic_alarms)
            for alarm in family(factory)
        ]
        if monitored.gpu_memory_percent is not None:
            alarms.append(gpu_memory_alarm(factory, monitored.gpu_memory_percent))
        monthly_budget(self, stage=monitored.stage, limit_usd=thresholds.monthly_budget_usd, topics=topics)
        traces(self, "Traces", stage=monitored.stage)
        names = [factory.deployed_name(alarm.node.id) for alarm in alarms]
        ServiceDashboard(self, "Service", metrics=metrics, thresholds=thresholds, alarm_names=names)
