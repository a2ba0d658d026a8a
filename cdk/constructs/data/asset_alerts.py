"""Where an asset's change of condition goes: a bus for software, and a topic for people."""

from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from cdk.constructs.observability.alarm_topics import subscription
from cdk.constructs.policies import services_of_account
from cdk.resource_names import resource_name
from cdk.stages import Stage

# As functions/core/assets/alerts.py writes them; a test holds both together.
SOURCE = "palier"
DETAIL_TYPE = "Asset condition changed"
_EVENT_BRIDGE = "events.amazonaws.com"


class AssetAlerts(Construct):
    """A bus, and a rule that hands what comes over it to a topic with the stage's receivers."""

    def __init__(self, scope: Construct, id_: str, *, stage: Stage, key: kms.Key) -> None:
        super().__init__(scope, id_)
        name = resource_name(stage.name)
        self.bus = events.EventBus(self, "Bus", event_bus_name=name, description=f"Palier {stage.name}: assets")
        self.topic = sns.Topic(
            self,
            "Topic",
            topic_name=resource_name(stage.name, "assets"),
            display_name=f"Palier {stage.name} assets",
            master_key=key,
            enforce_ssl=True,
        )
        key.add_to_resource_policy(services_of_account([_EVENT_BRIDGE], ["kms:Decrypt", "kms:GenerateDataKey"], "*"))
        # enforce_ssl brings a policy of its own, and with it the default one is gone.
        self.topic.add_to_resource_policy(services_of_account([_EVENT_BRIDGE], ["sns:Publish"], self.topic.topic_arn))
        for address in stage.alert_receivers:
            self.topic.add_subscription(subscription(address))
        events.Rule(
            self,
            "Rule",
            event_bus=self.bus,
            description="Every turn of an asset, to the topic",
            event_pattern=events.EventPattern(source=[SOURCE], detail_type=[DETAIL_TYPE]),
            # By its ARN: to a topic of the CDK's it would add a permission for every account's EventBridge.
            targets=[targets.SnsTopic(sns.Topic.from_topic_arn(self, "Told", self.topic.topic_arn))],
        )
