"""Canary deployments: a tenth of the requests goes to the new version first, with a rollback when alarms fire."""

from collections.abc import Mapping

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_codedeploy as codedeploy
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk.acknowledged import acknowledge, managed_policy
from cdk.alarm_notes import NOTES, RUNBOOK
from cdk.constructs.lambda_functions.function import function_name
from cdk.constructs.observability.stage_metrics import MINUTE, SUM, function_metric, palier_metric
from cdk.resource_names import ALIAS
from cdk.stages import Stage

CONFIGURATIONS: Mapping[str, codedeploy.ILambdaDeploymentConfig] = {
    "canary_10_percent_5_minutes": codedeploy.LambdaDeploymentConfig.CANARY_10_PERCENT_5_MINUTES,
    "canary_10_percent_15_minutes": codedeploy.LambdaDeploymentConfig.CANARY_10_PERCENT_15_MINUTES,
}


class CanaryShift(Construct):
    """The canary deployment of one function's alias, rolled back at errors and 5xx of that function."""

    def __init__(self, scope: Construct, id_: str, *, stage: Stage, name: str, alias: lambda_.Alias) -> None:
        super().__init__(scope, id_)
        self.group = codedeploy.LambdaDeploymentGroup(
            self,
            "Group",
            application=codedeploy.LambdaApplication(self, "Application"),
            alias=alias,
            deployment_config=CONFIGURATIONS[stage.shift],
            alarms=[
                self._alarm("FunctionErrors", _errors(stage, name)),
                self._alarm("ServerErrors", _server_errors(stage, name)),
            ],
            auto_rollback=codedeploy.AutoRollbackConfig(
                failed_deployment=True, stopped_deployment=True, deployment_in_alarm=True
            ),
        )
        acknowledge(
            self.group,
            {
                managed_policy(
                    "AWSCodeDeployRoleForLambdaLimited"
                ): "AWS's own policy for CodeDeploy on Lambda; only CodeDeploy may assume it."
            },
        )

    def _alarm(self, id_: str, metric: cloudwatch.Metric) -> cloudwatch.Alarm:
        return cloudwatch.Alarm(
            self,
            id_,
            metric=metric,
            threshold=1,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=NOTES["deployment-errors"].description(RUNBOOK),
        )


# Names, not references: a reference would go in a circle, from the alias to its alarm and back.
def _errors(stage: Stage, name: str) -> cloudwatch.Metric:
    function = function_name(stage, name)
    dimensions = {"FunctionName": function, "Resource": f"{function}:{ALIAS}"}
    return function_metric(dimensions, "Errors", SUM, MINUTE)


# Not the API's 5xx: those of one function would roll back the others as well.
def _server_errors(stage: Stage, name: str) -> cloudwatch.Metric:
    return palier_metric(stage.name, name, "ServerErrors", SUM, MINUTE)
