"""The rules of the web ACL as data, in the order in which they are applied."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import get_args

from aws_cdk import aws_wafv2 as wafv2

from cdk.constructs.api.edge_proof import PROOF_HEADER
from cdk.constructs.api.page_cache import VIEWER_HEADER
from cdk.constructs.error_body import error_body
from cdk.functions import PATHS_WITH_RECORDINGS
from cdk.stages import Stage, StageName

Acl = wafv2.CfnWebACL
Statement = wafv2.CfnWebACL.StatementProperty

API_KEY_HEADER = "x-api-key"
BODY_KEY = "too-many-requests"
# Rules of AWS's groups that search the body. A recording is larger than the 8 KB of the first, and what its samples
# spell is chance: on the paths that take recordings these rules only label, elsewhere the label is blocked.
# Source: docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-baseline.html
BODY_RULES: Mapping[str, Sequence[str]] = {
    "core-rule-set": (
        "SizeRestrictions_BODY",
        "CrossSiteScripting_BODY",
        "EC2MetaDataSSRF_BODY",
        "GenericLFI_BODY",
        "GenericRFI_BODY",
    ),
    "known-bad-inputs": ("JavaDeserializationRCE_BODY", "Log4JRCE_BODY", "ReactJSRCE_BODY"),
}
# Devices that measure send no such header: this rule only labels, everywhere.
NO_USER_AGENT = "NoUserAgent_HEADER"

_NONE = wafv2.CfnWebACL.TextTransformationProperty(priority=0, type="NONE")


def rules(stage: Stage, edge_secrets: Sequence[str] = ()) -> list[wafv2.CfnWebACL.RuleProperty]:
    """Return the rules of a stage; addresses and keys are checked before a request is searched.

    Args:
        stage: whose limits.
        edge_secrets: of which CloudFront shows one in `PROOF_HEADER`; none where it does not stand before the API.
    """
    made: Sequence[Callable[[int], wafv2.CfnWebACL.RuleProperty]] = (
        lambda n: _blocking(n, "body-too-large", _length_of_at_least(stage.max_body_bytes)),
        lambda n: _managed(n, "ip-reputation", "AWSManagedRulesAmazonIpReputationList"),
        *(
            partial(_blocking, name=name, statement=statement, response=_too_many(stage))
            for name, statement in _rates(stage, edge_secrets).items()
        ),
        lambda n: _managed(
            n, "common", "AWSManagedRulesCommonRuleSet", counted=(*BODY_RULES["core-rule-set"], NO_USER_AGENT)
        ),
        lambda n: _managed(
            n, "known-bad-inputs", "AWSManagedRulesKnownBadInputsRuleSet", counted=BODY_RULES["known-bad-inputs"]
        ),
        # After the groups: a label is there for the rules that come later.
        lambda n: _blocking(n, "body-elsewhere", _labelled_elsewhere()),
    )
    return [make(priority) for priority, make in enumerate(made)]


def length_pattern(limit: int) -> str:
    """Return a pattern that matches the decimal numbers from the next round number above a limit.

    A limit of 6,000,000 gives those from 7,000,000: the function itself checks the exact limit.
    """
    digits, more = int(str(limit)[0]), len(str(limit)) - 1
    tail = f"[0-9]{{{more}}}"
    same_length = f"[{digits + 1}-9]{tail}|" if digits < 9 else ""
    return f"^0*({same_length}[1-9][0-9]{{{more + 1},}})$"


def _length_of_at_least(limit: int) -> Statement:
    return Statement(
        regex_match_statement=Acl.RegexMatchStatementProperty(
            field_to_match=Acl.FieldToMatchProperty(single_header={"Name": "content-length"}),
            regex_string=length_pattern(limit),
            text_transformations=[_NONE],
        )
    )


def _rates(stage: Stage, edge_secrets: Sequence[str]) -> dict[str, Statement]:
    per_key = {"rate-per-key": _rate_per_key(stage)}
    if not edge_secrets:
        return {"rate-per-ip": _rate_per_ip(stage)} | per_key
    # Behind CloudFront each request comes from an address of CloudFront's. The caller's is in X-Forwarded-For too, but
    # after whatever the caller wrote there, and AWS WAF reads the first.
    # Source: docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-forwarded-ip-address.html
    through = _shows(edge_secrets)
    direct = Statement(not_statement=Acl.NotStatementProperty(statement=through))
    viewer = Acl.ForwardedIPConfigurationProperty(header_name=VIEWER_HEADER, fallback_behavior="MATCH")
    return {
        "rate-per-ip": _rate_per_ip(stage, direct),
        "rate-per-viewer": _rate_per_ip(stage, through, viewer),
    } | per_key


def _shows(edge_secrets: Sequence[str]) -> Statement:
    shown = [
        Statement(
            byte_match_statement=Acl.ByteMatchStatementProperty(
                field_to_match=Acl.FieldToMatchProperty(single_header={"Name": PROOF_HEADER}),
                positional_constraint="EXACTLY",
                search_string=secret,
                text_transformations=[_NONE],
            )
        )
        for secret in edge_secrets
    ]
    # AWS WAF takes no alternative of one.
    return shown[0] if len(shown) == 1 else Statement(or_statement=Acl.OrStatementProperty(statements=shown))


def _rate_per_ip(
    stage: Stage, of: Statement | None = None, forwarded: wafv2.CfnWebACL.ForwardedIPConfigurationProperty | None = None
) -> Statement:
    return Statement(
        rate_based_statement=Acl.RateBasedStatementProperty(
            limit=stage.rate_limits.per_ip,
            evaluation_window_sec=stage.rate_limits.window_s,
            aggregate_key_type="FORWARDED_IP" if forwarded else "IP",
            forwarded_ip_config=forwarded,
            scope_down_statement=of,
        )
    )


def _rate_per_key(stage: Stage) -> Statement:
    header = Acl.RateLimitHeaderProperty(name=API_KEY_HEADER, text_transformations=[_NONE])
    return Statement(
        rate_based_statement=Acl.RateBasedStatementProperty(
            limit=stage.rate_limits.per_key,
            evaluation_window_sec=stage.rate_limits.window_s,
            aggregate_key_type="CUSTOM_KEYS",
            custom_keys=[Acl.RateBasedStatementCustomKeyProperty(header=header)],
        )
    )


def _labelled_elsewhere() -> Statement:
    labels = [
        Statement(label_match_statement=Acl.LabelMatchStatementProperty(scope="LABEL", key=label))
        for label in body_labels()
    ]
    labelled = Statement(or_statement=Acl.OrStatementProperty(statements=labels))
    path = Statement(
        regex_match_statement=Acl.RegexMatchStatementProperty(
            field_to_match=Acl.FieldToMatchProperty(uri_path={}),
            regex_string=recordings_pattern(),
            text_transformations=[_NONE],
        )
    )
    elsewhere = Statement(not_statement=Acl.NotStatementProperty(statement=path))
    return Statement(and_statement=Acl.AndStatementProperty(statements=[labelled, elsewhere]))


def body_labels() -> list[str]:
    """Return the labels of the rules that search the body, as their groups spell them."""
    return [
        f"awswaf:managed:aws:{group}:{rule.removesuffix('_BODY')}_Body"
        for group, rules in BODY_RULES.items()
        for rule in rules
    ]


def recordings_pattern() -> str:
    """Return a pattern of the paths whose bodies are recordings, with or without the API stage before them."""
    paths = "|".join(re.escape(path) for path in PATHS_WITH_RECORDINGS)
    return f"^(/({'|'.join(get_args(StageName))}))?({paths})(/|$)"


def _too_many(stage: Stage) -> wafv2.CfnWebACL.CustomResponseProperty:
    retry = Acl.CustomHTTPHeaderProperty(name="Retry-After", value=str(stage.rate_limits.window_s))
    return Acl.CustomResponseProperty(response_code=429, custom_response_body_key=BODY_KEY, response_headers=[retry])


def custom_response_bodies() -> dict[str, wafv2.CfnWebACL.CustomResponseBodyProperty]:
    """Return the answers of the web ACL itself, in Palier's one error shape."""
    sentence = "Too many requests from this address or with this key; try again in some minutes."
    body = error_body("too_many_requests", sentence)
    return {BODY_KEY: Acl.CustomResponseBodyProperty(content=body, content_type="APPLICATION_JSON")}


def _blocking(
    priority: int, name: str, statement: Statement, response: wafv2.CfnWebACL.CustomResponseProperty | None = None
) -> wafv2.CfnWebACL.RuleProperty:
    return Acl.RuleProperty(
        priority=priority,
        name=name,
        statement=statement,
        action=Acl.RuleActionProperty(block=Acl.BlockActionProperty(custom_response=response)),
        visibility_config=_visible(name),
    )


def _managed(priority: int, name: str, group: str, counted: Sequence[str] = ()) -> wafv2.CfnWebACL.RuleProperty:
    overrides = [
        Acl.RuleActionOverrideProperty(name=rule, action_to_use=Acl.RuleActionProperty(count={})) for rule in counted
    ]
    return Acl.RuleProperty(
        priority=priority,
        name=name,
        statement=Statement(
            managed_rule_group_statement=Acl.ManagedRuleGroupStatementProperty(
                vendor_name="AWS", name=group, rule_action_overrides=overrides or None
            )
        ),
        override_action=Acl.OverrideActionProperty(none={}),
        visibility_config=_visible(name),
    )


def _visible(name: str) -> wafv2.CfnWebACL.VisibilityConfigProperty:
    return Acl.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=False
    )
