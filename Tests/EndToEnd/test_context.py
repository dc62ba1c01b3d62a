"""What ties a request's traces together: request ids and trace context; and what browsers are told about https."""

import re

import pytest

from harness.client import request
from harness.users import JSON, credentials, register

pytestmark = pytest.mark.forwarding

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00-%s-00f067aa0ba902b7-01" % TRACE
MADE = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


@pytest.fixture(scope="module")
def trusting(make_module_gateway):
    return make_module_gateway(top="trust_proxy 127.0.0.0/8")


def passed(gateway, headers, target="/public/a"):
    """The request as the upstream got it, and the answer."""
    count = len(gateway.recorder.seen(target))
    with gateway.client() as client:
        response = client.exchange(request("GET", target, headers))
    return gateway.recorder.wait_for(target, count + 1)[-1], response


# Request ids.

@pytest.mark.parametrize("given,kept", [
    ("front-12345678", True), ("a" * 8, True), ("a" * 128, True), ("A.b_c-9d", True), ("a" * 7, False),
    ("a" * 129, False), ("has space", False), ("semi;colon", False), ("caf\xe9-12345", False), ("<script>a", False),
    ("", False), ("a,b-12345", False), ("a/b-12345", False),
])
def test_only_an_id_of_the_allowed_form_is_taken_over(trusting, given, kept):
    seen, response = passed(trusting, {"X-Request-Id": given})
    assert len(seen.all("x-request-id")) == 1 and response.all("x-request-id") == seen.all("x-request-id")
    assert (seen.get("x-request-id") == given) == kept
    if not kept:
        assert re.fullmatch(MADE, seen.get("x-request-id"))


def test_two_ids_are_none(trusting):
    seen, _ = passed(trusting, [("X-Request-Id", "first-1234"), ("X-Request-Id", "second-123")])
    assert len(seen.all("x-request-id")) == 1 and re.fullmatch(MADE, seen.get("x-request-id"))


def test_a_strangers_id_is_replaced(gateway):
    seen, response = passed(gateway, {"X-Request-Id": "front-12345678"})
    assert re.fullmatch(MADE, seen.get("x-request-id")) and response.get("x-request-id") == seen.get("x-request-id")


def test_errors_name_the_id_as_reference(trusting):
    given = {"X-Request-Id": "front-12345678"}
    document = trusting.fetch("GET", "/private-a", given)
    assert document.json()["instance"].endswith("front-12345678")
    for target, status in (("/deny/a", 403), ("/public/%2e%2e/a", 400), ("/_auth/nothing", 404)):
        page = trusting.fetch("GET", target, {**given, "Accept": "text/html"})
        assert page.status == status and b"front-12345678" in page.body, target
        assert page.get("x-request-id") == "front-12345678"
    line = trusting.wait_line(lambda e: e.get("path") == "/private-a", "access")
    assert line["request_id"] == "front-12345678"


def test_wrong_password_has_no_reference_in_its_body(trusting):
    register(trusting, "renata")
    answers = [trusting.fetch("POST", "/_auth/login", {**JSON, "X-Request-Id": "front-12345678"},
        credentials(name, "wrong-wrong-wrong")) for name in ("renata", "nobody-here")]
    assert [a.status for a in answers] == [401, 401] and answers[0].body == answers[1].body
    assert "instance" not in answers[0].json() and b"front-1234" not in answers[0].body
    assert answers[0].get("x-request-id") == "front-12345678"


def test_id_travels_under_the_configured_name(make_gateway):
    gateway = make_gateway(top="trust_proxy 127.0.0.0/8", headers="request_id X-Correlation-Id")
    seen, response = passed(gateway, {"x-correlation-id": "front-12345678"})
    assert seen.all("x-correlation-id") == ["front-12345678"] == response.all("x-correlation-id")
    assert not response.all("x-request-id") and not seen.all("x-request-id")
    seen, response = passed(gateway, {"X-Correlation-Id": "bad id", "X-Request-Id": "front-12345678"})
    assert len(seen.all("x-correlation-id")) == 1 and re.fullmatch(MADE, seen.get("x-correlation-id"))
    assert gateway.command("check", "--config", gateway.path).returncode == 0


def test_origins_id_of_the_configured_name_is_not_the_answers(make_gateway):
    gateway = make_gateway(headers="request_id X-Correlation-Id")
    gateway.recorder.on("/public/a", lambda e: e.reply(
        headers=[("X-Correlation-ID", "theirs-1234"), ("X-Request-Id", "own-1234567")]))
    response = gateway.fetch("GET", "/public/a")
    assert len(response.all("x-correlation-id")) == 1 and re.fullmatch(MADE, response.get("x-correlation-id"))
    assert response.all("x-request-id") == ["own-1234567"]


# Trace context.

@pytest.mark.parametrize("headers,names", [
    ({"traceparent": PARENT}, "traceparent"),
    ({"traceparent": PARENT, "tracestate": "a=b,c=d"}, "traceparent tracestate"),
    ({"traceparent": PARENT, "tracestate": "x" * 512}, "traceparent tracestate"),
    ({"traceparent": PARENT, "tracestate": "x" * 513}, "traceparent"),
    ({"traceparent": PARENT, "tracestate": "a=b", "baggage": "k=v"}, "traceparent tracestate baggage"),
    ({"baggage": "k=v"}, "baggage"),
    ({"tracestate": "a=b"}, ""),
    ({"traceparent": PARENT[:-1], "tracestate": "a=b"}, ""),
    ({"traceparent": PARENT.upper(), "tracestate": "a=b"}, ""),
    ({"traceparent": "00-" + "0" * 32 + PARENT[35:], "tracestate": "a=b"}, ""),
    ({"traceparent": PARENT[:36] + "0" * 16 + "-01", "tracestate": "a=b"}, ""),
    ([("traceparent", PARENT), ("traceparent", PARENT), ("tracestate", "a=b")], ""),
    ({"traceparent": PARENT, "tracestate": "a=b", "Connection": "traceparent"}, ""),
])
def test_trusted_trace_context_is_passed_on_as_it_is(trusting, headers, names):
    given = dict(headers)
    target = "/public/trace-%d" % abs(hash((str(headers), names)))
    seen, _ = passed(trusting, headers, target)
    for name in ("traceparent", "tracestate", "baggage"):
        assert seen.all(name) == ([given[name]] if name in names.split() else []), name
    line = trusting.wait_line(lambda e: e.get("path") == target, "access")
    assert line.get("trace_id") == (TRACE if "traceparent" in names else None)


def test_a_strangers_trace_is_not_continued(gateway):
    seen, _ = passed(gateway, {"traceparent": PARENT, "tracestate": "a=b", "baggage": "k=v"}, "/public/stranger")
    for name in ("traceparent", "tracestate", "baggage"):
        assert not seen.all(name), name
    assert "trace_id" not in gateway.wait_line(lambda e: e.get("path") == "/public/stranger", "access")


def test_propagation_can_be_off(make_gateway):
    gateway = make_gateway(top="trust_proxy 127.0.0.0/8\ntrace { propagate off }")
    seen, _ = passed(gateway, {"traceparent": PARENT, "tracestate": "a=b", "baggage": "k=v"})
    for name in ("traceparent", "tracestate", "baggage"):
        assert not seen.all(name), name
    assert "trace_id" not in gateway.wait_line(lambda e: e.get("path") == "/public/a", "access")


# Strict-Transport-Security.

HTTPS = {"X-Forwarded-Proto": "https"}
NAME = "strict-transport-security"


@pytest.fixture(scope="module")
def strict(make_module_gateway):
    gateway = make_module_gateway(top="trust_proxy 127.0.0.0/8",
        routes="hsts 365d\nroute /* app user\nroute /public/* app public\nroute /gone - public { respond 410 gone }")
    return gateway


def test_browsers_on_https_are_told_to_stay_there(strict):
    year = ["max-age=31536000"]
    for target, status in (("/public/a", 200), ("/private-a", 401), ("/_auth/login", 200), ("/gone", 410)):
        response = strict.fetch("GET", target, HTTPS)
        assert response.status == status and response.all(NAME) == year, target
        for headers in ({}, {"X-Forwarded-Proto": "http"}, {"X-Forwarded-Proto": "https, http"}):
            assert not strict.fetch("GET", target, headers).all(NAME), (target, headers)


def test_an_applications_own_word_stays(strict):
    own = "max-age=5; preload"
    strict.recorder.on("/public/own", lambda e: e.reply(headers=[("Strict-Transport-Security", own)]))
    assert strict.fetch("GET", "/public/own", HTTPS).all(NAME) == [own]


def test_a_strangers_https_counts_for_nothing(make_gateway):
    gateway = make_gateway(routes="hsts 1h\nroute /* app public")
    assert not gateway.fetch("GET", "/a", HTTPS).all(NAME)


@pytest.mark.parametrize("value,expected", [("0s", ["max-age=0"]), ("off", []), ("1500ms", ["max-age=2"])])
def test_browsers_can_be_told_to_forget(make_gateway, value, expected):
    gateway = make_gateway(top="trust_proxy 127.0.0.0/8", routes="hsts %s\nroute /* app public" % value)
    assert gateway.fetch("GET", "/a", HTTPS).all(NAME) == expected
