"""The monthly budget, which notifies before the costs of a stage are above it."""

from typing import Literal

from aws_cdk import aws_budgets as budgets
from constructs import Construct

from cdk.alarm_notes import NOTES
from cdk.constructs.observability.alarm_topics import AlarmTopics
from cdk.resource_names import COST_TAG

_NAME = "monthly-budget"


def monthly_budget(scope: Construct, *, stage: str, limit_usd: float, topics: AlarmTopics) -> budgets.CfnBudget:
    """Make the budget of a month; it notifies at 80 % and 100 % of it, and when the forecast is above it.

    It counts resources with the stage's cost tag, once that tag is activated for billing (docs/deploy.md, The
    budget). It has no name of its own: CloudFormation replaces a budget whose notifications change, and two cannot have
    one name.
    """
    topic = topics[NOTES[_NAME].severity].topic_arn
    return budgets.CfnBudget(
        scope,
        _NAME,
        budget=budgets.CfnBudget.BudgetDataProperty(
            budget_type="COST",
            time_unit="MONTHLY",
            cost_filters={"TagKeyValue": [f"user:{COST_TAG}${stage}"]},
            budget_limit=budgets.CfnBudget.SpendProperty(amount=limit_usd, unit="USD"),
        ),
        notifications_with_subscribers=[
            _notification("ACTUAL", 80, topic),
            _notification("ACTUAL", 100, topic),
            _notification("FORECASTED", 100, topic),
        ],
    )


def _notification(
    kind: Literal["ACTUAL", "FORECASTED"], percent: float, topic_arn: str
) -> budgets.CfnBudget.NotificationWithSubscribersProperty:
    return budgets.CfnBudget.NotificationWithSubscribersProperty(
        notification=budgets.CfnBudget.NotificationProperty(
            notification_type=kind,
            comparison_operator="GREATER_THAN",
            threshold=percent,
            threshold_type="PERCENTAGE",
        ),
        subscribers=[budgets.CfnBudget.SubscriberProperty(subscription_type="SNS", address=topic_arn)],
    )
