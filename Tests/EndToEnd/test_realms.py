"""Customers and staff side by side: what one realm gives is nothing in the other."""

import itertools
import json
import os

import pytest

from harness.client import request
from harness.users import JSON, PASSWORD, cookie_of, credentials, fresh_name, register, session_key
from harness.websocket import echo_tunnel, frame, handshake

pytestmark = pytest.mark.accounts

HASH = "$2b$04$c3jxLSCoQDXvVhtv1Ku52uAdQX27.hyMuAM67tpU3okvU1DEbEJvC"
STAFF = "__Host-staff"
BROWSER = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
EXTRA = """
users crew { store file crew.users }
realm staff {
    users crew
    endpoints /_staff
    bearer on
    idle 15m
    login_page { title "Back office" }
}
"""
ROUTES = """
    realm main
    route /* app user
    route /office/* app user { realm staff }
    route /office/boss/* app role admin { realm staff }
    route /open/* app optional { realm staff }
    route /ws/* app user { websocket on }
"""


@pytest.fixture(scope="module")
def two(make_module_gateway):
    gateway = make_module_gateway("realms", start=False, realm="bearer on\n", extra=EXTRA, routes=ROUTES)
    with open(os.path.join(gateway.directory, "crew.users"), "w") as file:
        file.write("root:%s:admin,ops\nclerk:%s:\nanna:%s:\n" % (HASH, HASH, HASH))
    return gateway.start()


def staff_login(gateway, name="root", password=PASSWORD, **more):
    return gateway.fetch("POST", "/_staff/login", JSON, credentials(name, password, **more))


def staff(gateway, name="root"):
    response = staff_login(gateway, name)
    assert response.status == 200, response
    return {"Cookie": "%s=%s" % (STAFF, cookie_of(response, STAFF))}


def token(gateway, prefix, name):
    response = gateway.fetch("POST", prefix + "/token", JSON, credentials(name))
    return {"Authorization": "Bearer " + response.json()["access_token"]}


def statuses(gateway, headers, *targets):
    return [gateway.fetch("GET", target, headers).status for target in targets]


def test_each_realm_has_its_own_accounts(two):
    user = register(two, fresh_name("customer"))
    assert staff_login(two, user.name).status == 401
    assert two.fetch("POST", "/_auth/login", JSON, credentials("root")).status == 401
    assert two.fetch("POST", "/_staff/register", JSON, credentials("newcomer")).json()["code"] == "register_closed"


def test_a_name_that_both_realms_know_is_two_people(two):
    customer = register(two, "anna", "another long password")
    assert staff_login(two, "anna", "another long password").status == 401
    clerk = staff(two, "anna")
    both = {"Cookie": "%s; %s" % (customer.cookie, clerk["Cookie"])}
    seen = []
    for target in ("/a", "/office/a"):
        mark = two.recorder.mark()
        assert two.fetch("GET", target, both).status == 200
        request, = two.recorder.since(mark)
        seen.append((request.get("x-user-id"), request.get("x-user-realm")))
    assert seen == [(customer.id, "main"), ("anna", "staff")]


def test_roles_are_those_of_the_realm(two):
    root, clerk = staff(two), staff(two, "clerk")
    assert statuses(two, root, "/office/a", "/office/boss/a") == [200, 200]
    assert statuses(two, clerk, "/office/a", "/office/boss/a") == [200, 403]
    user = register(two)
    assert statuses(two, user.headers, "/office/boss/a", "/a") == [401, 200]


def test_sessions_are_laid_out_apart_in_redis(two, redis):
    user, root = register(two), staff(two)
    ticket = root["Cookie"].partition("=")[2]
    assert redis("EXISTS", session_key(ticket, two.prefix, "staff")) and redis("EXISTS", user.key(two.prefix))
    assert not redis("EXISTS", session_key(ticket, two.prefix, "main"))
    record = json.loads(redis("GET", session_key(ticket, two.prefix, "staff")))
    assert record["rl"] == "staff"


def test_a_record_copied_to_the_other_realm_is_no_session(two, redis):
    root = staff(two)
    ticket = root["Cookie"].partition("=")[2]
    record = redis("GET", session_key(ticket, two.prefix, "staff"))
    redis("SET", session_key(ticket, two.prefix, "main"), record, "PX", 60000)
    assert two.fetch("GET", "/a", {"Cookie": "__Host-main=" + ticket}).status == 401, "signed for another realm"


@pytest.mark.parametrize("carrier", ["cookie", "bearer"])
def test_one_connection_going_to_and_fro_is_judged_by_each_realm(two, carrier):
    """What a connection remembers of the last ticket counts for its realm alone."""
    user = register(two)
    if carrier == "cookie":
        main, other = user.headers, staff(two)
        crossed = [{"Cookie": "%s=%s" % (STAFF, user.ticket)}, {"Cookie": other["Cookie"].replace(STAFF, "__Host-main")}]
    else:
        main, other = token(two, "/_auth", user.name), token(two, "/_staff", "root")
        crossed = [main, other]
    expected = {("/a", 0): 200, ("/a", 1): 401, ("/office/a", 0): 401, ("/office/a", 1): 200}
    client = two.client()
    order = list(itertools.product(("/a", "/office/a"), (0, 1))) * 3
    for index, (target, which) in enumerate(order + order[::-1]):
        response = client.exchange(request("GET", target, (main, other)[which]))
        assert response.status == expected[target, which], (index, target, which)
    for target, headers in zip(("/office/a", "/a"), crossed):
        assert client.exchange(request("GET", target, headers)).status == 401, (target, headers)
    client.close()


def test_logging_out_of_one_leaves_the_other(two):
    user, root = register(two), staff(two)
    both = {"Cookie": "%s; %s" % (user.cookie, root["Cookie"])}
    response = two.fetch("POST", "/_staff/logout", both, b"")
    assert response.status == 204
    assert cookie_of(response, STAFF) == "" and cookie_of(response) is None
    assert statuses(two, both, "/a", "/office/a") == [200, 401]
    root = staff(two)
    assert two.fetch("POST", "/_auth/logout", {**user.headers, "Content-Type": "application/json"}, b'{"everywhere":true}').status == 204
    assert statuses(two, {"Cookie": "%s; %s" % (user.cookie, root["Cookie"])}, "/a", "/office/a") == [401, 200]


def test_lists_and_handles_stay_in_their_realm(two):
    user, root = register(two), staff(two)
    both = {"Cookie": "%s; %s" % (user.cookie, root["Cookie"])}
    customers = two.fetch("GET", "/_auth/sessions", both).json()["sessions"]
    crew = two.fetch("GET", "/_staff/sessions", both).json()["sessions"]
    assert len(customers) == 1 and customers[0]["id"] not in {session["id"] for session in crew}
    assert two.fetch("DELETE", "/_staff/sessions/" + customers[0]["id"], both).status == 404
    assert two.fetch("GET", "/a", user.headers).status == 200


def test_pages_are_titled_and_lead_back_to_their_own_realm(two):
    page = two.fetch("GET", "/_staff/login", BROWSER)
    assert b"<title>Sign in to Back office</title>" in page.body and b'action="/_staff/login"' in page.body
    assert b"Back office" not in two.fetch("GET", "/_auth/login", BROWSER).body
    for target, prefix in (("/office/a", "/_staff"), ("/a", "/_auth")):
        response = two.fetch("GET", target, BROWSER)
        assert response.status == 303 and response.get("location") == "%s/login?return_to=%s" % (prefix, target)
        assert two.fetch("GET", target, {"Accept": "application/json"}).json()["login_url"] == prefix + "/login"


def test_who_goes_on_to_another_realm_has_lost_no_cookie(two):
    user = register(two)
    navigation = {"Accept": "text/html", "Cookie": user.cookie + "; gatehouse-check=1"}
    there = two.fetch("GET", "/office/a", navigation)
    assert there.status == 303 and there.get("location").startswith("/_staff/login"), there
    assert b"name=\"password\"" in two.fetch("GET", there.get("location"), navigation).body
    lost = two.fetch("GET", "/office/a", {**navigation, "Cookie": "gatehouse-check=1"})
    assert lost.status == 200 and b"did not keep the sign-in" in lost.body


def test_optional_route_tells_who_of_its_realm_only(two):
    user, root = register(two), staff(two)
    for headers, expected in ((user.headers, None), (root, "root")):
        mark = two.recorder.mark()
        assert two.fetch("GET", "/open/a", headers).status == 200
        request, = two.recorder.since(mark)
        assert request.get("x-user-id") == expected


def test_verify_answers_for_the_realm_that_is_asked(two):
    user, root = register(two), staff(two)
    assert [two.fetch("GET", prefix + "/verify", headers).status
            for prefix in ("/_auth", "/_staff") for headers in (user.headers, root)] == [200, 401, 401, 200]


def test_lifetimes_are_the_realms(two):
    user, root = register(two), staff(two)
    main = two.fetch("GET", "/_auth/session", user.headers).json()["session"]
    crew = two.fetch("GET", "/_staff/session", root).json()["session"]
    assert crew["idle_expires"] < main["idle_expires"]


def test_ending_sessions_of_one_realm_from_outside_spares_the_other(two):
    user, root = register(two), staff(two, "clerk")
    done = two.command("session", "kill", "--realm", "staff", "--yes", "--config", two.path)
    assert done.returncode == 0, done
    assert two.fetch("GET", "/office/a", root).status == 401 and two.fetch("GET", "/a", user.headers).status == 200


def test_open_sockets_of_the_other_realm_stay(two):
    user, root = register(two), staff(two)
    two.recorder.on("/ws/a", echo_tunnel)
    with handshake(two, "/ws/a", user.headers) as tunnel:
        assert tunnel.response.status == 101
        assert two.fetch("POST", "/_staff/logout", root, b"").status == 204
        message = frame(b"still here")
        tunnel.send(message)
        assert tunnel.exactly(len(message)) == message


@pytest.fixture(scope="module")
def hosts(make_module_gateway):
    """Two sites with a realm each, asked by a proxy that is believed."""
    gateway = make_module_gateway("hosts", start=False, realm="bearer on\n", extra=EXTRA, host="shop.test",
        routes="realm main\nroute /* app user", top="trust_proxy 127.0.0.1/32",
        sites="site office.test {\nrealm staff\nroute /* app user\nroute /shop/* app user { realm main }\n}")
    with open(os.path.join(gateway.directory, "crew.users"), "w") as file:
        file.write("root:%s:admin\n" % HASH)
    return gateway.start()


def asked(gateway, host, target, headers, prefix=None):
    """Status of a request, or of the question about it at `prefix`."""
    if prefix is None:
        return gateway.fetch("GET", target, headers, host=host).status
    return gateway.fetch("GET", prefix + "/verify", {**headers, "X-Forwarded-Uri": target}, host=host).status


def on_host(gateway, host, prefix, name):
    response = gateway.fetch("POST", prefix + "/token", JSON, credentials(name), host=host)
    assert response.status == 200, response
    return {"Authorization": "Bearer " + response.json()["access_token"]}


@pytest.mark.parametrize("how", ["request", "question"])
def test_one_connection_to_two_hosts_is_judged_by_the_realm_of_each(hosts, how):
    name = fresh_name("customer")
    hosts.fetch("POST", "/_auth/register", JSON, credentials(name), host="shop.test")
    tokens = {"main": on_host(hosts, "shop.test", "/_auth", name), "staff": on_host(hosts, "office.test", "/_staff", "root")}
    cookies = {realm: {"Cookie": "%s=%s" % ({"main": "__Host-main", "staff": STAFF}[realm],
        token["Authorization"].split()[1])} for realm, token in tokens.items()}
    places = [("shop.test", "/a", "main"), ("office.test", "/a", "staff"), ("office.test", "/shop/a", "main")]
    client = hosts.client()
    for (host, target, realm), carriers, holder in list(itertools.product(places, (tokens, cookies), tokens)) * 2:
        headers, asked_for = carriers[holder], target
        if how == "question":
            prefix = "/_auth" if host == "shop.test" else "/_staff"
            headers, asked_for = {**headers, "X-Forwarded-Uri": target}, prefix + "/verify"
        response = client.exchange(request("GET", asked_for, headers, host=host))
        assert response.status == (200 if holder == realm else 401), (host, target, holder)
        if how == "question" and holder == realm:
            assert response.get("x-user-realm") == realm
    client.close()


@pytest.mark.parametrize("asked_at", [("shop.test", "/_staff"), ("shop.test", "/_auth"), ("office.test", "/_staff")])
def test_question_is_answered_by_the_realm_of_the_route_wherever_it_is_asked(hosts, asked_at):
    host, prefix = asked_at
    root = on_host(hosts, "office.test", "/_staff", "root")
    answers = [asked(hosts, host, target, root, prefix) for target in ("/a", "/shop/a")]
    if host == "shop.test":
        assert set(answers) <= {401, 404}, "staff are nobody in the shop: %s" % answers
    else:
        assert answers == [200, 401]
    # The proxy may ask anywhere; what counts is the host that it was asked for.
    there = 404 if (host, prefix) == ("shop.test", "/_staff") else 200
    assert asked(hosts, host, "/a", {**root, "X-Forwarded-Host": "office.test"}, prefix) in (there, 401)
    shop = asked(hosts, host, "/a", {**root, "X-Forwarded-Host": "shop.test"}, prefix)
    assert shop in (401, 404), shop


def test_endpoints_of_a_realm_exist_on_its_own_sites_only(hosts):
    for host, target, there in (("shop.test", "/_auth/login", True), ("office.test", "/_staff/login", True),
            ("office.test", "/_auth/login", True), ("shop.test", "/_staff/login", False),
            ("elsewhere.test", "/_auth/login", False), ("elsewhere.test", "/_staff/login", False)):
        response = hosts.fetch("GET", target, BROWSER, host=host)
        assert (response.status == 200) == there, (host, target, response.status)
        if not there:
            assert not response.all("set-cookie") and b"<form" not in response.body


@pytest.mark.parametrize("extra, said", [
    ("realm staff {\nusers people\n}", "E"), ("realm staff {\nusers people\nendpoints /_staff\ncookie __Host-main\n}", "E204"),
    ("realm main {\nusers people\nendpoints /_staff\n}", "E204"), ("realm staff {\nusers nobody\nendpoints /_staff\n}", "E301"),
])
def test_realms_that_cannot_be_told_apart_are_refused(make_gateway, extra, said):
    gateway = make_gateway(start=False, extra=extra, routes="realm main\nroute /* app user\nroute /office/* app user { realm staff }")
    done = gateway.command("check", gateway.path)
    assert done.returncode == 78 and said in done.stdout, done
