"""deploy/alerts.yml and deploy/grafana.json ask for nothing that the gateway does not show."""

import json
import re

import pytest

from harness.gateway import ROOT
from harness.metrics import promtool, scrape
from harness.users import register

pytestmark = pytest.mark.processes

ALERTS, DASHBOARD = ROOT + "/deploy/alerts.yml", ROOT + "/deploy/grafana.json"
SELECTOR = re.compile(r"\b((?:gatehouse|process)_[a-z_]+)(?:\{([^}]*)\})?")
# Shown where there is something to show: a TLS listener with a certificate, an application that answers.
CONDITIONAL = {"gatehouse_tls_certificate_not_after_timestamp_seconds"}


def expressions(value):
    """Every `expr` in a document."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key in ("expr", "query") and isinstance(item, str):
                yield item
            else:
                yield from expressions(item)
    elif isinstance(value, list):
        for item in value:
            yield from expressions(item)


def alert_expressions():
    yaml = pytest.importorskip("yaml")
    with open(ALERTS) as file:
        document = yaml.safe_load(file)
    rules = [rule for group in document["groups"] for rule in group["rules"]]
    assert len({rule["alert"] for rule in rules}) == len(rules)
    for rule in rules:
        assert rule["labels"]["severity"] in ("page", "ticket") and rule["annotations"]["summary"]
    return list(expressions(document))


def dashboard_expressions():
    with open(DASHBOARD) as file:
        document = json.load(file)
    panels = document["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
    return [text for text in expressions(document) if "_" in text]


@pytest.fixture(scope="module")
def shown(make_module_gateway):
    """What a gateway shows that has served something, with the labels of each name."""
    gateway = make_module_gateway()
    user = register(gateway)
    assert gateway.fetch("GET", "/a", user.headers).status == 200
    assert gateway.fetch("POST", "/public/a", body=b"something").status == 200
    labels = {}
    for name, pairs in scrape(gateway).values:
        labels.setdefault(name, set()).update(key for key, _ in pairs)
    return labels


@pytest.mark.parametrize("source", [alert_expressions, dashboard_expressions])
def test_every_metric_asked_for_is_shown(shown, source):
    asked = source()
    assert len(asked) > 10
    for text in asked:
        for name, matchers in SELECTOR.findall(text):
            if name in CONDITIONAL:
                continue
            assert name in shown, text
            for label in re.findall(r"([a-z_]+)\s*[=!]", matchers):
                assert label in shown[name] | {"job", "instance"}, text
    # What is grouped by is there as well.
    for text in asked:
        names = [name for name, _ in SELECTOR.findall(text) if name not in CONDITIONAL]
        for group in re.findall(r"by \(([^)]*)\)", text):
            for label in group.replace(" ", "").split(","):
                assert label == "instance" or any(label in shown[name] for name in names), text


def test_every_metric_is_on_the_dashboard(shown):
    """What nobody looks at need not be there; what is left out is left out on purpose."""
    asked = " ".join(dashboard_expressions() + alert_expressions())
    left_out = {"gatehouse_build_info", "gatehouse_config_info", "gatehouse_config_reloads_total", "gatehouse_connections_total",
                "process_start_time_seconds", "gatehouse_redis_command_duration_seconds"}
    for name in shown:
        family = re.sub(r"_(bucket|sum|count)\Z", "", name)
        assert family in asked or family in left_out, name


def test_promtool_takes_the_rules():
    finished = promtool("check", "rules", ALERTS)
    if finished is None:
        pytest.skip("promtool is not installed")
    assert finished.returncode == 0, finished.stdout + finished.stderr
