"""Function URLs: one for each function, without a gateway; callers sign with IAM."""

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_lambda as lambda_
from constructs import Construct


class FunctionUrls(Construct):
    """The URLs of the functions that answer routes, each an output of the stack."""

    def __init__(self, scope: Construct, id_: str) -> None:
        super().__init__(scope, id_)
        self.urls: dict[str, lambda_.FunctionUrl] = {}

    def open(self, name: str, alias: lambda_.Alias) -> None:
        """Give a function its URL."""
        url = alias.add_function_url(auth_type=lambda_.FunctionUrlAuthType.AWS_IAM)
        self.urls[name] = url
        CfnOutput(
            Stack.of(self), f"{name.title()}Url", value=url.url, description=f"URL of {name}, for signed requests"
        )
