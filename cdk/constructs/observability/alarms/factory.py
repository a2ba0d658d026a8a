"""The factory of alarms: name, note, receivers and condition of each, and the least sample for a share."""

from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from constructs import Construct

from cdk.alarm_notes import NOTES, AlarmNote
from cdk.alarm_thresholds import AlarmThresholds
from cdk.constructs.observability.alarm_topics import AlarmTopics
from cdk.constructs.observability.stage_metrics import StageMetrics
from cdk.resource_names import resource_name

_NOT_BREACHING = cloudwatch.TreatMissingData.NOT_BREACHING


@dataclass(frozen=True)
class Condition:
    """The condition of an alarm: its metric is above `threshold` (or below it, with `below`) for `periods` periods.

    missing: how a period without data counts; by default nothing happened, so nothing is wrong.
    """

    metric: cloudwatch.IMetric
    threshold: float
    periods: int = 1
    below: bool = False
    missing: cloudwatch.TreatMissingData = _NOT_BREACHING


@dataclass(frozen=True)
class AlarmFactory:
    """Makes the alarms of a stage within `scope`: on its metrics, at its thresholds, with its topics as receivers."""

    scope: Construct
    metrics: StageMetrics
    thresholds: AlarmThresholds
    topics: AlarmTopics

    def alarm(self, name: str, condition: Condition) -> cloudwatch.Alarm:
        """Make the alarm of a note; its topic gets a message when it starts and when it ends."""
        note = NOTES[name]
        alarm = self._make(name, note, condition)
        self._send_to_topic(alarm, note)
        return alarm

    def part_of(self, name: str, suffix: str, condition: Condition) -> cloudwatch.Alarm:
        """Make an alarm without receivers, for a composite one to read."""
        return self._make(f"{name}-{suffix}", NOTES[name], condition)

    def all_of(self, name: str, *parts: cloudwatch.Alarm) -> cloudwatch.CompositeAlarm:
        """Make the composite alarm of a note: it fires while all of its parts do."""
        note = NOTES[name]
        composite = cloudwatch.CompositeAlarm(
            self.scope,
            name,
            composite_alarm_name=self.deployed_name(name),
            alarm_description=note.description(self.metrics.monitored.runbook),
            alarm_rule=cloudwatch.AlarmRule.all_of(
                *(cloudwatch.AlarmRule.from_alarm(part, cloudwatch.AlarmState.ALARM) for part in parts)
            ),
        )
        self._send_to_topic(composite, note)
        return composite

    def _make(self, name: str, note: AlarmNote, condition: Condition) -> cloudwatch.Alarm:
        operators = cloudwatch.ComparisonOperator
        return cloudwatch.Alarm(
            self.scope,
            name,
            alarm_name=self.deployed_name(name),
            alarm_description=note.description(self.metrics.monitored.runbook),
            metric=condition.metric,
            # So that 100 * (1 - 0.995) is 0.5 in the template.
            threshold=round(condition.threshold, 6),
            evaluation_periods=condition.periods,
            comparison_operator=operators.LESS_THAN_THRESHOLD if condition.below else operators.GREATER_THAN_THRESHOLD,
            treat_missing_data=condition.missing,
        )

    def _send_to_topic(self, alarm: cloudwatch.AlarmBase, note: AlarmNote) -> None:
        action = actions.SnsAction(self.topics[note.severity])
        alarm.add_alarm_action(action)
        alarm.add_ok_action(action)

    def deployed_name(self, name: str) -> str:
        """Return the name that the alarm of a note has on AWS."""
        return resource_name(self.metrics.monitored.stage, name)


@dataclass(frozen=True)
class MinimumSample:
    """Reads a metric as 0 while `whole` is below `at_least`: a share or a percentile of few requests means little."""

    whole: cloudwatch.IMetric
    at_least: int

    def value(self, metric: cloudwatch.IMetric, period: Duration, label: str) -> cloudwatch.MathExpression:
        """Return a metric, 0 where the sample is too small."""
        return self._expression("part", metric, period, label)

    def share(self, part: cloudwatch.IMetric, period: Duration, label: str) -> cloudwatch.MathExpression:
        """Return the part of the whole in percent, 0 where the sample is too small."""
        return self._expression("100 * part / whole", part, period, label)

    def rest(self, percent: cloudwatch.IMetric, period: Duration, label: str) -> cloudwatch.MathExpression:
        """Return the rest to 100 percent, 0 where the sample is too small."""
        return self._expression("100 - part", percent, period, label)

    def _expression(
        self, value: str, part: cloudwatch.IMetric, period: Duration, label: str
    ) -> cloudwatch.MathExpression:
        return cloudwatch.MathExpression(
            expression=f"IF(whole >= {self.at_least}, {value}, 0)",
            using_metrics={"part": part, "whole": self.whole},
            period=period,
            label=label,
        )
