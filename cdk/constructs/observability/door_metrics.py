"""Metrics of AWS for a door that is no REST API: the same counts under other names.

Source: API Gateway developer guide, "Monitoring HTTP API metrics with CloudWatch"; AWS Lambda developer guide,
"Monitoring Lambda function URLs".
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class DoorMetrics:
    """Namespace and dimensions of a door's metrics, and their names where they differ from a REST API's."""

    namespace: str
    dimensions: Mapping[str, str]
    names: Mapping[str, str]


def http_api_metrics(api_id: str) -> DoorMetrics:
    """Return the metrics of an HTTP API, by its id."""
    return DoorMetrics("AWS/ApiGateway", {"ApiId": api_id}, {"4XXError": "4xx", "5XXError": "5xx"})


def function_url_metrics(function: str) -> DoorMetrics:
    """Return the metrics of one function's URL; AWS has no metric of the time beyond the function's own."""
    names = {
        "4XXError": "Url4xxCount",
        "5XXError": "Url5xxCount",
        "Count": "UrlRequestCount",
        "Latency": "UrlRequestLatency",
        "IntegrationLatency": "Duration",
    }
    return DoorMetrics("AWS/Lambda", {"FunctionName": function}, names)
