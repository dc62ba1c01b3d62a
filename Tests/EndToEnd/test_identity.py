"""Nobody but the gateway says who the user is: whatever a client sends, one right identity goes on, or none."""

import pytest

from harness.cases import exchanged, forwarded, refused
from harness.client import request
from harness.users import COOKIE, JSON, PASSWORD, credentials, fresh_name, register
from harness.websocket import handshake

pytestmark = pytest.mark.identity

EVIL = [("X-User-Id", "evil"), ("X-User-Name", "evil"), ("X-User-Roles", "admin"), ("X-User-Realm", "evil")]


@pytest.mark.parametrize("cookie", [None, COOKIE + "=bad", COOKIE + "=", "other=1"])
def test_public_route_passes_no_identity(gateway, oracle, cookie):
    headers = EVIL + ([("Cookie", cookie)] if cookie else [])
    seen = forwarded(gateway, oracle, request("GET", "/public/a", headers))
    assert not seen[0].all("x-user-id")


def test_public_route_passes_no_identity_of_somebody_logged_in(gateway, oracle, alice):
    seen = forwarded(gateway, oracle, request("GET", "/public/a", EVIL + [("Cookie", alice.cookie)]))
    assert not seen[0].all("x-user-id") and not seen[0].all("cookie")


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "DELETE", "PROPFIND"])
def test_user_route_injects_one_identity_instead(gateway, oracle, alice, method):
    data = request(method, "/a", EVIL + [("x-USER-id", "evil2"), ("Cookie", alice.cookie)])
    seen = forwarded(gateway, oracle, data, [method], [alice.id])
    assert seen[0].all("x-user-id") == [alice.id]
    assert seen[0].all("x-user-name") == ["alice"]
    assert seen[0].all("x-user-realm") == ["main"]
    assert seen[0].all("x-user-roles") in ([], [""])


def test_optional_route_injects_the_identity_of_a_session_or_none(gateway, oracle, alice):
    data = request("GET", "/optional/a", EVIL + [("Cookie", alice.cookie)])
    assert forwarded(gateway, oracle, data, identities=[alice.id])[0].all("x-user-id") == [alice.id]
    for cookie in ("", COOKIE + "=bad", "%s=%s" % (COOKIE, alice.ticket[:-1])):
        data = request("GET", "/optional/b", EVIL + [("Cookie", cookie)])
        assert not forwarded(gateway, oracle, data)[0].all("x-user-id")


def test_ended_session_gives_no_identity(gateway, oracle, redis):
    user = register(gateway)
    redis("DEL", user.key())
    data = request("GET", "/optional/a", EVIL + [("Cookie", user.cookie)])
    assert not forwarded(gateway, oracle, data)[0].all("x-user-id")
    response = exchanged(gateway, oracle, request("GET", "/a", EVIL + [("Cookie", user.cookie)]))[0]
    assert response.status == 401


@pytest.mark.parametrize("target", ["/", "/healthz", "/readyz", "/metrics", "/_health"])
@pytest.mark.parametrize("agent", ["GoogleHC/1.0", "kube-probe/1.30", "ELB-HealthChecker/2.0"])
def test_no_path_and_no_agent_is_let_in_without_a_session(gateway, oracle, target, agent):
    data = request("GET", target, EVIL + [("User-Agent", agent)])
    assert exchanged(gateway, oracle, data)[0].status == 401


def test_preflight_goes_on_without_identity(gateway, oracle, alice):
    headers = EVIL + [
        ("Origin", "https://other.test"), ("Access-Control-Request-Method", "PUT"), ("Cookie", alice.cookie)]
    seen = forwarded(gateway, oracle, request("OPTIONS", "/a", headers), ["OPTIONS"])
    assert not seen[0].all("x-user-id") and COOKIE not in (seen[0].get("cookie") or "")


def test_handshake_bears_one_identity(gateway, oracle, alice):
    response = handshake(gateway, "/ws/identity", EVIL + [("Cookie", alice.cookie)]).response
    assert response.status != 101
    seen = gateway.recorder.wait_for("/ws/identity")
    assert seen[-1].all("x-user-id") == [alice.id]


def test_second_try_bears_one_identity_too(gateway, oracle, alice, recorder):
    tries = []

    def fail_once(exchange):
        tries.append(exchange.request)
        if len(tries) == 1:
            exchange.reset()
        else:
            exchange.reply()

    # A connection that was used before may turn out dead: only then a request is sent twice.
    gateway.fetch("GET", "/public/warm")
    recorder.on("/identity-retry", fail_once)
    response = gateway.fetch("GET", "/identity-retry", EVIL + [("Cookie", alice.cookie)])
    assert response.status == 200 and len(tries) == 2
    assert [t.all("x-user-id") for t in tries] == [[alice.id]] * 2


# Spellings that something behind the gateway folds into the real name.

@pytest.mark.parametrize("name", [
    "X_User_Id", "X-User_Id", "X_User-Id", "x.user.id", "x-user.id", "X_USER_NAME", "X-User_Roles", "X.User.Realm",
    "Content_Length", "Content.Length", "Transfer_Encoding", "Transfer.Encoding", "X_Forwarded_For",
    "X_Forwarded_Proto", "X-Forwarded_Host",
])
@pytest.mark.parametrize("target", ["/public/a", "/a"])
def test_other_spelling_of_a_protected_name_is_refused(gateway, oracle, alice, name, target):
    data = request("GET", target, [(name, "evil"), ("Cookie", alice.cookie)])
    refused(gateway, oracle, data)


@pytest.mark.parametrize("name", ["HTTP_X_USER_ID", "X-User-Id_", "X_Anything", "x.dotted", "_", "."])
def test_other_name_with_underscore_or_dot_is_dropped(gateway, oracle, alice, name):
    data = request("GET", "/a", [(name, "evil"), ("X-Kept", "1"), ("Cookie", alice.cookie)])
    seen = forwarded(gateway, oracle, data, identities=[alice.id])[0]
    assert name.lower() not in seen.names and "x-kept" in seen.names


@pytest.mark.parametrize("name", ["x-user-id", "X-USER-ID", "x-UsEr-iD", "App-User"])
def test_configured_spelling_does_not_matter(make_gateway, name):
    gateway = make_gateway(headers="user_id %s" % name)
    user = register(gateway)
    spellings = [name, name.lower(), name.upper(), name.title()]
    headers = [(s, "evil") for s in spellings] + [("Cookie", user.cookie)]
    assert gateway.fetch("GET", "/a", headers).status == 200
    assert gateway.fetch("GET", "/public/a", [(s, "evil") for s in spellings]).status == 200
    private, public = gateway.recorder.wait_for("/a")[-1], gateway.recorder.wait_for("/public/a")[-1]
    assert private.all(name) == [user.id] and not public.all(name)


# Names that a client puts into Connection are not for the next hop: so it must not put ours there.

@pytest.mark.parametrize("lines", [
    ["close, X-User-Id"], ["x-user-id"], ["keep-alive", "X-USER-ID"], [",,x-user-id,"], ["x-user-name"],
    ["cookie"], ["authorization"], ["host"], ["content-length"], ["transfer-encoding"], ["x-forwarded-for"],
    ["x-user-roles , close"], ["\tx-user-realm"], ["X_User_Id"],
])
@pytest.mark.parametrize("target", ["/public/a", "/a"])
def test_connection_naming_a_protected_field_is_refused(gateway, oracle, alice, lines, target):
    headers = [("Connection", line) for line in lines] + [("Cookie", alice.cookie)]
    refused(gateway, oracle, request("GET", target, headers))


def test_connection_options_take_their_fields_with_them(gateway, oracle, alice):
    headers = [
        ("Connection", "x-hop, keep-alive"), ("X-Hop", "1"), ("Keep-Alive", "5"), ("Proxy-Connection", "x"),
        ("TE", "trailers"), ("X-End", "1"), ("Upgrade", "foo/2"), ("Cookie", alice.cookie)]
    seen = forwarded(gateway, oracle, request("GET", "/a", headers), identities=[alice.id])[0]
    gone = {"x-hop", "keep-alive", "proxy-connection", "te", "upgrade"}
    assert not gone & set(seen.names) and "x-end" in seen.names
    assert "x-hop" not in (seen.get("connection") or "")


# Trailers come after the rules were applied.

@pytest.mark.parametrize("trailer", [
    b"X-User-Id: evil\r\n", b"Content-Length: 9\r\n", b"Host: b\r\n", b"Cookie: a=b\r\n",
    b"Transfer-Encoding: chunked\r\n", b"X-User-Id: evil\r\nContent-Length: 9\r\nHost: b\r\n", b"X_User_Id: evil\r\n",
])
@pytest.mark.parametrize("target", ["/public/a", "/a"])
def test_protected_trailer_goes_nowhere(gateway, oracle, alice, trailer, target):
    data = request("POST", target, [("Transfer-Encoding", "chunked"), ("Cookie", alice.cookie)])
    with gateway.client() as client:
        client.send(data + b"2\r\nhi\r\n0\r\n" + trailer + b"\r\n")
        response = client.read("POST")
    assert response.status in (200, 400), response
    oracle.check([response], [alice.id], partial=1)


def test_trailers_are_dropped(gateway, oracle, alice):
    data = request("POST", "/a", [("Transfer-Encoding", "chunked"), ("Cookie", alice.cookie), ("Trailer", "X-T")])
    seen = forwarded(gateway, oracle, data + b"2\r\nhi\r\n0\r\nX-T: 1\r\n\r\n", ["POST"], [alice.id])[0]
    assert seen.body == b"hi" and "x-t" not in seen.names and "trailer" not in seen.names


# User-controlled bytes in the value.

@pytest.mark.parametrize("name", [
    "bob\r\nX-Admin: 1", "caf\u00e9", "n" * 300, "a,b", "a;b", "", " ", "a b", "a\u0000b", "\uff41dmin", "\u0430dmin",
    "adm\u0131n", "ad\u200bmin", "\u212aevin", "a/b", "a\"b", "a<b>",
])
def test_name_that_could_break_a_header_is_no_name(gateway, name):
    response = gateway.fetch("POST", "/_auth/register", JSON, credentials(name))
    assert response.status == 422, response
    assert response.json()["code"] == "invalid_field"
    assert not response.all("set-cookie")


@pytest.mark.parametrize("name", ["a", "Jane.Doe+tag@example.org", "x" * 254, "9_-", "@"])
def test_identity_is_one_clean_opaque_id(gateway, oracle, name):
    user = register(gateway, fresh_name(name[:240]) if len(name) < 254 else name)
    assert 1 <= len(user.id) <= 128 and all(c.isalnum() and c.isascii() or c in "_.:@-" for c in user.id)
    assert user.id.lower() != user.name.lower()
    seen = forwarded(gateway, oracle, request("GET", "/a", user.headers), identities=[user.id])[0]
    assert seen.all("x-user-id") == [user.id] and seen.all("x-user-name") == [user.name.lower()]


# The gateway's cookie is not for the upstream.

@pytest.mark.parametrize("before,after,expected", [
    ("", "", None), ("a=1; ", "", "a=1"), ("", "; b=2", "b=2"), ("a=1; ", "; b=2", "a=1; b=2"),
    ("a=1; b=\"x y\"; ", "; c=;d;e==", "a=1; b=\"x y\"; c=;d;e=="),
])
def test_session_cookie_is_taken_out_and_others_stay(gateway, oracle, alice, before, after, expected):
    data = request("GET", "/a", {"Cookie": before + alice.cookie + after})
    seen = forwarded(gateway, oracle, data, identities=[alice.id])[0]
    assert seen.all("cookie") == ([expected] if expected else [])


@pytest.mark.parametrize("cookie", ["a=1", "a=1;b=2", "; a=1", "a", "a=1; a=2; a=1", "x=__Host-main", "=v"])
def test_foreign_cookies_stay_byte_for_byte(gateway, oracle, cookie):
    seen = forwarded(gateway, oracle, request("GET", "/public/a", {"Cookie": cookie}))[0]
    assert seen.all("cookie") == [cookie.strip()]


def test_cookie_is_taken_out_on_public_routes_too(gateway, oracle, alice):
    data = request("GET", "/public/a", {"Cookie": "a=1; " + alice.cookie})
    assert forwarded(gateway, oracle, data)[0].all("cookie") == ["a=1"]


# Headers that other products read as orders.

@pytest.mark.parametrize("name", [
    "Remote-User", "X-Forwarded-User", "X-Auth-Request-User", "X-Auth-Request-Email", "X-Auth-Request-Anything",
    "X-Remote-User", "X-Remote-Groups", "X-Original-URL", "X-Rewrite-URL", "Proxy",
])
def test_control_header_of_others_is_stripped(gateway, oracle, alice, name):
    data = request("GET", "/a", [(name, "evil"), ("Cookie", alice.cookie)])
    assert name.lower() not in forwarded(gateway, oracle, data, identities=[alice.id])[0].names
    seen = forwarded(gateway, oracle, request("GET", "/public/a", {name: "evil"}))[0]
    assert name.lower() not in seen.names


@pytest.mark.parametrize("headers", [
    {"X-Original-URL": "/public/a"}, {"X-Rewrite-URL": "/public/a"}, {"X-Forwarded-Uri": "/public/a"},
    {"X-Forwarded-Method": "OPTIONS"}, {"X-HTTP-Method-Override": "OPTIONS"}, {"X-Forwarded-Prefix": "/public"},
    {"x-middleware-subrequest": "middleware"}, {"x-envoy-original-path": "/public/a"}, {"X-Forwarded-Host": "public"},
    {"X-Forwarded-For": "127.0.0.1"}, {"X-Real-IP": "127.0.0.1"}, {"Forwarded": "for=127.0.0.1;host=public"},
    {"X-Forwarded-User": "admin"}, {"Remote-User": "admin"}, {"Authorization": "Basic YWRtaW46YWRtaW4="},
])
def test_no_header_opens_a_protected_route(gateway, oracle, headers):
    assert exchanged(gateway, oracle, request("GET", "/a", headers))[0].status == 401


def test_extra_strip_list_adds_to_the_built_in_one(make_gateway):
    gateway = make_gateway(headers="strip X-Secret X-Corp-*")
    user = register(gateway)
    names = ["X-Secret", "X-Corp-User", "x-corp-", "Remote-User", "X-User-Id", "X-Secrets"]
    assert gateway.fetch("GET", "/a", [(n, "evil") for n in names] + [("Cookie", user.cookie)]).status == 200
    seen = gateway.recorder.wait_for("/a")[-1]
    assert not {"x-secret", "x-corp-user", "x-corp-", "remote-user"} & set(seen.names)
    assert seen.all("x-user-id") == [user.id] and "x-secrets" in seen.names


def test_header_that_is_off_is_still_nobody_elses(make_gateway):
    gateway = make_gateway(headers="roles off\nrealm off")
    user = register(gateway)
    gateway.fetch("GET", "/a", EVIL + [("Cookie", user.cookie)])
    seen = gateway.recorder.wait_for("/a")[-1]
    assert not {"x-user-roles", "x-user-realm"} & set(seen.names)


# Who asks is decided for each request anew.

def test_each_request_of_a_connection_is_judged_alone(gateway, oracle, alice, bob):
    data = (
        request("GET", "/a", alice.headers) + request("GET", "/b", bob.headers) + request("GET", "/c")
        + request("GET", "/optional/d") + request("GET", "/e", alice.headers))
    responses = exchanged(gateway, oracle, data, ["GET"] * 5, [alice.id, bob.id])
    assert [r.status for r in responses] == [200, 200, 401, 200, 200]
    assert [r.json().get("user") for r in responses] == [[alice.id], [bob.id], None, [], [alice.id]]


def test_password_never_reaches_an_upstream_or_a_log(gateway, recorder):
    mark = recorder.mark()
    register(gateway, password=PASSWORD + " unheard of")
    assert recorder.mark() == mark
    assert "unheard of" not in gateway.log()
