"""CloudFront before the API: it answers the page's files from its caches, and forwards everything else to the API."""

from collections.abc import Mapping

from aws_cdk import Aws, Duration
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from constructs import Construct

from cdk.acknowledged import acknowledge
from cdk.constructs.api.edge_proof import PROOF_HEADER, EdgeProof
from cdk.constructs.api.http_api import HttpApi
from cdk.constructs.api.rest_api import RestApi
from cdk.resource_names import resource_name
from cdk.stages import Stage

# Files whose names change with their content; functions/dashboard/page.py lets caches keep them for a year.
CACHED_PATHS = "/dashboard/assets/*"
# The caller's address, which CloudFront writes over whatever the caller sent.
VIEWER_HEADER = "x-palier-viewer"
# Source: docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html
_NAME_VIEWER = f"""function handler(event) {{
  event.request.headers["{VIEWER_HEADER}"] = {{ value: event.viewer.ip }};
  return event.request;
}}
"""
# Errors that CloudFront keeps for 10 s unless told, also where its policy caches nothing: an error of one caller's
# request would answer others.
# Source: docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html
_NEVER_KEPT = (400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504)

_ACCEPTED = {
    "AwsSolutions-CFR1": "Plants call from wherever they are.",
    "AwsSolutions-CFR2": "A REST API's web ACL stands behind it, for both ways in; an HTTP API has none.",
    "AwsSolutions-CFR3": "Whatever is not a cached file of the page is in the access log of the API.",
    "AwsSolutions-CFR4": "CloudFront's own name has a certificate of CloudFront's; to the API it is TLS 1.2.",
}


class PageCache(Construct):
    """A distribution under CloudFront's own name; requests and answers of the API are forwarded and never cached.

    It shows the proof's newest secret with each request.
    """

    def __init__(self, scope: Construct, id_: str, *, stage: Stage, api: RestApi | HttpApi, proof: EdgeProof) -> None:
        super().__init__(scope, id_)
        origin = _origin(stage, api, {PROOF_HEADER: proof.secrets[0]})
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
                    origin_request_policy=self._viewer_alone(stage),
                    viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
                    function_associations=names_viewer,
                )
            },
            error_responses=[cloudfront.ErrorResponse(http_status=one, ttl=Duration.seconds(0)) for one in _NEVER_KEPT],
            price_class=cloudfront.PriceClass.PRICE_CLASS_100,
        )
        acknowledge(self, _ACCEPTED)

    def _function(self) -> cloudfront.Function:
        return cloudfront.Function(
            self,
            "NameViewer",
            code=cloudfront.FunctionCode.from_inline(_NAME_VIEWER),
            runtime=cloudfront.FunctionRuntime.JS_2_0,
            comment="Writes the caller's address",
        )

    def _viewer_alone(self, stage: Stage) -> cloudfront.OriginRequestPolicy:
        return cloudfront.OriginRequestPolicy(
            self,
            "ViewerAlone",
            # CloudFront is one for all regions, and a stage may be in several.
            origin_request_policy_name=resource_name(stage.name, "viewer", Aws.REGION),
            header_behavior=cloudfront.OriginRequestHeaderBehavior.allow_list(VIEWER_HEADER),
        )


def _origin(stage: Stage, api: RestApi | HttpApi, headers: Mapping[str, str]) -> cloudfront.IOrigin:
    if stage.domain is None:
        return api.origin(headers)
    # With a domain, the API does not answer to its own name.
    return origins.HttpOrigin(
        stage.domain.name, origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2], custom_headers=headers
    )
