"""What users do with their own sessions: extend, list and end them, carry them as tokens, change the password."""

import json
import re
import threading
import time
from datetime import datetime

import pytest

from harness.cases import exchanged
from harness.client import request
from harness.forms import page_fields
from harness.gateway import settle
from harness.users import (
    COOKIE, JSON, PASSWORD, User, cookie_of, credentials, fresh_name, log_in, login, register, session_key)
from harness.wire import wait_until

pytestmark = pytest.mark.sessions

BROWSER = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", "Sec-Fetch-Site": "none",
    "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
FORM = {**BROWSER, "Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
NEW = "a quite different phrase"


@pytest.fixture(scope="module")
def tokens(make_module_gateway):
    """A gateway with bearer tokens, remember-me and routes that want a fresh login."""
    return make_module_gateway(
        realm="bearer on\nremember 30d\n",
        routes="route /* app user\nroute /public/* app public\nroute /optional/* app optional\n"
        "route /fresh/* app user { fresh 2s }\nroute /role/* app role admin { fresh 1h }")


def problem(response, status, code):
    assert response.status == status, response
    document = response.json()
    assert document["code"] == code and document["status"] == status, document
    return document


def seconds(text):
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").timestamp() - time.timezone


def status(gateway, user, target="/a"):
    return gateway.fetch("GET", target, user.headers).status


def extend(gateway, user, headers=()):
    return gateway.fetch("POST", "/_auth/session", {**user.headers, "Accept": "application/json", **dict(headers)}, b"")


def with_ticket(user, ticket):
    return {"Cookie": "%s=%s" % (COOKIE, ticket)}


def form(**fields):
    from urllib.parse import urlencode
    return urlencode(fields).encode()


def handles(gateway, user):
    return gateway.fetch("GET", "/_auth/sessions", user.headers).json()["sessions"]


# Extending.

def test_extending_gives_a_new_ticket_and_a_new_idle_limit(gateway, redis):
    user = register(gateway)
    key = user.key()
    redis("PEXPIRE", key, 60_000)
    before = gateway.fetch("GET", "/_auth/session", user.headers).json()["session"]
    response = extend(gateway, user)
    assert response.status == 200, response
    fresh = cookie_of(response)
    assert fresh and fresh != user.ticket
    after = response.json()
    assert after["user"]["id"] == user.id and "authenticated" not in after
    assert after["session"]["created"] == before["created"]
    assert after["session"]["absolute_expires"] == before["absolute_expires"]
    assert seconds(after["session"]["idle_expires"]) - seconds(before["idle_expires"]) > 7_000
    assert 7_195_000 < redis("PTTL", session_key(fresh)) <= 7_200_000
    assert 0 < redis("PTTL", key) <= 10_000
    assert gateway.fetch("GET", "/a", with_ticket(user, fresh)).status == 200


def test_max_age_of_the_extended_cookie_is_what_is_left(make_gateway):
    gateway = make_gateway(realm="absolute 10s\nidle 8s\n", session="key_file state/session.key\ntouch 1s")
    user = register(gateway)
    settle(2.1)
    line = extend(gateway, user).all("set-cookie")[0]
    age = int(re.search(r"Max-Age=(\d+)", line).group(1))
    assert 5 <= age <= 8, line


def test_old_ticket_answers_for_ten_seconds_and_no_longer(gateway, redis):
    user = register(gateway)
    response = extend(gateway, user)
    fresh = cookie_of(response)
    assert status(gateway, user) == 200
    again = extend(gateway, user)
    assert again.status == 200 and cookie_of(again) is None, "an old ticket gets no other"
    assert again.json()["user"]["id"] == user.id
    assert 0 < redis("PTTL", user.key()) <= 10_000, "use does not prolong the grace"
    wait_until(lambda: not redis("EXISTS", user.key()), 12, "the end of the grace")
    assert status(gateway, user) == 401
    assert gateway.fetch("GET", "/a", with_ticket(user, fresh)).status == 200


def test_grace_ends_by_the_record_even_if_redis_keeps_it(gateway, redis):
    user = register(gateway)
    extend(gateway, user)
    redis("PERSIST", user.key())
    record = json.loads(redis("GET", user.key()))
    record["g"] = int(time.time() * 1000) - 1
    redis("SET", user.key(), json.dumps(record, separators=(",", ":")))
    assert status(gateway, user) == 401


@pytest.mark.parametrize("last", ["old", "new"])
def test_logout_with_either_ticket_ends_both(gateway, redis, last):
    user = register(gateway)
    chain = [user.ticket]
    for _ in range(3):
        chain.append(cookie_of(extend(gateway, User(gateway, user.name, FakeResponse(user, chain[-1])))))
    assert all(gateway.fetch("GET", "/a", with_ticket(user, t)).status == 200 for t in chain)
    ticket = chain[0] if last == "old" else chain[-1]
    assert gateway.fetch("POST", "/_auth/logout", with_ticket(user, ticket), b"").status == 204
    assert not [t for t in chain if redis("EXISTS", session_key(t))]
    assert [gateway.fetch("GET", "/a", with_ticket(user, t)).status for t in chain] == [401] * 4
    assert not redis("EXISTS", "gw:main:u:" + user.id)


class FakeResponse:
    """Makes another view of a user: the same account under another ticket."""

    def __init__(self, user, ticket):
        self.user, self.ticket = user, ticket

    def json(self):
        return self.user.document

    def all(self, _):
        return ["%s=%s; Path=/" % (COOKIE, self.ticket)]


def other(user, ticket):
    return User(user.gateway, user.name, FakeResponse(user, ticket), user.password)


def test_many_extend_at_once_and_one_ticket_comes_of_it(gateway, redis):
    user = register(gateway)
    answers = []

    def run():
        answers.append(extend(gateway, user))

    threads = [threading.Thread(target=run) for _ in range(12)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert [a.status for a in answers] == [200] * 12
    fresh = [cookie_of(a) for a in answers if cookie_of(a)]
    assert len(fresh) == 1
    assert redis("ZCARD", "gw:main:u:" + user.id) == 1
    assert gateway.fetch("GET", "/a", with_ticket(user, fresh[0])).status == 200


def test_handle_stays_and_lists_show_one_session(gateway):
    user = register(gateway)
    before = handles(gateway, user)
    fresh = other(user, cookie_of(extend(gateway, user)))
    for view in (user, fresh):
        after = handles(gateway, view)
        assert [s["id"] for s in after] == [s["id"] for s in before] and after[0]["current"] is True


def test_login_and_logout_leave_no_grace(gateway, redis):
    user = register(gateway)
    again = login(gateway, user.name, headers=user.headers)
    assert again.status == 200 and status(gateway, user) == 401
    fresh = other(user, cookie_of(again))
    moved = other(user, cookie_of(extend(gateway, fresh)))
    last = login(gateway, user.name, headers=moved.headers)
    assert last.status == 200
    assert status(gateway, fresh) == 401 and status(gateway, moved) == 401, "both names of the replaced session"


def test_extending_needs_a_session_and_the_same_origin(gateway):
    user = register(gateway)
    problem(gateway.fetch("POST", "/_auth/session", {"Accept": "application/json"}, b""), 401, "login_required")
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.test"}, {"Origin": "null"}):
        problem(extend(gateway, user, headers), 403, "csrf_failed")
    assert extend(gateway, user, {"Sec-Fetch-Site": "same-origin"}).status == 200


def test_roles_given_meanwhile_survive_a_rotation(gateway, redis):
    user = register(gateway)
    record = redis("GET", user.key())
    record = record.decode() if isinstance(record, bytes) else record
    assert '"r":[]' in record
    redis("SET", user.key(), record.replace('"r":[]', '"r":["admin","ops"]'), "KEEPTTL")
    fresh = other(user, cookie_of(extend(gateway, user)))
    document = gateway.fetch("GET", "/_auth/session", fresh.headers).json()
    assert document["user"]["roles"] == ["admin", "ops"]


# Who am I tells expiries and moves none.

def test_who_am_i_tells_the_true_idle_end_and_does_not_move_it(gateway, redis):
    user = register(gateway)
    redis("PEXPIRE", user.key(), 100_000)
    first = gateway.fetch("GET", "/_auth/session", user.headers).json()["session"]
    assert abs(seconds(first["idle_expires"]) - time.time() - 100) < 3
    settle(1.2)
    assert gateway.fetch("GET", "/_auth/session", user.headers).json()["session"] == first
    assert redis("PTTL", user.key()) < 99_500


def test_idle_limit_ends_a_session_and_use_extends_it(make_gateway):
    gateway = make_gateway(realm="idle 5s\n", session="key_file state/session.key\ntouch 1s")
    user = register(gateway)
    for _ in range(4):
        settle(1.6)
        assert status(gateway, user) == 200
    settle(5.2)
    assert status(gateway, user) == 401


# Remember-me.

def test_remembered_session_has_its_own_life(tokens, redis):
    name = fresh_name()
    register(tokens, name)
    response = tokens.fetch("POST", "/_auth/login", JSON, credentials(name, remember=True))
    document = response.json()["session"]
    assert document["remember"] is True and document["idle_expires"] is None
    assert abs(seconds(document["absolute_expires"]) - time.time() - 30 * 86_400) < 5
    line = response.all("set-cookie")[0]
    assert 30 * 86_400 - 5 <= int(re.search(r"Max-Age=(\d+)", line).group(1)) <= 30 * 86_400
    key = session_key(cookie_of(response), tokens.prefix)
    assert 30 * 86_400_000 - 5_000 < redis("PTTL", key) <= 30 * 86_400_000
    record = json.loads(redis("GET", key))
    assert record["m"] is True
    user = User(tokens, name, response)
    assert tokens.fetch("GET", "/_auth/session", user.headers).json()["session"] == document
    extended = extend(tokens, user)
    assert extended.json()["session"]["absolute_expires"] == document["absolute_expires"]


@pytest.mark.parametrize("value,is_remembered", [(True, True), (False, False), ("1", True), ("0", False), ("", False)])
def test_remember_is_asked_for(tokens, value, is_remembered):
    name = fresh_name()
    register(tokens, name)
    response = tokens.fetch("POST", "/_auth/login", JSON, credentials(name, remember=value))
    assert response.json()["session"]["remember"] is is_remembered


def test_remember_is_not_to_be_had_where_it_is_off(gateway):
    name = fresh_name()
    register(gateway, name)
    response = gateway.fetch("POST", "/_auth/login", JSON, credentials(name, remember=True))
    assert response.json()["session"]["remember"] is False
    assert b'name="remember"' not in gateway.fetch("GET", "/_auth/login", BROWSER).body


def test_login_page_offers_to_remember(tokens):
    page = tokens.fetch("GET", "/_auth/login", BROWSER).body.decode()
    assert 'name="remember"' in page and "30 days" in page
    fields = dict(username="nobody", password="wrong wrong", remember="1", csrf="")
    again = tokens.fetch("POST", "/_auth/login", FORM, form(**fields))
    assert again.status == 401 and re.search(rb'name="remember"[^>]* checked', again.body)


# Tokens.

def make_token(gateway, name, headers=()):
    return gateway.fetch("POST", "/_auth/token", {**JSON, **dict(headers)}, credentials(name))


def bearer(token, scheme="Bearer"):
    return {"Authorization": "%s %s" % (scheme, token)}


@pytest.fixture
def token(tokens):
    user = register(tokens)
    user.token = make_token(tokens, user.name).json()["access_token"]
    return user


def test_token_is_a_login_without_a_cookie(tokens, redis):
    user = register(tokens)
    response = make_token(tokens, user.name)
    assert response.status == 200 and not response.all("set-cookie"), response
    document = response.json()
    assert document["token_type"] == "Bearer" and 86_395 <= document["expires_in"] <= 86_400
    assert document["user"]["id"] == user.id and document["realm"] == "main"
    assert set(document["session"]) == {"created", "idle_expires", "absolute_expires", "remember"}
    assert redis("EXISTS", session_key(document["access_token"], tokens.prefix))
    assert status(tokens, user) == 200, "the cookie's session goes on"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer  "])
def test_token_is_taken_and_goes_no_further(tokens, recorder, token, scheme):
    response = tokens.fetch("GET", "/a", bearer(token.token, scheme))
    assert response.status == 200
    seen = tokens.recorder.since()[-1]
    assert seen.get("x-user-id") == token.id and seen.get("authorization") is None


@pytest.mark.parametrize("value", ["Bearer abc.def.ghi", "Basic dXNlcjpwYXNz", "Bearer", "Bearer eyJhbGciOi.J9.x",
    "Digest a=b"])
def test_what_is_not_ours_is_the_applications(tokens, token, value):
    response = tokens.fetch("GET", "/a", {**token.headers, "Authorization": value})
    assert response.status == 200
    assert tokens.recorder.since()[-1].get("authorization") == value
    assert tokens.fetch("GET", "/a", {"Authorization": value}).status == 401


@pytest.mark.parametrize("target", ["/public/a", "/optional/a"])
def test_our_token_leaves_for_no_origin_on_open_routes(tokens, token, target):
    bad = token.token[:-1] + ("A" if token.token[-1] != "A" else "E")
    for value in (token.token, bad):
        assert tokens.fetch("GET", target, bearer(value)).status == 200
        assert tokens.recorder.since()[-1].get("authorization") is None


def test_bearer_wins_over_the_cookie(tokens, token):
    somebody = register(tokens)
    response = tokens.fetch("GET", "/a", {**somebody.headers, **bearer(token.token)})
    assert response.status == 200 and tokens.recorder.since()[-1].get("x-user-id") == token.id
    bad = token.token[:-3] + "AAA"
    assert tokens.fetch("GET", "/a", {**somebody.headers, **bearer(bad)}).status == 401


def test_two_tokens_are_none(tokens, token):
    with tokens.client() as client:
        line = b"Authorization: Bearer " + token.token.encode() + b"\r\n"
        data = b"GET /a HTTP/1.1\r\nHost: app.test\r\n" + line * 2 + b"\r\n"
        assert client.exchange(data).status in (400, 401)


def test_challenge_names_bearer_only_where_it_is_on(tokens, gateway):
    offered = tokens.fetch("GET", "/a").all("www-authenticate")
    assert len(offered) == 2 and offered[1] == 'Bearer realm="main"', offered
    assert not [line for line in gateway.fetch("GET", "/a").all("www-authenticate") if "Bearer" in line]


def test_tokens_are_off_by_default(gateway, recorder):
    user = register(gateway)
    assert make_token(gateway, user.name).status == 404
    value = "Bearer " + user.ticket
    assert gateway.fetch("GET", "/a", {"Authorization": value}).status == 401
    assert gateway.fetch("GET", "/public/a", {"Authorization": value}).status == 200
    assert recorder.since()[-1].get("authorization") == value


def test_token_ends_like_any_session(tokens, token, redis):
    listed = tokens.fetch("GET", "/_auth/sessions", bearer(token.token)).json()["sessions"]
    assert len(listed) == 2 and len([s for s in listed if s["current"]]) == 1
    gone = tokens.fetch("POST", "/_auth/logout", bearer(token.token), b"")
    assert gone.status == 204 and not gone.all("set-cookie")
    assert tokens.fetch("GET", "/a", bearer(token.token)).status == 401
    assert status(tokens, token) == 200
    more = make_token(tokens, token.name).json()["access_token"]
    tokens.fetch("POST", "/_auth/logout", {**token.headers, **JSON}, b'{"everywhere":true}')
    assert tokens.fetch("GET", "/a", bearer(more)).status == 401


def test_token_is_extended_by_a_new_token(tokens, token):
    response = tokens.fetch("POST", "/_auth/session", bearer(token.token), b"")
    assert response.status == 200 and not response.all("set-cookie")
    fresh = response.json()["access_token"]
    assert fresh != token.token and tokens.fetch("GET", "/a", bearer(fresh)).status == 200
    assert tokens.fetch("GET", "/a", bearer(token.token)).status == 200, "grace"


def test_bearer_is_exempt_from_the_origin_rule(tokens, token):
    cross = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.test"}
    assert tokens.fetch("POST", "/a", {**bearer(token.token), **cross}, b"x").status == 200
    assert tokens.fetch("POST", "/a", {**token.headers, **cross}, b"x").status == 403
    content = {"Content-Type": "application/x-www-form-urlencoded"}
    assert tokens.fetch("POST", "/_auth/logout", {**bearer(token.token), **content}, b"everywhere=0").status == 204


def test_wrong_password_makes_no_token(tokens):
    user = register(tokens)
    response = tokens.fetch("POST", "/_auth/token", JSON, credentials(user.name, "not the password"))
    assert not response.all("set-cookie")
    problem(response, 401, "bad_credentials")


# Lists.

def test_list_says_where_a_user_is_logged_in(gateway):
    user = register(gateway)
    second = User(gateway, user.name, login(gateway, user.name, headers={"User-Agent": "Phone/1 (x)"}))
    listed = handles(gateway, user)
    assert len(listed) == 2
    assert {frozenset(s) for s in listed} == {
        frozenset({"id", "current", "created", "last_seen", "address", "agent", "remember"})}
    by_current = {s["current"]: s for s in listed}
    assert by_current[False]["agent"] == "Phone/1 (x)" and by_current[False]["address"] == "127.0.0.1"
    assert re.fullmatch("[0-9a-f]{16}", by_current[True]["id"])
    assert abs(seconds(by_current[True]["created"]) - time.time()) < 10
    assert user.ticket.split(".")[1] not in json.dumps(listed) and second.ticket.split(".")[1] not in json.dumps(listed)


def test_one_session_is_ended_by_its_handle(gateway):
    user = register(gateway)
    second = log_in(gateway, user.name)
    target = next(s["id"] for s in handles(gateway, user) if not s["current"])
    response = gateway.fetch("DELETE", "/_auth/sessions/" + target, user.headers)
    assert response.status == 204 and not response.all("set-cookie")
    assert status(gateway, second) == 401 and status(gateway, user) == 200
    problem(gateway.fetch("DELETE", "/_auth/sessions/" + target, user.headers), 404, "not_found")


def test_the_own_session_is_ended_by_its_handle_and_its_cookie_goes(gateway):
    user = register(gateway)
    own = handles(gateway, user)[0]["id"]
    response = gateway.fetch("DELETE", "/_auth/sessions/" + own, user.headers)
    assert response.status == 204 and cookie_of(response) == ""
    assert status(gateway, user) == 401


@pytest.mark.parametrize("handle", ["", "0123456789abcdef", "x", "0" * 300, "%00", "..", "a/b"])
def test_no_handle_ends_somebody_elses_session(gateway, alice, handle):
    user = register(gateway)
    response = gateway.fetch("DELETE", "/_auth/sessions/" + handle, user.headers)
    assert response.status in (400, 404), response
    theirs = handles(gateway, alice)[0]["id"]
    problem(gateway.fetch("DELETE", "/_auth/sessions/" + theirs, user.headers), 404, "not_found")
    assert status(gateway, alice) == 200


def test_others_end_and_this_one_stays_also_under_its_old_ticket(gateway):
    user = register(gateway)
    others = [log_in(gateway, user.name) for _ in range(3)]
    moved = other(others[0], cookie_of(extend(gateway, others[0])))
    fresh = other(user, cookie_of(extend(gateway, user)))
    assert gateway.fetch("DELETE", "/_auth/sessions", user.headers).status == 204
    assert [status(gateway, u) for u in others + [moved]] == [401] * 4
    assert status(gateway, user) == 200 and status(gateway, fresh) == 200


@pytest.mark.parametrize("method,target", [("GET", "/_auth/sessions"), ("DELETE", "/_auth/sessions"),
    ("DELETE", "/_auth/sessions/0123456789abcdef"), ("GET", "/_auth/account")])
def test_strangers_have_no_sessions_to_see(gateway, method, target):
    problem(gateway.fetch(method, target, {"Accept": "application/json"}), 401, "login_required")


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.test"}])
def test_other_sites_end_nothing(gateway, headers):
    user = register(gateway)
    second = log_in(gateway, user.name)
    for target in ("/_auth/sessions", "/_auth/sessions/" + handles(gateway, second)[0]["id"]):
        problem(gateway.fetch("DELETE", target, {**user.headers, "Accept": "application/json", **headers}),
            403, "csrf_failed")
    assert status(gateway, second) == 200


@pytest.mark.parametrize("method,target,allow", [
    ("POST", "/_auth/sessions", {"GET", "HEAD", "DELETE"}), ("GET", "/_auth/sessions/abc", {"DELETE"}),
    ("PUT", "/_auth/password", {"GET", "HEAD", "POST"}), ("DELETE", "/_auth/account", {"GET", "HEAD", "POST"})])
def test_methods_of_these_endpoints(gateway, method, target, allow):
    response = gateway.fetch(method, target, JSON, b"{}" if method != "GET" else None)
    problem(response, 405, "method_not_allowed")
    assert set(response.get("allow").split(", ")) == allow


def test_ends_are_published(gateway, redis):
    user = register(gateway)
    second = log_in(gateway, user.name)
    target = next(s["id"] for s in handles(gateway, user) if not s["current"])
    with redis.watched() as commands:
        gateway.fetch("DELETE", "/_auth/sessions/" + target, user.headers)
    published = [c for c in commands if '"PUBLISH"' in c]
    assert len(published) == 1 and "s:" + target in published[0]
    assert status(gateway, second) == 401
    with redis.watched() as commands:
        extend(gateway, user)
    assert not [c for c in commands if '"PUBLISH"' in c], "a rotated session has not ended"


# How many.

def test_one_session_too_many_is_refused(make_gateway):
    gateway = make_gateway(sessions="\nsessions_per_user 2 reject")
    user = register(gateway)
    second = log_in(gateway, user.name)
    problem(login(gateway, user.name), 409, "session_limit")
    page = gateway.fetch("POST", "/_auth/login", FORM, form(username=user.name, password=PASSWORD))
    assert page.status == 409 and page.get("content-type").startswith("text/html") and cookie_of(page) is None
    again = login(gateway, user.name, headers=second.headers)
    assert again.status == 200, "a login in place of a session is not one more"
    again = other(second, cookie_of(again))
    moved = other(user, cookie_of(extend(gateway, user)))
    assert login(gateway, user.name, headers=user.headers).status == 200, "the old ticket stands for the session too"
    assert status(gateway, moved) == 401 and status(gateway, again) == 200
    assert len(handles(gateway, again)) == 2


def test_one_session_too_many_ends_the_oldest(make_gateway):
    gateway = make_gateway(sessions="\nsessions_per_user 2 evict oldest")
    user = register(gateway)
    settle(0.01)
    second = log_in(gateway, user.name)
    moved = other(user, cookie_of(extend(gateway, user)))
    third = log_in(gateway, user.name)
    assert [status(gateway, u) for u in (user, moved, second, third)] == [401, 401, 200, 200]


def test_one_session_too_many_ends_the_one_unused_longest(make_gateway):
    gateway = make_gateway(sessions="\nsessions_per_user 2 evict idle")
    user = register(gateway)
    settle(0.01)
    second = log_in(gateway, user.name)
    settle(0.01)
    extend(gateway, user)
    third = log_in(gateway, user.name)
    assert [status(gateway, u) for u in (user, second, third)].count(401) == 1
    assert status(gateway, second) == 401, "it was opened later, and not used since"


# The password.

def change(gateway, user, current, new, headers=()):
    body = json.dumps({"current": current, "new": new}).encode()
    return gateway.fetch("POST", "/_auth/password", {**JSON, **user.headers, **dict(headers)}, body)


def test_password_change_ends_the_others_and_rotates_this_one(gateway, redis):
    user = register(gateway)
    second = log_in(gateway, user.name)
    response = change(gateway, user, PASSWORD, NEW)
    assert response.status == 204, response
    fresh = other(user, cookie_of(response))
    assert fresh.ticket and fresh.ticket != user.ticket
    assert status(gateway, user) == 401, "no grace for the old ticket"
    assert status(gateway, second) == 401 and status(gateway, fresh) == 200
    assert login(gateway, user.name).status == 401
    assert login(gateway, user.name, NEW).status == 200
    assert not redis("EXISTS", user.key())


def test_password_change_from_an_old_ticket_ends_all_others_too(gateway):
    user = register(gateway)
    moved = other(user, cookie_of(extend(gateway, user)))
    response = change(gateway, user, PASSWORD, NEW)
    assert response.status == 204
    fresh = other(user, cookie_of(response))
    assert [status(gateway, u) for u in (user, moved, fresh)] == [401, 401, 200]
    assert len(handles(gateway, fresh)) == 1


def test_password_change_needs_the_current_one(gateway):
    user = register(gateway)
    second = log_in(gateway, user.name)
    response = change(gateway, user, "not the password", NEW)
    document = problem(response, 401, "bad_credentials")
    assert "instance" not in document
    assert status(gateway, second) == 200 and status(gateway, user) == 200
    assert login(gateway, user.name).status == 200


@pytest.mark.parametrize("new,why", [("short", "10"), ("password123", "guessed"), ("1qaz2wsx3e", "guessed"), ("Trustno1234", "guessed"), ("x" * 129, "128"),
    ("\u00e4" * 9, "10"), ("\U0001f511" * 20, "72 bytes")])
def test_weak_new_password_is_refused(gateway, new, why):
    user = register(gateway)
    document = problem(change(gateway, user, PASSWORD, new), 422, "weak_password")
    assert why in json.dumps(document) and document["errors"][0]["field"] == "new"
    assert login(gateway, user.name).status == 200


def test_new_password_is_counted_in_characters(gateway):
    user = register(gateway)
    assert change(gateway, user, PASSWORD, "\u00e4\u00f6\u00fc\u00df\u00e4\u00f6\u00fc\u00df\u00e4\u00f6").status == 204


@pytest.mark.parametrize("body", [b"{}", b'{"current":"x"}', b'{"new":"x"}', b'{"current":true,"new":"y"}'])
def test_password_change_needs_both_fields(gateway, body):
    user = register(gateway)
    response = gateway.fetch("POST", "/_auth/password", {**JSON, **user.headers}, body)
    problem(response, 422, "invalid_field")


def test_password_change_needs_a_session_and_the_same_origin(gateway):
    user = register(gateway)
    body = json.dumps({"current": PASSWORD, "new": NEW}).encode()
    problem(gateway.fetch("POST", "/_auth/password", JSON, body), 401, "login_required")
    problem(change(gateway, user, PASSWORD, NEW, {"Sec-Fetch-Site": "same-site"}), 403, "csrf_failed")
    assert login(gateway, user.name).status == 200


def test_password_change_with_a_token_gives_a_token(tokens, token):
    body = json.dumps({"current": PASSWORD, "new": NEW}).encode()
    response = tokens.fetch("POST", "/_auth/password", {**JSON, **bearer(token.token)}, body)
    assert response.status == 200
    fresh = response.json()["access_token"]
    assert tokens.fetch("GET", "/a", bearer(fresh)).status == 200
    assert tokens.fetch("GET", "/a", bearer(token.token)).status == 401 and status(tokens, token) == 401


def test_two_password_changes_at_once_do_not_both_succeed(gateway):
    user = register(gateway)
    second = log_in(gateway, user.name)
    answers = {}

    def run(who, new):
        answers[new] = change(gateway, who, PASSWORD, new)

    threads = [threading.Thread(target=run, args=pair) for pair in ((user, NEW), (second, NEW + " too"))]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert sorted(a.status for a in answers.values()) == [204, 401], answers
    good = next(new for new, a in answers.items() if a.status == 204)
    assert login(gateway, user.name, good).status == 200


def test_passwords_of_the_operators_list_are_refused(make_gateway):
    gateway = make_gateway(start=False, users="register open\npassword blocklist bad.txt")
    with open(gateway.directory + "/bad.txt", "w") as file:
        file.write("acme widgets rule\nnobody guesses this\n")
    gateway.start()
    document = problem(gateway.fetch("POST", "/_auth/register", JSON,
        credentials(fresh_name(), "ACME widgets rule")), 422, "weak_password")
    assert "guessed" in json.dumps(document)
    user = register(gateway)
    problem(change(gateway, user, PASSWORD, "nobody guesses this"), 422, "weak_password")


def test_trying_current_passwords_is_limited_like_logins(make_gateway):
    gateway = make_gateway(realm="login_limit 3/5m per account_ip\n")
    user = register(gateway)
    for _ in range(3):
        problem(change(gateway, user, "not the password", NEW), 401, "bad_credentials")
    response = change(gateway, user, PASSWORD, NEW, {"Accept": "application/json"})
    document = problem(response, 429, "throttled")
    assert int(response.get("retry-after")) == document["retry_after"]
    page = gateway.fetch("POST", "/_auth/password", {**FORM, **user.headers}, form(current=PASSWORD, new=NEW))
    assert page.status == 429 and b"Change your password" in page.body and page.get("retry-after")
    assert status(gateway, user) == 200


def test_password_change_is_finished_for_a_client_that_left(make_gateway):
    gateway = make_gateway(hash="bcrypt 10")
    user = register(gateway)
    second = log_in(gateway, user.name)
    body = json.dumps({"current": PASSWORD, "new": NEW}).encode()
    client = gateway.client()
    client.send(request("POST", "/_auth/password", {**JSON, **user.headers}, body))
    gateway_is_hashing = lambda: gateway.lines("access")
    wait_until(lambda: gateway_is_hashing() and status(gateway, second) in (200, 401), 5, "the request's arrival")
    client.reset()
    wait_until(lambda: status(gateway, second) == 401, 10, "the other session's end")
    assert status(gateway, user) == 401 and login(gateway, user.name, NEW).status == 200


def test_changes_are_told_in_the_audit_log(gateway):
    user = register(gateway)
    second = log_in(gateway, user.name)
    own = next(s["id"] for s in handles(gateway, user) if s["current"])
    target = next(s["id"] for s in handles(gateway, user) if not s["current"])
    gateway.fetch("DELETE", "/_auth/sessions/" + target, user.headers)
    change(gateway, user, "a wrong secret", NEW)
    fresh = other(user, cookie_of(change(gateway, user, PASSWORD, NEW)))
    gateway.fetch("DELETE", "/_auth/sessions", fresh.headers)
    wait_until(lambda: len([e for e in gateway.lines("audit") if e.get("user") == user.id]) >= 6, 5, "the lines")
    lines = [(e["event"], e.get("session"), e.get("by")) for e in gateway.lines("audit") if e.get("user") == user.id]
    assert ("session_revoked", target, own) in lines and ("password_changed", own, None) in lines, lines
    assert ("session_revoked", "others", own) in lines, lines
    failed = [e for e in gateway.lines("audit") if e["event"] == "login_failed" and e.get("name") == user.name]
    assert [e["reason"] for e in failed] == ["wrong_password"]
    log = gateway.log()
    for secret in (NEW, "a wrong secret", user.ticket, fresh.ticket, second.ticket):
        assert secret not in log


# Fresh logins.

def test_fresh_route_wants_a_young_login(tokens):
    user = register(tokens)
    assert status(tokens, user, "/fresh/a") == 200
    wait_until(lambda: status(tokens, user, "/fresh/a") == 401, 5, "the login's growing old")
    document = problem(tokens.fetch("GET", "/fresh/a", {**user.headers, "Accept": "application/json"}),
        401, "reauth_required")
    assert document["login_url"].startswith("/_auth/login")
    assert status(tokens, user) == 200, "other routes do not mind"
    fresh = other(user, cookie_of(extend(tokens, user)))
    assert status(tokens, fresh, "/fresh/a") == 401, "extending is no login"
    again = login(tokens, user.name, headers=fresh.headers)
    assert status(tokens, other(user, cookie_of(again)), "/fresh/a") == 200


def test_fresh_route_leads_people_to_the_login_page_and_back(tokens):
    user = register(tokens)
    wait_until(lambda: status(tokens, user, "/fresh/a") == 401, 5, "the login's growing old")
    redirect = tokens.fetch("GET", "/fresh/a?b=c", {**BROWSER, **user.headers})
    assert redirect.status == 303 and redirect.get("location") == "/_auth/login?fresh=1&return_to=/fresh/a%3Fb%3Dc"
    page = tokens.fetch("GET", redirect.get("location"), {**BROWSER, **user.headers})
    text = page.body.decode()
    assert page.status == 200 and 'value="%s"' % user.name in text and "once more" in text
    fields = page_fields(page.body)
    assert fields["return_to"] == "/fresh/a?b=c"
    fields["password"] = PASSWORD
    fields.pop("remember", None)
    back = tokens.fetch("POST", "/_auth/login", {**FORM, **user.headers}, form(**fields))
    assert back.status == 303 and back.get("location") == "/fresh/a?b=c"
    stranger = tokens.fetch("GET", redirect.get("location"), BROWSER)
    assert stranger.status == 200 and b"once more" not in stranger.body


def test_role_is_asked_before_freshness(tokens):
    user = register(tokens)
    problem(tokens.fetch("GET", "/role/a", {**user.headers, "Accept": "application/json"}), 403, "forbidden_role")
    assert tokens.fetch("GET", "/fresh/a", {"Accept": "application/json"}).json()["code"] == "login_required"


# The account page.

def forms(body):
    """Each form of a page: its action and its fields."""
    found = []
    for match in re.finditer(rb'<form method="post" action="([^"]*)">(.*?)</form>', body, re.S):
        found.append((match.group(1).decode(), page_fields(match.group(2))))
    return found


def test_account_page_shows_and_ends_sessions_without_script(gateway):
    user = register(gateway)
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    second = User(gateway, user.name, login(gateway, user.name, headers={"User-Agent": agent}))
    third = log_in(gateway, user.name)
    for accept in (BROWSER, {}, {"Accept": "application/json"}):
        page = gateway.fetch("GET", "/_auth/account", {**accept, **user.headers})
        assert page.status == 200 and page.get("content-type") == "text/html; charset=utf-8"
    text = page.body.decode()
    assert user.name in text and "Firefox on Linux" in text and "This session" in text and "<script" not in text
    assert page.get("cache-control") == "no-store" and "form-action 'self'" in page.get("content-security-policy")
    ends = [(action, fields) for action, fields in forms(page.body) if "end" in fields]
    assert len(ends) == 3
    handle = next(s["id"] for s in handles(gateway, user) if s["agent"] == agent)
    action, fields = next(pair for pair in ends if pair[1]["end"] == handle)
    done = gateway.fetch("POST", action, {**FORM, **user.headers}, form(**fields))
    assert done.status == 303 and done.get("location") == "/_auth/account?done=session"
    assert status(gateway, second) == 401 and status(gateway, third) == 200
    action, fields = next(pair for pair in ends if pair[1]["end"] == "others")
    done = gateway.fetch("POST", action, {**FORM, **user.headers}, form(**fields))
    assert done.status == 303 and status(gateway, third) == 401 and status(gateway, user) == 200
    page = gateway.fetch("GET", done.get("location"), {**BROWSER, **user.headers})
    assert b'role="status"' in page.body and not [f for f in forms(page.body) if "end" in f[1]]


def test_account_page_changes_the_password(gateway):
    user = register(gateway)
    page = gateway.fetch("GET", "/_auth/account", {**BROWSER, **user.headers})
    action, fields = next(pair for pair in forms(page.body) if "new" in pair[1])
    wrong = gateway.fetch("POST", action, {**FORM, **user.headers}, form(**{**fields, "current": "x", "new": NEW}))
    assert wrong.status == 401 and b"<title>Error:" in wrong.body and b'href="#current"' in wrong.body
    assert wrong.get("www-authenticate").startswith("Cookie realm=")
    missing = gateway.fetch("POST", action, {**FORM, **user.headers}, form(csrf=fields["csrf"], current="x"))
    assert missing.status == 422 and b"Change your password" in missing.body and b'href="#new"' in missing.body
    weak = gateway.fetch("POST", action, {**FORM, **user.headers}, form(**{**fields, "current": PASSWORD, "new": "x"}))
    assert weak.status == 422 and b'aria-invalid="true"' in weak.body and b'href="#new"' in weak.body
    done = gateway.fetch("POST", action, {**FORM, **user.headers},
        form(**{**fields, "current": PASSWORD, "new": NEW}))
    assert done.status == 303 and done.get("location") == "/_auth/account?done=password", done
    fresh = other(user, cookie_of(done))
    page = gateway.fetch("GET", done.get("location"), {**BROWSER, **fresh.headers})
    assert page.status == 200 and b"password is changed" in page.body
    assert gateway.fetch("GET", "/_auth/password", {**BROWSER, **fresh.headers}).get("location") == "/_auth/account"


@pytest.mark.parametrize("target,fields", [("/_auth/account", {"end": "others"}),
    ("/_auth/password", {"current": PASSWORD, "new": NEW})])
def test_forms_of_the_account_page_need_the_origin_or_the_token(gateway, target, fields):
    user = register(gateway)
    second = log_in(gateway, user.name)
    plain = {k: v for k, v in FORM.items() if not k.startswith("Sec")}
    for headers, more in (({"Sec-Fetch-Site": "cross-site"}, {}), ({}, {}), ({}, {"csrf": "1.x"}),
            ({"Origin": "null"}, {})):
        response = gateway.fetch("POST", target, {**plain, **user.headers, **headers}, form(**fields, **more))
        assert response.status == 403, (headers, more)
    assert status(gateway, second) == 200
    token = page_fields(gateway.fetch("GET", "/_auth/account", {**BROWSER, **user.headers}).body)["csrf"]
    assert gateway.fetch("POST", target, {**plain, **user.headers}, form(**fields, csrf=token)).status == 303
    assert status(gateway, second) == 401


def test_ending_the_own_session_on_the_page_is_a_logout(gateway):
    user = register(gateway)
    own = handles(gateway, user)[0]["id"]
    done = gateway.fetch("POST", "/_auth/account", {**FORM, **user.headers}, form(end=own))
    assert done.status == 303 and done.get("location") == "/_auth/login" and cookie_of(done) == ""


def test_page_and_list_hold_as_many_sessions_as_there_may_be(gateway, redis):
    user = register(gateway)
    record = redis("GET", user.key())
    record = record.decode() if isinstance(record, bytes) else record
    own = json.loads(record)
    for number in range(999):
        made = {**own, "k": "%042d0" % number, "h": "%016x" % number, "ua": "x" * 250 + "%04d" % number}
        redis("SET", "gw:main:s:" + made["k"], json.dumps(made, separators=(",", ":")), "EX", "600")
        redis("ZADD", "gw:main:u:" + user.id, str(own["c"] - number), made["k"])
    assert len(handles(gateway, user)) == 1000
    page = gateway.fetch("GET", "/_auth/account", {**BROWSER, **user.headers})
    assert page.status == 200 and len([f for f in forms(page.body) if "end" in f[1]]) == 1000
    assert gateway.fetch("DELETE", "/_auth/sessions", user.headers).status == 204
    assert len(handles(gateway, user)) == 1 and status(gateway, user) == 200


def test_strangers_log_in_before_they_see_the_page(gateway):
    user = register(gateway)
    for target, code in (("/_auth/account", 303), ("/.well-known/change-password", 302)):
        response = gateway.fetch("GET", target, BROWSER)
        assert response.status == code
    assert response.get("location") == "/_auth/account"
    login_page = gateway.fetch("GET", gateway.fetch("GET", "/_auth/account", BROWSER).get("location"), BROWSER)
    fields = page_fields(login_page.body)
    done = gateway.fetch("POST", "/_auth/login", FORM, form(**{**fields, "username": user.name, "password": PASSWORD}))
    assert done.status == 303 and done.get("location") == "/_auth/account"
    for word in ("other", "//evil.test", "/_auth/logout"):
        page = gateway.fetch("GET", "/_auth/login?to=" + word, BROWSER)
        assert "to" not in page_fields(page.body)


def test_nothing_that_a_client_sends_becomes_markup(gateway):
    user = register(gateway)
    agent = '<script>alert("x")</script>\'"&'
    login(gateway, user.name, headers={"User-Agent": agent})
    page = gateway.fetch("GET", "/_auth/account?done=<b>", {**BROWSER, **user.headers})
    assert b"<script" not in page.body and b"<b>" not in page.body


def test_well_known_address_wins_over_routes(gateway, oracle):
    response = exchanged(gateway, oracle, request("GET", "/.well-known/change-password", {}), identities=[])[0]
    assert response.status == 302 and response.recorded is None
    absent = "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200"
    response = exchanged(gateway, oracle, request("GET", absent, BROWSER), identities=[])[0]
    assert response.status == 404 and response.recorded is None, "browsers believe in the other address only then"


# Two realms.

@pytest.fixture(scope="module")
def realms(make_module_gateway):
    return make_module_gateway(
        realm="bearer on\n",
        extra="realm staff {\nusers people\nendpoints /_staff\ncookie __Host-staff\nbearer on\nidle 15m\n}",
        routes="realm main\nroute /* app user\nroute /admin/* app user { realm staff }")


def test_sessions_of_one_realm_are_nothing_in_another(realms):
    user = register(realms)
    response = realms.fetch("POST", "/_staff/login", JSON, credentials(user.name))
    staff = {"Cookie": "__Host-staff=" + cookie_of(response, "__Host-staff")}
    assert response.json()["realm"] == "staff"
    assert [realms.fetch("GET", t, staff).status for t in ("/admin/a", "/a")] == [200, 401]
    assert [realms.fetch("GET", t, user.headers).status for t in ("/admin/a", "/a")] == [401, 200]
    both = {"Cookie": "%s; %s" % (user.cookie, staff["Cookie"])}
    assert len(realms.fetch("GET", "/_auth/sessions", both).json()["sessions"]) == 1
    assert len(realms.fetch("GET", "/_staff/sessions", both).json()["sessions"]) == 1
    crossed = {"Cookie": "__Host-staff=%s" % user.ticket}
    assert realms.fetch("GET", "/_staff/session", crossed).json() == {"authenticated": False}
    page = realms.fetch("GET", "/_staff/account", {**BROWSER, **both})
    assert {action for action, _ in forms(page.body)} == {"/_staff/password"}
    extended = realms.fetch("POST", "/_staff/session", {**both, "Accept": "application/json"}, b"")
    assert cookie_of(extended, "__Host-staff") and not cookie_of(extended)
    assert realms.fetch("POST", "/_staff/logout", both, b"").status == 204
    assert status(realms, user) == 200


def test_tokens_of_one_realm_are_nothing_in_another(realms):
    user = register(realms)
    token = make_token(realms, user.name).json()["access_token"]
    assert realms.fetch("GET", "/a", bearer(token)).status == 200
    assert realms.fetch("GET", "/admin/a", bearer(token)).status == 401
    assert realms.fetch("GET", "/_staff/sessions", bearer(token)).status == 401


def test_password_change_ends_the_sessions_of_every_realm_of_the_store(realms):
    user = register(realms)
    response = realms.fetch("POST", "/_staff/login", JSON, credentials(user.name))
    staff = {"Cookie": "__Host-staff=" + cookie_of(response, "__Host-staff")}
    assert realms.fetch("GET", "/admin/a", staff).status == 200
    fresh = other(user, cookie_of(change(realms, user, PASSWORD, NEW)))
    assert realms.fetch("GET", "/admin/a", staff).status == 401 and status(realms, fresh) == 200
    assert realms.fetch("POST", "/_staff/login", JSON, credentials(user.name)).status == 401
    assert realms.fetch("POST", "/_staff/login", JSON, credentials(user.name, NEW)).status == 200


# While Redis is away.

@pytest.mark.parametrize("method,target,body", [
    ("POST", "/_auth/session", b""), ("GET", "/_auth/session", None), ("GET", "/_auth/sessions", None),
    ("DELETE", "/_auth/sessions", None), ("DELETE", "/_auth/sessions/0123456789abcdef", None),
    ("GET", "/_auth/account", None),
    ("POST", "/_auth/password", json.dumps({"current": PASSWORD, "new": NEW}).encode())])
def test_unsure_means_503_and_the_cookie_stays(make_gateway, faulty, method, target, body):
    gateway = make_gateway(redis=faulty.url + " { timeout 300ms }")
    user = register(gateway)
    faulty.backend.pause()
    try:
        headers = {**user.headers, **(JSON if body else {"Accept": "application/json"})}
        response = gateway.fetch(method, target, headers, body)
    finally:
        faulty.backend.resume()
    problem(response, 503, "store_unavailable")
    assert response.get("retry-after") and not response.all("set-cookie")
    wait_until(lambda: status(gateway, user) == 200, 10, "the session's being there again")
    assert login(gateway, user.name).status == 200, "the password is the old one"
