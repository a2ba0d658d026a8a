"""Alerts of assets: an event bus for software, and a topic for people."""

from aws_cdk import Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cdk.acknowledged import acknowledge
from cdk.constructs.observability.alarm_topics import subscription
from cdk.constructs.policies import Conditions, services_may
from cdk.constructs.retention import removal_policy
from cdk.resource_names import resource_name
from cdk.stages import Stage

# As functions/core/assets/alerts.py writes them; a test compares the two.
SOURCE = "palier"
DETAIL_TYPE = "Asset condition changed"
_EVENT_BRIDGE = "events.amazonaws.com"


class AssetAlerts(Construct):
    """The bus, and a rule that forwards its events to a topic with the stage's receivers.

    Events that cannot be published go to a dead-letter queue of the rule, for 14 days.
    """

    def __init__(self, scope: Construct, id_: str, *, stage: Stage, key: kms.Key) -> None:
        super().__init__(scope, id_)
        self._stage = stage.name
        self.bus = events.EventBus(
            self, "Bus", event_bus_name=resource_name(stage.name), description=f"Palier {stage.name}: assets"
        )
        self.topic = self._topic(key)
        for address in stage.alert_receivers:
            self.topic.add_subscription(subscription(address))
        self.undelivered = self._undelivered(stage)
        events.Rule(
            self,
            "Rule",
            rule_name=self.rule_dimensions["RuleName"],
            event_bus=self.bus,
            description="Every change of an asset, to the topic",
            event_pattern=events.EventPattern(source=[SOURCE], detail_type=[DETAIL_TYPE]),
            # By its ARN: to a topic of the CDK's it would add a permission for every account's EventBridge. Without a
            # role: one version of this page says that it may be given, another that deliveries to encrypted topics may
            # then fail; without one both are followed.
            # Source: docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
            targets=[
                targets.SnsTopic(
                    sns.Topic.from_topic_arn(self, "Told", self.topic.topic_arn), dead_letter_queue=self.undelivered
                )
            ],
        )

    @property
    def rule_dimensions(self) -> dict[str, str]:
        """The dimensions of the rule's metrics."""
        return {"EventBusName": resource_name(self._stage), "RuleName": resource_name(self._stage, "assets")}

    def _topic(self, key: kms.Key) -> sns.Topic:
        name = resource_name(self._stage, "assets")
        topic = sns.Topic(
            self,
            "Topic",
            topic_name=name,
            display_name=f"Palier {self._stage} assets",
            master_key=key,
            enforce_ssl=True,
        )
        # When EventBridge publishes to an encrypted topic, KMS gets neither account nor rule: conditions on them would
        # refuse every message. It gets the topic, as the encryption context of SNS.
        # Source: docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
        arn = Stack.of(self).format_arn(service="sns", resource=name)
        encrypted_for: Conditions = {"StringEquals": {"kms:EncryptionContext:aws:sns:topicArn": arn}}
        key.add_to_resource_policy(
            services_may([_EVENT_BRIDGE], ["kms:Decrypt", "kms:GenerateDataKey"], "*", encrypted_for)
        )
        # enforce_ssl brings a policy of its own, and with it the default one is gone.
        by_rule: Conditions = {"ArnEquals": {"aws:SourceArn": self._rule}}
        topic.add_to_resource_policy(services_may([_EVENT_BRIDGE], ["sns:Publish"], topic.topic_arn, by_rule))
        return topic

    @property
    def _rule(self) -> str:
        name = "/".join(self.rule_dimensions.values())
        return Stack.of(self).format_arn(service="events", resource="rule", resource_name=name)

    def _undelivered(self, stage: Stage) -> sqs.Queue:
        queue = sqs.Queue(
            self,
            "Undelivered",
            # SQS's own key, which EventBridge may use without a grant: a fault of the topic's key does not matter here.
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
            removal_policy=removal_policy(stage.retention),
        )
        acknowledge(queue, {"AwsSolutions-SQS3": "It is the dead-letter queue of the rule."})
        return queue
