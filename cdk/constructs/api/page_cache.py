"""CloudFront before the API: it answers the page's files from its caches, and forwards everything else to the API."""

from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from constructs import Construct

from cdk.acknowledged import acknowledge
from cdk.constructs.api.http_api import HttpApi
from cdk.constructs.api.rest_api import RestApi
from cdk.resource_names import resource_name
from cdk.stages import Stage

# Files whose names change with their content; functions/dashboard/page.py lets caches keep them for a year.
CACHED_PATHS = "/dashboard/assets/*"

_ACCEPTED = {
    "AwsSolutions-CFR1": "Plants call from wherever they are.",
    "AwsSolutions-CFR2": "The REST API's web ACL stands behind it, where it protects both ways in.",
    "AwsSolutions-CFR3": "Whatever is not a cached file of the page is in the access log of the API.",
    "AwsSolutions-CFR4": "CloudFront's own name has a certificate of CloudFront's; to the API it is TLS 1.2.",
}


class PageCache(Construct):
    """A distribution under CloudFront's own name; requests and answers of the API are forwarded and never cached."""

    def __init__(self, scope: Construct, id_: str, *, stage: Stage, api: RestApi | HttpApi) -> None:
        super().__init__(scope, id_)
        origin = self._origin(stage, api)
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
            ),
            additional_behaviors={
                CACHED_PATHS: cloudfront.BehaviorOptions(
                    origin=origin,
                    cache_policy=cloudfront.CachePolicy.CACHING_OPTIMIZED,
                    viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
                )
            },
            price_class=cloudfront.PriceClass.PRICE_CLASS_100,
        )
        acknowledge(self, _ACCEPTED)

    def _origin(self, stage: Stage, api: RestApi | HttpApi) -> cloudfront.IOrigin:
        if stage.domain is None:
            return api.origin()
        # With a domain, the API does not answer to its own name.
        return origins.HttpOrigin(stage.domain.name, origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2])
