"""Models and service: what they show, and what every view says where the service has no such part.

Metrics are faked here (fake_api.py); models, health and diagnoses are the real server's.
"""

import json
import re

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import ROOT, local_server
from tests.browser.fake_api import fake_metrics, fixed, refuse
from tests.browser.watching import OpenPage, Watch, choose, go

ABSENT = ("status of 404",)
CLOUDWATCH = (
    "https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1#dashboards/dashboard/palier-dev"
)


def not_here(route: Route) -> None:
    refuse(route, 404, "not_found", "There is nothing here.")


def test_what_is_not_installed_is_said(open_page: OpenPage, watch: Watch) -> None:
    watch.expected = ABSENT
    page = open_page()
    page.route(re.compile(r"/(assets\?.*|jobs\?.*|metrics\.json)$"), not_here)
    for view, title in (
        ("Fleet", "Histories are not installed here"),
        ("Jobs", "Jobs are not installed here"),
        ("Service", "No metrics at this address"),
    ):
        go(page, view)
        expect(page.get_by_role("heading", name=title)).to_be_visible()


def test_a_deployment_without_jobs_says_so(open_page: OpenPage, watch: Watch) -> None:
    watch.expected = ("status of 503",)
    page = open_page()
    page.route(
        re.compile(r"/(jobs|assets)\?"), lambda route: refuse(route, 503, "not_configured", "There are no jobs here.")
    )
    go(page, "Jobs")
    expect(page.get_by_role("heading", name="Jobs are not set up here")).to_be_visible()
    go(page, "Fleet")
    expect(page.get_by_role("heading", name="Histories are not installed here")).to_be_visible()


def test_the_models_show_their_evidence(open_page: OpenPage) -> None:
    page = open_page()
    go(page, "Models")
    card = page.get_by_role("article", name="Hydrodynamic journal bearing, 11 conditions")
    expect(card.get_by_text("not validated on a rig")).to_be_visible()
    expect(card.locator(".pill.good")).to_have_text(["passed"] * 5)
    expect(card.locator(".confusion .right-class")).to_have_count(11)
    expect(card.locator(".confusion .wrong-class")).to_have_count(0)
    expect(card.get_by_role("row", name=re.compile("^static-minmax"))).to_contain_text("ms")
    expect(page.get_by_role("article")).to_have_count(3)


def test_a_deployment_without_proofs_says_so(open_page: OpenPage, watch: Watch) -> None:
    watch.expected = ABSENT
    page = open_page()
    page.route("**/proof*", not_here)
    go(page, "Models")
    expect(page.get_by_text("No plots here")).to_have_count(3)
    expect(page.locator(".pill.good")).to_have_count(11)


def test_the_service_shows_its_health_and_its_metrics(open_page: OpenPage) -> None:
    page = open_page()
    page.clock.install()
    fake_metrics(page)
    go(page, "Service")
    expect(page.get_by_role("heading", name="Healthy")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("^95 % within"))).to_contain_text("9.7 ms")
    expect(page.get_by_role("row", name=re.compile("^Oil whirl"))).to_contain_text("1 210")
    rate = page.get_by_label(re.compile(r"^Requests a second over time"))
    expect(rate).to_have_count(0)
    for _ in range(3):
        with page.expect_response("**/metrics.json"):
            page.clock.run_for(5000)
        page.clock.run_for(500)
    expect(rate).to_have_attribute("aria-label", re.compile(r"now 0\.[4-8]"))


def test_the_service_shows_what_a_load_costs(open_page: OpenPage) -> None:
    """The plans that the function carries, one plant after the other."""
    plans = json.loads((ROOT / "functions" / "dashboard" / "plans.json").read_text())["plans"]
    page = open_page()
    go(page, "Service")
    panel = page.get_by_role("region", name="What a load costs")
    expect(panel.locator("canvas")).to_be_visible()
    refused = panel.get_by_role("row", name=re.compile("^Refused by the rate limit"))
    beyond = panel.get_by_text("What stands in red is refused")
    for plan, shown in zip(plans, ("0", "0", "99.90"), strict=True):
        choose(page, "Plant", plan["title"])
        expect(panel).to_contain_text(plan["command"])
        expect(refused.get_by_role("cell").first).to_contain_text(shown)
        expect(panel.get_by_role("row", name=re.compile("^web ACL"))).to_be_visible()
        expect(beyond).to_have_count(int(any(one["bites"] for one in plan["limits"])))
    usd_month = f"{plans[-1]['ways'][0]['usd_month']:,.0f}".replace(",", "\u202f")
    expect(panel.locator(".chart")).to_have_attribute("aria-label", re.compile(f"at this load on demand {usd_month},"))


def test_a_service_without_plans_shows_none(open_page: OpenPage, watch: Watch) -> None:
    watch.expected = ABSENT
    page = open_page()
    page.route("**/plans.json", not_here)
    go(page, "Service")
    expect(page.get_by_role("heading", name="Healthy")).to_be_visible()
    expect(page.get_by_role("region", name="Requests")).to_be_visible()
    expect(page.get_by_role("region", name="What a load costs")).to_have_count(0)


def test_the_service_counts_what_is_diagnosed(open_page: OpenPage) -> None:
    """The real server's own figures, before a diagnosis and after it."""
    with local_server() as (url, _):
        page = open_page(url=url)
        go(page, "Service")
        inferences = page.get_by_role("region", name="Diagnoses by condition")
        expect(inferences).to_contain_text("No diagnosis yet.")
        page.get_by_role("link", name="Diagnose", exact=True).click()
        page.get_by_role("button", name="Oil whirl").click()
        expect(page.get_by_role("heading", name="Oil whirl")).to_be_visible()
        go(page, "Service")
        expect(inferences.get_by_role("row", name=re.compile("^Oil whirl"))).to_be_visible()
        expect(inferences).to_contain_text("0 unlike the training data")
        expect(page.get_by_role("row", name=re.compile("^99 % within"))).to_contain_text("model")
        # It would ask on, and complain when the server has ended.
        page.close()


@pytest.mark.parametrize(("url", "shown"), [(CLOUDWATCH, 1), ("javascript:alert(1)", 0), (None, 0)])
def test_where_metrics_are_elsewhere_the_page_leads_there(
    open_page: OpenPage, watch: Watch, url: str | None, shown: int
) -> None:
    watch.expected = ABSENT
    page = open_page()
    page.route("**/surroundings.json", fixed({"uploads": False, "metrics_url": url}))
    page.route("**/metrics.json", not_here)
    page.reload()
    go(page, "Service")
    expect(page.get_by_role("heading", name="Healthy")).to_be_visible()
    expect(page.get_by_role("heading", name="No metrics at this address")).to_have_count(1 - shown)
    links = page.get_by_role("link", name="Open in CloudWatch")
    expect(links).to_have_count(shown)
    if shown:
        expect(links).to_have_attribute("href", CLOUDWATCH)
