"""Topics of the alarms: an encrypted topic for each severity, with its receivers."""

from collections.abc import Sequence

from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from cdk.alarm_thresholds import SEVERITIES, Receiver, Severity
from cdk.constructs.policies import services_of_account
from cdk.resource_names import resource_name

# The services that may publish: alarms, and the budget.
_PUBLISHERS = ("cloudwatch.amazonaws.com", "budgets.amazonaws.com")
_MAIL = "mailto:"


class AlarmTopics(Construct):
    """A topic for each severity, under the stage's key, which the publishers may use for it."""

    def __init__(self, scope: Construct, id_: str, *, stage: str, key: kms.IKey, receivers: Sequence[Receiver]) -> None:
        super().__init__(scope, id_)
        self._key = key
        key.add_to_resource_policy(services_of_account(_PUBLISHERS, ["kms:Decrypt", "kms:GenerateDataKey*"], "*"))
        self._topics = {severity: self._topic(severity, stage) for severity in SEVERITIES}
        for receiver in receivers:
            self._topics[receiver.severity].add_subscription(subscription(receiver.address))

    def __getitem__(self, severity: Severity) -> sns.Topic:
        return self._topics[severity]

    def _topic(self, severity: Severity, stage: str) -> sns.Topic:
        topic = sns.Topic(
            self,
            severity.title(),
            topic_name=resource_name(stage, severity),
            display_name=f"Palier {stage} {severity}",
            master_key=self._key,
            enforce_ssl=True,
        )
        # enforce_ssl brings a policy of its own, and with it the default one is gone.
        topic.add_to_resource_policy(services_of_account(_PUBLISHERS, ["sns:Publish"], topic.topic_arn))
        return topic


def subscription(address: str) -> sns.ITopicSubscription:
    """Return the subscription of an address, `mailto:NAME@DOMAIN` or `https://...`."""
    if address.startswith(_MAIL):
        return subscriptions.EmailSubscription(address.removeprefix(_MAIL))
    return subscriptions.UrlSubscription(address)
