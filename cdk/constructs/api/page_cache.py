"""CloudFront before the API: it answers the page's files from its caches, and forwards everything else to the API."""

from collections.abc import Mapping

from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from cdk.acknowledged import acknowledge
from cdk.constructs.api.http_api import HttpApi
from cdk.constructs.api.rest_api import RestApi
from cdk.resource_names import resource_name
from cdk.stages import Stage

# Files whose names change with their content; functions/dashboard/page.py lets caches keep them for a year.
CACHED_PATHS = "/dashboard/assets/*"
# What CloudFront writes over whatever the caller sent: the caller's address, and a word that proves that it did.
VIEWER_HEADER = "x-palier-viewer"
PROOF_HEADER = "x-palier-edge"
# Source: docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html
_NAME_VIEWER = f"""function handler(event) {{
  event.request.headers["{VIEWER_HEADER}"] = {{ value: event.viewer.ip }};
  return event.request;
}}
"""
_PROOF_LENGTH = 40

_ACCEPTED = {
    "AwsSolutions-CFR1": "Plants call from wherever they are.",
    "AwsSolutions-CFR2": "The REST API's web ACL stands behind it, where it protects both ways in.",
    "AwsSolutions-CFR3": "Whatever is not a cached file of the page is in the access log of the API.",
    "AwsSolutions-CFR4": "CloudFront's own name has a certificate of CloudFront's; to the API it is TLS 1.2.",
    "AwsSolutions-SMG4": "CloudFront and the web ACL need the same word: a deployment gives both a new one.",
}


class PageCache(Construct):
    """A distribution under CloudFront's own name; requests and answers of the API are forwarded and never cached.

    proof: the word by which the web ACL of a REST API recognizes requests of this distribution; None before an HTTP
    API, which has no web ACL.
    """

    def __init__(self, scope: Construct, id_: str, *, stage: Stage, api: RestApi | HttpApi) -> None:
        super().__init__(scope, id_)
        self.proof = self._proof() if isinstance(api, RestApi) else None
        origin = _origin(stage, api, {PROOF_HEADER: self.proof} if self.proof else {})
        names_viewer = [
            cloudfront.FunctionAssociation(
                function=self._function(), event_type=cloudfront.FunctionEventType.VIEWER_REQUEST
            )
        ]
        self.distribution = cloudfront.Distribution(
            self,
            "Distribution",
            comment=resource_name(stage.name),
            default_behavior=cloudfront.BehaviorOptions(
                origin=origin,
                allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
                cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
                # API Gateway finds the API by the host's name, which must be its own.
                origin_request_policy=cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
                viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
                function_associations=names_viewer,
            ),
            additional_behaviors={
                CACHED_PATHS: cloudfront.BehaviorOptions(
                    origin=origin,
                    cache_policy=cloudfront.CachePolicy.CACHING_OPTIMIZED,
                    # Files that are not there are asked of the API, and counted.
                    origin_request_policy=self._viewer_alone(),
                    viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
                    function_associations=names_viewer,
                )
            },
            price_class=cloudfront.PriceClass.PRICE_CLASS_100,
        )
        acknowledge(self, _ACCEPTED)

    def _proof(self) -> str:
        secret = secretsmanager.Secret(
            self,
            "Proof",
            description="What CloudFront shows to the web ACL",
            generate_secret_string=secretsmanager.SecretStringGenerator(
                password_length=_PROOF_LENGTH, exclude_punctuation=True
            ),
        )
        # A reference in the template: CloudFormation reads the word when it makes distribution and web ACL.
        return secret.secret_value.unsafe_unwrap()

    def _function(self) -> cloudfront.Function:
        return cloudfront.Function(
            self,
            "NameViewer",
            code=cloudfront.FunctionCode.from_inline(_NAME_VIEWER),
            runtime=cloudfront.FunctionRuntime.JS_2_0,
            comment="Writes the caller's address",
        )

    def _viewer_alone(self) -> cloudfront.OriginRequestPolicy:
        return cloudfront.OriginRequestPolicy(
            self, "ViewerAlone", header_behavior=cloudfront.OriginRequestHeaderBehavior.allow_list(VIEWER_HEADER)
        )


def _origin(stage: Stage, api: RestApi | HttpApi, headers: Mapping[str, str]) -> cloudfront.IOrigin:
    if stage.domain is None:
        return api.origin(headers)
    # With a domain, the API does not answer to its own name.
    return origins.HttpOrigin(
        stage.domain.name, origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2], custom_headers=headers
    )
