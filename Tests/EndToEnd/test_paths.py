"""The rule and the upstream see the same request: one path, one host, one method, decided once."""

import pytest

from harness.cases import closed_whatever, exchanged, forwarded, refused
from harness.client import request
from harness.oracle import Oracle
from harness.users import register

pytestmark = pytest.mark.paths


# Public is /public/* and /public alone; everything else needs a user. No spelling may mix the two up.

@pytest.mark.parametrize("target", [
    "/public/../admin", "/public/%2e%2e/admin", "/public/.%2e/admin", "/public/%2E./admin", "/public%2f..%2fadmin",
    "/public/..;/admin", "/public/..\\admin", "/public/..%5cadmin", "/./admin", "/public/./a", "/admin/.",
    "/public/..",
    "/public/a%2fb", "/public/a%2Fb", "/public/a%5cb", "/%252e%252e/admin", "/public%252f..%252fadmin",
    "/public/%2561", "/public/x%00.css", "/public/x%0d%0aA:b", "/public/x%0a", "/public/%7f", "/public/%c0%ae%c0%ae/",
    "/public/%ff", "/admin;x/", "/public;/../admin", "/public/a;.css", "/public/%", "/public/%4", "/public/%zz",
    "/public/%u0041", "/admin#/public", "/public#/../admin", "/public/#", "/public/a b", "/public/\\a",
    "/public/..//admin", "/public/...;/a",
])
def test_ambiguous_path_is_refused(gateway, oracle, alice, target):
    refused(gateway, oracle, request("GET", target, alice.headers))


@pytest.mark.parametrize("raw", [
    b"/public/\xc3\xa9", b"/public/\xff", b"/public/a\x00b", b"/public/a\x01", b"/public/a\x7f",
    b"/public/\xef\xac\x80",
    b"/public/a\tb", b"/public?\x00", b"/public?\xe9", b"/public/a\x0bb", b"/public?a\rb",
])
def test_raw_byte_that_is_no_uri_is_refused(gateway, oracle, raw):
    refused(gateway, oracle, b"GET " + raw + b" HTTP/1.1\r\nHost: a\r\n\r\n")


@pytest.mark.parametrize("target", ["//admin", "/public//a", "//public/a", "/x//admin", "///", "/public//"])
def test_double_slash_is_never_merged(gateway, oracle, target):
    response = exchanged_or_refused(gateway, oracle, target)
    assert response.status in (400, 401) or response.json()["target"] == target, response


def exchanged_or_refused(gateway, oracle, target, headers=()):
    with gateway.client() as client:
        response = client.exchange(request("GET", target, headers))
    oracle.check([response])
    return response


@pytest.mark.parametrize("target", [
    "/publicity", "/public.", "/publica", "/Public/a", "/PUBLIC/a", "/public%41", "/pub%6cic-", "/publi",
    "/private?p=/public/", "/private?/public/a", "/private?x=/../public/", "/%41dmin", "/public-x/a",
])
def test_only_whole_segments_match(gateway, oracle, target):
    assert exchanged(gateway, oracle, request("GET", target))[0].status == 401


@pytest.mark.parametrize("target,seen", [
    ("/public", "/public"), ("/public/", "/public/"), ("/public?a=/../b", "/public?a=/../b"),
    ("/public/%41b", "/public/Ab"), ("/pub%6Cic/a", "/public/a"), ("/public/%7Ea", "/public/~a"),
    ("/public/a%20b", "/public/a%20b"), ("/public/%23", "/public/%23"), ("/public/%3f", "/public/%3f"),
    ("/public/...", "/public/..."), ("/public/..a", "/public/..a"), ("/public/.well", "/public/.well"),
    ("/public/a:b@c!$&'()*+,=", "/public/a:b@c!$&'()*+,="), ("/public/?", "/public/?"),
    ("/public/a?q=%2f%00%0d%0a;#".rstrip("#"), "/public/a?q=%2f%00%0d%0a;"),
    ("/public/%e4%bd%a0", "/public/%e4%bd%a0"),
])
def test_what_was_matched_is_what_is_forwarded(gateway, oracle, target, seen):
    target_seen = forwarded(gateway, oracle, request("GET", target))[0].target
    assert target_seen in (seen, seen.replace("%e4%bd%a0", "%E4%BD%A0").replace("%3f", "%3F")), target_seen


@pytest.mark.parametrize("headers", [
    {"X-Forwarded-Uri": "/public/"}, {"X-Forwarded-Method": "OPTIONS"}, {"X-Forwarded-Proto": "https"},
    {"X-Forwarded-Host": "open.test"}, {"X-Original-URL": "/public/"},
])
def test_forwarding_headers_decide_nothing(gateway, oracle, headers):
    assert exchanged(gateway, oracle, request("GET", "/private", headers))[0].status == 401


@pytest.mark.parametrize("query", [
    "return_to=/a&return_to=//evil.test", "return_to=/a&return_to=/b", "return_to=/a&%72eturn_to=//evil.test",
])
def test_repeated_return_target_is_refused(gateway, query):
    response = gateway.fetch("GET", "/_auth/login?" + query, {"Accept": "text/html"})
    assert response.status == 400 and b"evil.test" not in response.body


# Target forms.

@pytest.mark.parametrize("line", [
    "GET admin", "GET *", "OPTIONS */x", "GET a:80", "GET http://u:p@app.test/public", "GET http:///public",
    "GET http://", "GET https://app.test:99999/", "GET ftp://app.test/public", "GET http:/public", "GET http:public",
    "GET ?public", "GET http://app.test\\public", "GET http://a,b/public", "GET .", "GET http://[::1/public",
])
def test_wrong_target_form_is_refused(gateway, oracle, line):
    refused(gateway, oracle, ("%s HTTP/1.1\r\nHost: app.test\r\n\r\n" % line).encode())


@pytest.mark.parametrize("line", ["CONNECT /", "CONNECT a", "CONNECT a:80", "CONNECT app.test:80", "CONNECT a:"])
def test_connect_opens_nothing(gateway, oracle, alice, line):
    smuggled = request("GET", "/smuggled", alice.headers)
    data = ("%s HTTP/1.1\r\nHost: a\r\n%s\r\n" % (line, "Cookie: %s\r\n" % alice.cookie)).encode()
    refused(gateway, oracle, data + smuggled, (400, 405, 501), [alice.id])


def test_trace_is_not_allowed(gateway, oracle, alice):
    with gateway.client() as client:
        response = client.exchange(request("TRACE", "/a", alice.headers), "TRACE")
    oracle.check([response])
    assert response.status in (405, 501) and b"Cookie" not in response.body
    assert response.status == 501 or response.get("allow")


@pytest.mark.parametrize("target,seen", [
    ("http://app.test/public/a?b", "/public/a?b"), ("HTTP://APP.test/public/a", "/public/a"),
    ("http://app.test:80/public/a", "/public/a"),
])
def test_absolute_form_is_forwarded_in_origin_form(gateway, oracle, target, seen):
    recorded = forwarded(gateway, oracle, request("GET", target))[0]
    assert recorded.target == seen and recorded.get("host").lower() in ("app.test", "app.test:80")


def test_absolute_form_beats_the_host_line(gateway, oracle):
    with gateway.client() as client:
        response = client.exchange(request("GET", "http://b.test/public/a", host="a.test"))
    seen = oracle.check([response])
    assert response.status == 400 or seen[0].get("host") == "b.test"


@pytest.mark.parametrize("lines", [
    b"Host: a,b\r\n", b"Host: a/evil\r\n", b"Host: a@b\r\n", b"Host: a b\r\n", b"Host: a\r\nHost: a\r\n",
    b"Host: a\r\nHost: b\r\n", b"", b"Host: a:b\r\n", b"Host: a:99999\r\n", b"Host: a:1@evil\r\n", b"Host: [::1\r\n",
    b"Host: a\xe9\r\n", b"Host: a?b\r\n", b"Host: a#b\r\n", b"Host: \xef\xbd\x81\r\n", b"Host: a:80:80\r\n",
    b"Host: a\\b\r\n", b"Host: a%00\r\n", b"Host: <a>\r\n",
])
def test_wrong_host_is_refused(gateway, oracle, alice, lines):
    refused(gateway, oracle, b"GET /public/a HTTP/1.1\r\n" + lines + b"\r\n")


def test_empty_host_is_refused(gateway, oracle):
    refused(gateway, oracle, b"GET /public/a HTTP/1.1\r\nHost: \r\n\r\n")


# Sites.

@pytest.fixture(scope="module")
def sites(make_module_gateway):
    """Two sites, no `*`: one public, one for users; and routes for methods and rewriting."""
    gateway = make_module_gateway(
        host="open.test *.open.test", routes="route /* app public",
        sites="""
site closed.test {
    route /* app user
    route /users/{id}/x app public
    route /users/me/x app user
    route /users/* app public
    route /exact app public
    route /read app public { methods GET }
    route /write app public { methods POST PUT }
    route /mixed/* app public
    route /mixed/only app public { methods GET }
    route /static/* app public { strip_prefix /static }
    route /re/* app public { rewrite /rewritten }
    route /icon.ico app public { rewrite /static/icon.ico }
    route /encoded/* app public { paths encoded }
    route /gone/* - public { redirect /new }
    route /text - public { respond 200 "text of ours" }
    route /empty - public { respond 204 }
    route /deny/* - deny
    route /login/* app user { on_unauth login }
    route /401/* app user { on_unauth 401 }
    route /roles/* app role admin
    route /set/* app public { set_header X-Static "a b" }
}
""")
    yield gateway


@pytest.fixture
def sited(sites):
    """Asks one of the sites."""

    def ask(host, target, method="GET", headers=()):
        return sites.fetch(method, target, headers, host=host)

    return ask


@pytest.mark.parametrize("host,status", [
    ("open.test", 200), ("OPEN.test", 200), ("open.test.", 200), ("open.test:80", 200), ("Open.Test.:8080", 200),
    ("a.open.test", 200), ("A.B.open.test", 200), ("xopen.test", 400), ("closed.test", 401), ("CLOSED.TEST", 401),
    ("closed.test.", 401), ("closed.test:1", 401), ("other.test", 400), ("a.closed.test", 400), ("open.test..", 400),
    ("127.0.0.1", 400), ("test", 400),
])
def test_host_picks_the_site(sited, host, status):
    response = sited(host, "/")
    assert response.status == status, response
    if status == 400 and not host.endswith(".."):
        assert response.json()["code"] == "unknown_host"


@pytest.mark.parametrize("target,status", [
    ("/users/7/x", 200), ("/users/me/x", 401), ("/users/7", 200), ("/users/me", 200), ("/users/7/x/y", 200),
    ("/users//x", (200, 400)), ("/exact", 200), ("/exact/", 401), ("/exactly", 401), ("/users", 200),
    ("/mixed/a", 200),
    ("/other", 401),
])
def test_most_specific_route_wins(sited, target, status):
    assert sited("closed.test", target).status in (status if isinstance(status, tuple) else (status,))


@pytest.mark.parametrize("method,target,status", [
    ("GET", "/read", 200), ("HEAD", "/read", 200), ("POST", "/read", 405), ("POST", "/write", 200),
    ("GET", "/write", 405),
    ("get", "/read", 405), ("DELETE", "/mixed/only", 405), ("DELETE", "/mixed/other", 200),
    ("PROPFIND", "/mixed/other", 200),
])
def test_methods_never_fall_through_to_a_laxer_route(sited, method, target, status):
    response = sited("closed.test", target, method)
    assert response.status == status, response
    if status == 405:
        assert response.get("allow") and response.json()["code"] == "method_not_allowed"


def test_method_override_is_no_method(sited):
    assert sited("closed.test", "/read", "POST", {"X-HTTP-Method-Override": "GET"}).status == 405


def test_405_names_the_methods(sited):
    allowed = {m.strip() for m in sited("closed.test", "/write").get("allow").split(",")}
    assert allowed == {"POST", "PUT"}
    assert {m.strip() for m in sited("closed.test", "/read", "POST").get("allow").split(",")} == {"GET", "HEAD"}


@pytest.mark.parametrize("target,seen", [
    ("/static/a", "/a"), ("/static", "/"), ("/static/", "/"), ("/static/a?b=/static", "/a?b=/static"),
    ("/static/static/a", "/static/a"),
])
def test_prefix_is_stripped_at_a_segment_boundary(sites, sited, target, seen):
    assert sited("closed.test", target).json()["target"] == seen


@pytest.mark.parametrize("target", ["/static../secret", "/static..%2fsecret", "/static/../x", "/statically"])
def test_stripping_leaves_no_way_out(sited, target):
    assert sited("closed.test", target).status in (400, 401)


@pytest.mark.parametrize("target", ["/static//x", "/static//../x", "/static//evil.test/x"])
def test_stripping_never_makes_a_network_path(sites, target):
    with sites.client() as client:
        response = client.exchange(request("GET", target, host="closed.test"))
    assert response.status == 400 or not response.json()["target"].startswith("//"), response


@pytest.mark.parametrize("target, seen", [
    ("/re/a?b=1", "/rewritten/a?b=1"), ("/re", "/rewritten"), ("/re/", "/rewritten/"), ("/re?b", "/rewritten?b"),
    ("/icon.ico", "/static/icon.ico"), ("/icon.ico?v=2", "/static/icon.ico?v=2"),
])
def test_rewrite_changes_what_the_upstream_sees(sited, target, seen):
    assert sited("closed.test", target).json()["target"] == seen


def test_encoded_paths_pass_where_a_route_allows_them(sited):
    assert sited("closed.test", "/encoded/a%2Fb;c").json()["target"] == "/encoded/a%2Fb;c"
    assert sited("closed.test", "/encoded/%2e%2e/a").status == 400
    assert sited("closed.test", "/encoded/..%2fa").status in (200, 400)
    assert sited("closed.test", "/mixed/a%2Fb").status == 400


def test_responses_of_the_configuration(sited):
    gone = sited("closed.test", "/gone/x")
    assert gone.status in (301, 302, 303, 307, 308) and gone.get("location") == "/new"
    text = sited("closed.test", "/text")
    assert text.status == 200 and text.body == b"text of ours"
    assert sited("closed.test", "/empty").status == 204


def test_deny_means_everybody(sites, sited):
    assert sited("closed.test", "/deny/x").status in (403, 404)
    user = register_at(sites)
    assert sited("closed.test", "/deny/x", headers=user.headers).status in (403, 404)
    preflight = {"Origin": "https://x.test", "Access-Control-Request-Method": "GET"}
    assert sited("closed.test", "/deny/x", "OPTIONS", preflight).status in (403, 404, 405)


def register_at(gateway):
    """A user whose session the sites know: same realm, any host."""
    original = gateway.fetch
    gateway.fetch = lambda *a, **k: original(*a, **{"host": "closed.test", **k})
    try:
        return register(gateway)
    finally:
        gateway.fetch = original


def test_role_is_more_than_a_session(sites, sited):
    user = register_at(sites)
    assert sited("closed.test", "/roles/x").status == 401
    response = sited("closed.test", "/roles/x", headers=user.headers)
    assert response.status == 403 and response.json()["code"] == "forbidden_role"


def test_route_fixes_what_the_unauthenticated_get(sited):
    assert sited("closed.test", "/login/x").status == 303
    assert sited("closed.test", "/401/x", headers={"Accept": "text/html"}).status == 401


def test_static_header_is_set_once(sites, sited):
    sited("closed.test", "/set/a", headers={"X-Static": "evil"})
    assert sites.recorder.wait_for("/set/a")[-1].all("x-static") == ["a b"]


def test_unmatched_path_is_404(make_gateway):
    gateway = make_gateway(routes="route /only/* app public")
    response = gateway.fetch("GET", "/other")
    assert response.status == 404 and response.json()["code"] == "not_found"
    oracle = Oracle(gateway, gateway.recorder)
    assert gateway.fetch("GET", "/onlyx").status == 404 and not oracle.seen()


def test_options_with_max_forwards_zero_is_answered_here(gateway, oracle, alice):
    data = request("OPTIONS", "/public/a", {"Max-Forwards": "0"})
    response = exchanged(gateway, oracle, data, ["OPTIONS"])[0]
    assert response.status in (200, 204) and response.recorded is None
    seen = forwarded(gateway, oracle, request("OPTIONS", "/public/a", {"Max-Forwards": "5"}), ["OPTIONS"])[0]
    assert seen.all("max-forwards") == ["4"]
    with gateway.client() as client:
        assert client.exchange(request("OPTIONS", "/public/a", {"Max-Forwards": "x"}), "OPTIONS").status == 400


def test_server_wide_options_opens_nothing(gateway, oracle):
    response = closed_or_answered(gateway, request("OPTIONS", "*"))
    assert response.status in (200, 204, 400, 404, 405) and response.recorded is None


def closed_or_answered(gateway, data):
    with gateway.client() as client:
        return client.exchange(data, "OPTIONS")


def test_tls_on_the_plain_port_is_closed(gateway, oracle):
    closed_whatever(gateway, oracle, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 64 + b"\r\n\r\n")
