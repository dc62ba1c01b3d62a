"""The session: its cookie, the ticket in it, the record in Redis, and how it ends."""

import base64
import datetime
import json
import os
import re
import shutil
import subprocess
import threading
import time

import pytest

from harness.cases import exchanged
from harness.client import request
from harness.gateway import settle
from harness.users import (
    COOKIE, JSON, PASSWORD, Signer, cookie_of, credentials, decode64, encode64, fresh_name, log_in, login, register,
    session_key)
from harness.wire import wait_until

pytestmark = pytest.mark.sessions

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@pytest.fixture(scope="module")
def signer(shared):
    return Signer.of(os.path.join(shared.directory, "state", "session.key"))


def status_with(gateway, cookie):
    return gateway.fetch("GET", "/a", {"Cookie": cookie}).status


# One connection, on which the gateway remembers the last cookie and record that were good.

def identity_told(client, oracle, cookie):
    """Status of a request with `cookie` on `client`, and the ids that the upstream was told."""
    mark = oracle.recorder.mark()
    response = client.exchange(request("GET", "/a", {"Cookie": cookie} if cookie else {}))
    seen = oracle.recorder.since(mark)
    return response.status, [user for r in seen for user in r.all("x-user-id")]


def test_every_request_of_a_connection_is_its_own_cookies(gateway, oracle, alice, bob):
    forged = alice.cookie[:-1] + ("A" if alice.cookie[-1] != "A" else "B")
    cookies = [
        (alice.cookie, alice), (alice.cookie, alice), (bob.cookie, bob), (alice.cookie, alice), (forged, None),
        (alice.cookie, alice), (alice.cookie + "; " + alice.cookie, None), ("a=b; " + alice.cookie, alice),
        ("a=b; " + alice.cookie, alice), ("a=c; " + bob.cookie, bob), (alice.cookie[:-1], None),
        (alice.cookie + "x", None), (bob.cookie, bob), ("", None),
    ]
    with gateway.client() as client:
        for cookie, user in cookies:
            told = identity_told(client, oracle, cookie)
            assert told == ((200, [user.id]) if user else (401, [])), cookie


def test_session_that_ends_is_over_on_a_connection_that_knows_it(gateway, oracle, redis):
    user = register(gateway)
    with gateway.client() as client:
        for _ in range(3):
            assert identity_told(client, oracle, user.cookie) == (200, [user.id])
        assert redis("DEL", user.key()) == 1
        assert identity_told(client, oracle, user.cookie) == (401, [])


def test_record_that_changes_is_read_anew_on_a_connection_that_knows_it(gateway, oracle, redis):
    user = register(gateway)

    def change(record, cut=None):
        redis("SET", user.key(), json.dumps(record, separators=(",", ":"))[:cut], "KEEPTTL")

    with gateway.client() as client:
        for _ in range(3):
            assert identity_told(client, oracle, user.cookie) == (200, [user.id])
        record = json.loads(redis("GET", user.key()))
        change(dict(record, a=int(time.time() * 1000) - 1))
        assert identity_told(client, oracle, user.cookie) == (401, [])
        change(dict(record, u="somebody"))
        assert identity_told(client, oracle, user.cookie) == (200, ["somebody"])
        change(record, -1)
        assert identity_told(client, oracle, user.cookie) == (503, [])


# The cookie.

def test_cookie_has_all_its_attributes(gateway):
    response = gateway.fetch("POST", "/_auth/register", JSON, credentials(fresh_name()))
    lines = response.all("set-cookie")
    assert len([line for line in lines if line.startswith(COOKIE + "=")]) == 1 and lines[0].startswith(COOKIE + "=")
    attributes = {a.strip().split("=")[0].lower(): a.strip().partition("=")[2] for a in lines[0].split(";")[1:]}
    assert set(attributes) == {"path", "secure", "httponly", "samesite", "max-age"}
    assert attributes["path"] == "/" and attributes["samesite"] == "Lax"
    assert 86_000 <= int(attributes["max-age"]) <= 86_400
    assert len(lines[0]) < 4096


def test_ticket_is_short_random_and_signed(gateway, alice, bob):
    parts = alice.ticket.split(".")
    assert len(parts) == 3 and len(alice.ticket) <= 128
    assert len(decode64(parts[1])) == 32 and len(decode64(parts[2])) == 32
    assert parts[0] == bob.ticket.split(".")[0] and parts[1] != bob.ticket.split(".")[1]


def test_every_login_has_a_ticket_of_its_own(gateway, redis):
    user = register(gateway)
    tickets = {user.ticket} | {log_in(gateway, user.name).ticket for _ in range(5)}
    assert len(tickets) == 6


def test_cookie_without_secure_only_where_configured(make_gateway):
    gateway = make_gateway(realm="cookie_secure off")
    response = gateway.fetch("POST", "/_auth/register", JSON, credentials(fresh_name()))
    line = response.all("set-cookie")[0]
    assert line.startswith("main=") and "secure" not in line.lower() and "httponly" in line.lower()
    ticket = line.split(";")[0]
    assert gateway.fetch("GET", "/a", {"Cookie": ticket}).status == 200


@pytest.mark.parametrize("headers", [{}, {"Accept": "text/html"}, {"Cookie": "a=b"}])
def test_nothing_is_made_for_strangers(gateway, redis, headers):
    before = redis.keys()
    for target in ("/a", "/public/a", "/optional/a", "/_auth/login", "/_auth/session", "/_auth/register"):
        response = gateway.fetch("GET", target, headers)
        assert cookie_of(response) is None, target
    assert redis.keys() == before


# The ticket.

def variants(ticket, other):
    """Everything near a good ticket that is none."""
    key_id, secret, code = ticket.split(".")
    other_id, other_secret, other_code = other.split(".")
    yield from (ticket[:-1], ticket[1:], ticket + "A", ticket + ".", "." + ticket, ticket.swapcase(), ticket.lower())
    yield from ("%s.%s" % (key_id, secret), "%s.%s." % (key_id, secret), "%s..%s" % (key_id, code),
        ".%s.%s" % (secret, code))
    yield from ("%s.%s.%s" % (key_id, secret, other_code), "%s.%s.%s" % (key_id, other_secret, code), secret, code)
    yield from ("s:" + ticket, "s%3A" + ticket, "%" + ticket, '"%s"' % ticket, ticket.replace(".", "%2E"),
        ticket + "=")
    yield from (ticket.replace(".", "|"), ticket.replace(".", ":"), key_id + ".." + secret + "." + code, "", "..",
        "a.b.c")
    yield from ("x" * 128, "x" * 129, "A" * 4000, ticket * 2, ticket + "%00", ticket + "," + ticket)
    for tail in (secret, code):
        # The last character carries two spare bits: only one of four spellings is canonical.
        place = ALPHABET.index(tail[-1])
        for spare in range(1, 4):
            yield ticket.replace(tail, tail[:-1] + ALPHABET[(place & ~3) | ((place + spare) & 3)])
    yield "%s.%s.%s" % ("A" * len(key_id), secret, code)


def test_no_near_miss_of_a_ticket_reaches_redis(gateway, redis, alice, bob):
    with redis.watched() as commands:
        for value in variants(alice.ticket, bob.ticket):
            assert status_with(gateway, "%s=%s" % (COOKIE, value)) == 401, value
    assert not [c for c in commands if ":s:" in c], commands


def test_no_flipped_bit_is_accepted(gateway, redis, alice):
    raw = alice.ticket.encode()
    with redis.watched() as commands, gateway.client() as client:
        for index in range(len(raw)):
            for bit in (0, 1, 2, 5, 7):
                value = bytearray(raw)
                value[index] ^= 1 << bit
                if value[index] in b"\r\n\0; \t\x7f" or value[index] < 0x20:
                    continue
                data = b"GET /a HTTP/1.1\r\nHost: a\r\nCookie: %s=%s\r\n\r\n" % (COOKIE.encode(), bytes(value))
                assert client.exchange(data).status in (401, 400), bytes(value)
    assert not [c for c in commands if ":s:" in c]


def test_nul_in_a_cookie_is_refused(gateway, alice):
    with gateway.client() as client:
        data = b"GET /a HTTP/1.1\r\nHost: a\r\nCookie: %s\0\r\n\r\n" % alice.cookie.encode()
        assert client.exchange(data).status == 400


def test_signature_covers_purpose_realm_and_key(gateway, signer):
    user = register(gateway)
    record = json.loads(gateway.redis("GET", user.key()))
    secret = os.urandom(32)
    good = signer.ticket(secret)
    put_record(gateway, good, record)
    assert status_with(gateway, "%s=%s" % (COOKIE, good)) == 200, "the control: a ticket made here must be good"
    for bad in (
        signer.ticket(secret, purpose="form"), signer.ticket(secret, realm="other"),
        signer.ticket(secret, key_id="AAAAAA"),
        Signer(os.urandom(32)).ticket(secret), Signer(b"").ticket(secret), Signer(b"\0" * 32).ticket(secret),
        Signer(os.urandom(32)).ticket(secret, key_id=signer.id),
    ):
        assert status_with(gateway, "%s=%s" % (COOKIE, bad)) == 401


def put_record(gateway, ticket, record, ttl=600, **changes):
    """Stores a record by hand, under the ticket's name; gives the key."""
    key = session_key(ticket)
    record = {**record, "k": key.rsplit(":", 1)[1], **changes}
    gateway.redis("SET", key, json.dumps({k: v for k, v in record.items() if v is not None}), "EX", ttl)
    return key


def test_signed_ticket_without_a_record_is_nobody(gateway, signer):
    assert status_with(gateway, "%s=%s" % (COOKIE, signer.ticket())) == 401


# Cookies as clients send them.

def test_cookie_twice_is_no_session_and_is_cleared(gateway, oracle, alice, bob):
    a, b = alice.cookie, bob.cookie
    for lines in ([f"{a}; {b}"], [f"{b}; {a}"], [f"{a}; {a}"], [a, b], [a, "x=y", a], [f"{COOKIE}=; {a}"],
            [f"{a}; {COOKIE}=bad"],
                  [f"{a}; x=y; {COOKIE}"], [f"{a};{a}"]):
        headers = [("Cookie", line) for line in lines]
        response = exchanged(gateway, oracle, request("GET", "/a", headers), identities=[alice.id, bob.id])[0]
        if lines == [f"{a}; x=y; {COOKIE}"] and response.status == 200:
            # A pair without "=" has no name, so it may as well not count.
            continue
        assert response.status == 401, lines
        assert cookie_of(response) == "", "not cleared: %r" % response
        cleared = response.all("set-cookie")[0].lower()
        assert "max-age=0" in cleared and "path=/" in cleared and "secure" in cleared and "domain" not in cleared


def test_session_in_one_of_two_cookie_lines_counts(gateway, alice):
    headers = [("Cookie", "a=1"), ("Cookie", alice.cookie), ("Cookie", "b=2")]
    response = gateway.fetch("GET", "/a", headers)
    assert response.status == 200 and response.json()["user"] == [alice.id]


@pytest.mark.parametrize("form", [
    "$Version=1; %s", "x=\"; %s; y=\"", "a=b;%s;c", "  %s  ", "a=b;;; ;%s", ";%s", "=a; %s", "a; %s", "\t%s",
])
def test_quotes_and_odd_pairs_are_ordinary_bytes(gateway, alice, form):
    assert status_with(gateway, form % alice.cookie) == 200


@pytest.mark.parametrize("form", [
    "$Version=1; {name}=\"{ticket}\"", "x=\"y; {name}=EVIL; z={ticket}", "{lower}={ticket}", "{upper}={ticket}",
    "{name}", "={name}={ticket}",
    ";;;===", "x{name}={ticket}", "{name}x={ticket}", "{name}:{ticket}", "{name}=={ticket}", "{name}={ticket}x",
    "x={name}={ticket}",
    "$Path=/; {name}={ticket}$", "Cookie: {name}={ticket}", "\u00e2\u0080\u0080{name}={ticket}",
    "\u00c2\u0085{name}={ticket}",
    "{name}={ticket}, a=b", "%5F%5FHost-main={ticket}", "{name}\u00a0={ticket}",
])
def test_other_names_and_values_are_no_session(gateway, alice, form):
    cookie = form.format(name=COOKIE, ticket=alice.ticket, lower=COOKIE.lower(), upper=COOKIE.upper())
    assert status_with(gateway, cookie) in (401, 400)


@pytest.mark.parametrize("cookie", [
    "; ".join("c%d=v" % n for n in range(10_000)), "x=" + "y" * 65_000, "=;" * 20_000,
])
def test_enormous_cookies_are_refused(gateway, oracle, cookie):
    with gateway.client() as client:
        client.send(request("GET", "/public/a", {"Cookie": cookie}))
        responses = client.read_until_closed()
    assert [r.status for r in responses] == [431]
    oracle.check(responses)


def test_many_cookies_cost_little(gateway, alice):
    cookie = ";".join("c=" for _ in range(4_000)) + "; " + alice.cookie
    started = time.monotonic()
    assert status_with(gateway, cookie) in (200, 431)
    assert time.monotonic() - started < 0.5


# The record.

def test_record_is_laid_out_as_documented(gateway, redis):
    started = time.time()
    response = gateway.fetch(
        "POST", "/_auth/register", {**JSON, "User-Agent": "Agent/1.0 (\"x\")"}, credentials("Carol.Record"))
    user, ticket = response.json()["user"], cookie_of(response)
    key = session_key(ticket)
    raw = redis("GET", key)
    record = json.loads(raw)
    assert raw.count(b"\n") == 0 and b" " not in raw.replace(b"Agent/1.0 (", b"") and len(raw) <= 4096
    assert record["v"] == 1 and record["k"] == key.rsplit(":", 1)[1]
    assert record["u"] == user["id"] and record["n"] == "carol.record"
    assert record["r"] == [] and record["rl"] == "main"
    scale = 1000 if record["c"] > 1e11 else 1
    assert started - 2 <= record["c"] / scale <= time.time() + 2
    assert record["a"] - record["c"] == 86_400 * scale and record["i"] == 7_200 and not record["m"]
    assert record["ip"] == "127.0.0.1" and "Agent/1.0" in record["ua"]
    assert re.fullmatch("[0-9a-f]{16}", record["h"])
    assert 7_100 <= redis("TTL", key) <= 7_200
    members = redis("ZRANGE", "gw:main:u:" + user["id"], 0, -1, "WITHSCORES")
    assert members[0] == record["k"].encode() and float(members[1]) >= started - 2
    assert redis("TYPE", "gw:main:u:" + user["id"]) == b"zset"


def test_long_agent_does_not_make_a_long_record(gateway, redis):
    headers = {**JSON, "User-Agent": "\"\\" * 3000}
    response = gateway.fetch("POST", "/_auth/register", headers, credentials(fresh_name()))
    assert response.status == 201
    assert redis("STRLEN", session_key(cookie_of(response))) <= 4096


def test_dump_of_redis_yields_no_cookie(gateway, redis, alice):
    key_id = alice.ticket.split(".")[0]
    dump = []
    for key in redis.keys():
        dump.append(key)
        kind = redis("TYPE", key)
        if kind == b"string":
            dump.append(redis("GET", key).decode("latin-1"))
        elif kind == b"zset":
            dump += [m.decode("latin-1") for m in redis("ZRANGE", key, 0, -1)]
    text = " ".join(dump)
    secret, code = alice.ticket.split(".")[1:]
    assert secret not in text and code not in text and decode64(secret).hex() not in text
    words = {w for w in re.findall(r"[A-Za-z0-9_-]{43}", text)}
    assert words
    for word in list(words)[:40]:
        for ticket in (word, "%s.%s.%s" % (key_id, word, word), "%s.%s.%s" % (key_id, word, code)):
            assert status_with(gateway, "%s=%s" % (COOKIE, ticket)) == 401


@pytest.mark.parametrize("change", [
    {"u": "mallory"}, {"u": "a" * 128}, {"n": "other-name"}, {"r": ["admin", "x"]},
])
def test_what_the_record_says_is_what_goes_upstream(gateway, signer, recorder, alice, change):
    record = json.loads(gateway.redis("GET", alice.key()))
    ticket = signer.ticket()
    put_record(gateway, ticket, record, **change)
    response = gateway.fetch("GET", "/record", {"Cookie": "%s=%s" % (COOKIE, ticket)})
    seen = recorder.wait_for("/record")[-1]
    assert response.status == 200
    assert seen.all("x-user-id") == [change.get("u", alice.id)] and seen.all("x-user-name") == [change.get("n",
        "alice")]
    if "r" in change:
        assert seen.all("x-user-roles") in (["admin,x"], ["admin, x"])


@pytest.mark.parametrize("change,status", [
    ({"u": "a\r\nX-Admin: 1"}, 500), ({"u": "caf\u00e9"}, 500), ({"u": "a" * 129}, 500), ({"u": ""}, 500),
    ({"u": "a,b"}, 500), ({"u": "a b"}, 500), ({"u": None}, 503), ({"u": "a b", "rl": "other"}, 503),
    ({"u": "a b", "v": 2}, 503),
])
def test_id_that_could_break_a_header_goes_nowhere(gateway, signer, recorder, oracle, alice, change, status):
    record = json.loads(gateway.redis("GET", alice.key()))
    ticket = signer.ticket()
    put_record(gateway, ticket, record, **change)
    mark = recorder.mark()
    for _ in range(2):
        response = gateway.fetch("GET", "/a", {"Cookie": "%s=%s" % (COOKIE, ticket)})
        assert response.status == status and not response.all("set-cookie")
        assert response.json()["code"] == ("internal_error" if status == 500 else "store_unavailable")
    assert not recorder.since(mark)
    assert status_with(gateway, alice.cookie) == 200
    oracle.fresh_request_is_answered()
    assert gateway.wait_line(lambda e: "its record is no use" in str(e.get("reason")), "process")


@pytest.mark.parametrize("change,status", [
    ({"rl": "other"}, (401, 503)), ({"a": 1}, (401,)), ({"v": 2}, (503,)), ({"v": None}, (503,)),
])
def test_record_of_another_realm_time_or_version_is_no_session(gateway, signer, alice, change, status):
    record = json.loads(gateway.redis("GET", alice.key()))
    ticket = signer.ticket()
    put_record(gateway, ticket, record, **change)
    assert status_with(gateway, "%s=%s" % (COOKIE, ticket)) in status


def test_role_in_the_record_opens_a_role_route(make_gateway, redis):
    gateway = make_gateway(routes="route /* app role admin staff")
    user = register(gateway)
    assert gateway.fetch("GET", "/a", user.headers).status == 403
    key = user.key(gateway.prefix)
    record = json.loads(redis("GET", key))
    redis("SET", key, json.dumps({**record, "r": ["staff"]}), "KEEPTTL")
    assert gateway.fetch("GET", "/a", user.headers).status == 200
    redis("SET", key, json.dumps({**record, "r": ["Staff", "adm", "admins"]}), "KEEPTTL")
    assert gateway.fetch("GET", "/a", user.headers).status == 403


# Time.

@pytest.fixture(scope="module")
def quick(make_module_gateway):
    """A gateway whose sessions live for seconds."""
    yield make_module_gateway(realm="idle 5s\nabsolute 12s", session="key_file state/session.key\ntouch 1s")


def test_use_extends_a_session_by_expire_alone(quick, redis):
    user = register(quick)
    key = user.key(quick.prefix)
    record = redis("GET", key)
    wait_until(lambda: redis("PTTL", key) < 3_800, 5)
    with redis.watched() as commands:
        assert quick.fetch("GET", "/a", user.headers).status == 200
        wait_until(lambda: redis("PTTL", key) > 4_000, 3, "the touch")
    writes = [c for c in commands if key.rsplit(":", 1)[1] in c and not c.startswith(('"GET"', '"PTTL"'))]
    assert not [c for c in writes if c.upper().startswith(('"SET"', '"GETSET"', '"SETEX"', '"PSETEX"'))], writes
    assert redis("GET", key) == record


def test_touch_is_not_sent_with_every_request(quick, redis):
    user = register(quick)
    with redis.watched() as commands:
        for _ in range(30):
            quick.fetch("GET", "/a", user.headers)
    name = user.key(quick.prefix).rsplit(":", 1)[1]
    assert len([c for c in commands if name in c and "EXPIRE" in c.upper()]) <= 2
    # One for each request; a few more only where a busy machine let a reply come too late.
    assert 30 <= len([c for c in commands if name in c and c.startswith('"GET"')]) <= 33


@pytest.mark.slow
def test_idle_and_absolute_ends_hold(quick, redis):
    idle, busy = register(quick), register(quick)
    started = time.monotonic()
    ends = None
    while time.monotonic() - started < 14:
        status = quick.fetch("GET", "/a", busy.headers).status
        if status == 401:
            ends = time.monotonic() - started
            break
        assert status == 200
        assert redis("PTTL", busy.key(quick.prefix)) <= max(1, 12_100 - (time.monotonic() - started) * 1000)
        settle(0.4)
    assert ends and 11 <= ends <= 13, "use must extend a session, but not beyond its absolute end: %s" % ends
    assert quick.fetch("GET", "/a", idle.headers).status == 401
    assert cookie_of(quick.fetch("GET", "/a", idle.headers)) is None, "an expired session does not clear the cookie"


def test_who_am_i_never_extends(quick, redis):
    user = register(quick)
    key = user.key(quick.prefix)
    wait_until(lambda: redis("PTTL", key) < 3_700, 5)
    assert quick.fetch("GET", "/_auth/session", user.headers).json()["authenticated"]
    settle(0.2)
    assert redis("PTTL", key) < 3_700


def test_expired_key_is_not_brought_back(quick, redis, alice):
    user = register(quick)
    redis("DEL", user.key(quick.prefix))
    for _ in range(3):
        assert quick.fetch("GET", "/a", user.headers).status == 401
    assert not redis("EXISTS", user.key(quick.prefix))


# Login and logout.

def test_login_adopts_nothing_the_client_chose(gateway, signer):
    user, other = register(gateway), register(gateway)
    for chosen in (signer.ticket(), user.ticket, other.ticket, "random", encode64(os.urandom(32))):
        response = login(gateway, user.name, headers={"Cookie": "%s=%s" % (COOKIE, chosen)})
        assert response.status == 200
        ticket = cookie_of(response)
        assert ticket and ticket != chosen and ticket.split(".")[1] not in chosen
    # The browser's session before this login has ended with it.
    assert gateway.fetch("GET", "/a", user.headers).status == 401


def test_register_while_logged_in_makes_another_session(gateway):
    user = register(gateway)
    response = gateway.fetch("POST", "/_auth/register", {**JSON, **user.headers}, credentials(fresh_name()))
    assert response.status == 201 and cookie_of(response) not in (None, "", user.ticket)


def test_logout_is_real(gateway, redis):
    user = register(gateway)
    response = gateway.fetch("POST", "/_auth/logout", {**JSON, **user.headers})
    assert response.status == 204 and cookie_of(response) == ""
    cleared = response.all("set-cookie")[0].lower()
    for part in ("max-age=0", "path=/", "secure", "httponly", "samesite=lax"):
        assert part in cleared, cleared
    assert not redis("EXISTS", user.key())
    assert not redis("ZSCORE", "gw:main:u:" + user.id, user.key().rsplit(":", 1)[1])
    for _ in range(20):
        assert gateway.fetch("GET", "/a", user.headers).status == 401


@pytest.mark.parametrize("cookie", [None, COOKIE + "=bad", COOKIE + "=", "x=y"])
def test_logout_is_idempotent(gateway, cookie):
    headers = {**JSON, **({"Cookie": cookie} if cookie else {})}
    for _ in range(2):
        assert gateway.fetch("POST", "/_auth/logout", headers).status == 204


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl")
@pytest.mark.parametrize("secure", ["on", "off"])
def test_curl_keeps_a_session_and_loses_it_at_logout(make_gateway, tmp_path, secure):
    """The session's cookie goes into the jar, works from it, and is gone from it afterwards, over plain http."""
    gateway = make_gateway(realm="cookie_secure " + secure)
    name, jar = (COOKIE if secure == "on" else "main"), tmp_path / "jar"

    def curl(path, *words):
        url = "http://127.0.0.1:%d%s" % (gateway.port, path)
        return subprocess.run(
            ["curl", "-s", "--noproxy", "*", "-b", str(jar), "-c", str(jar), *words, url], check=True,
            capture_output=True, timeout=10).stdout

    curl("/_auth/register", "-H", "Content-Type: application/json", "-d", credentials(fresh_name()))
    fields = [line.split("\t") for line in jar.read_text().splitlines() if "\t" in line]
    assert [(f[5], f[2], f[3]) for f in fields] == [(name, "/", "TRUE" if secure == "on" else "FALSE")]
    assert json.loads(curl("/_auth/session"))["authenticated"] is True
    assert curl("/_auth/logout", "-X", "POST") == b""
    assert "\t" not in jar.read_text()
    assert json.loads(curl("/_auth/session")) == {"authenticated": False}


def test_logout_of_a_browser_redirects(gateway):
    user = register(gateway)
    headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin",
        "Content-Type": "application/x-www-form-urlencoded"}
    response = gateway.fetch("POST", "/_auth/logout", {**headers, **user.headers}, b"")
    assert response.status == 303 and response.get("location") == "/_auth/login" and cookie_of(response) == ""
    assert gateway.fetch("GET", "/a", user.headers).status == 401


def test_get_logs_nobody_out(gateway):
    user = register(gateway)
    response = gateway.fetch("GET", "/_auth/logout", {"Accept": "text/html", **user.headers})
    assert response.status == 200 and b"<form" in response.body and b"<button" in response.body
    assert gateway.fetch("GET", "/a", user.headers).status == 200


def test_requests_in_flight_do_not_bring_a_session_back(quick, redis):
    user = register(quick)
    release, recorder = threading.Event(), quick.recorder

    def wait(exchange):
        release.wait(10)
        exchange.reply()

    recorder.on("/slow", wait)
    clients = [quick.client(15) for _ in range(40)]
    for client in clients:
        client.send(request("GET", "/slow", user.headers))
    recorder.wait_for("/slow", len(clients))
    assert quick.fetch("POST", "/_auth/logout", {**JSON, **user.headers}).status == 204
    release.set()
    assert all(client.read().status == 200 for client in clients)
    for client in clients:
        client.send(request("GET", "/a", user.headers))
        assert client.read().status == 401
        client.close()
    settle(1.2)
    assert not redis("EXISTS", user.key(quick.prefix))


def test_log_out_everywhere(gateway, redis):
    user = register(gateway)
    others = [log_in(gateway, user.name) for _ in range(3)]
    body = json.dumps({"everywhere": True}).encode()
    response = gateway.fetch("POST", "/_auth/logout", {**JSON, **others[0].headers}, body)
    assert response.status == 204
    for session in [user, *others]:
        assert gateway.fetch("GET", "/a", session.headers).status == 401


def test_sessions_per_user_evicts_the_oldest(make_gateway, redis):
    gateway = make_gateway(sessions="sessions_per_user 3 evict oldest")
    first = register(gateway)
    later = [log_in(gateway, first.name) for _ in range(3)]
    assert gateway.fetch("GET", "/a", first.headers).status == 401
    assert all(gateway.fetch("GET", "/a", s.headers).status == 200 for s in later)
    assert redis("ZCARD", "%s:main:u:%s" % (gateway.prefix, first.id)) == 3


def test_sessions_per_user_can_reject(make_gateway):
    gateway = make_gateway(sessions="sessions_per_user 2 reject")
    first = register(gateway)
    second = log_in(gateway, first.name)
    response = login(gateway, first.name)
    assert response.status == 409 and response.json()["code"] == "session_limit" and cookie_of(response) is None
    gateway.fetch("POST", "/_auth/logout", {**JSON, **second.headers})
    assert login(gateway, first.name).status == 200


# Keys.

def test_keys_rotate_without_ending_sessions(make_gateway, redis):
    old, new = base64.b64encode(os.urandom(32)).decode(), base64.b64encode(os.urandom(32)).decode()
    gateway = make_gateway(session="key %s" % old)
    user = register(gateway)
    gateway.write(session="key %s\nold_key %s" % (new, old))
    assert gateway.reload().returncode == 0
    wait_until(lambda: log_in(gateway, user.name).ticket.split(".")[0] != user.ticket.split(".")[0], 10,
        "the new key")
    later = log_in(gateway, user.name)
    assert gateway.fetch("GET", "/a", user.headers).status == 200
    assert gateway.fetch("GET", "/a", later.headers).status == 200
    gateway.write(session="key %s" % new)
    assert gateway.reload().returncode == 0
    wait_until(lambda: gateway.fetch("GET", "/a", user.headers).status == 401, 10, "the old key's end")
    assert gateway.fetch("GET", "/a", later.headers).status == 200


def test_key_file_is_made_once_and_for_its_owner_alone(make_gateway):
    gateway = make_gateway()
    path = os.path.join(gateway.directory, "state", "session.key")
    assert os.stat(path).st_mode & 0o777 == 0o600
    with open(path) as file:
        text = file.read()
    assert len(base64.b64decode(text.strip())) == 32
    user = register(gateway)
    assert gateway.terminate() == 0
    gateway.start()
    with open(path) as file:
        assert file.read() == text
    assert gateway.fetch("GET", "/a", user.headers).status == 200


def test_other_key_is_another_world(make_gateway):
    first, second = make_gateway(redis="managed"), make_gateway(redis="managed")
    user = register(first)
    assert second.fetch("GET", "/a", user.headers).status == 401


def test_secrets_are_in_no_log_and_no_page(gateway, alice):
    gateway.fetch("GET", "/a?token=" + alice.ticket, alice.headers)
    gateway.fetch("GET", "/nobody", {"Accept": "text/html", "Cookie": alice.cookie + "x"})
    gateway.wait_line(lambda e: e.get("path") == "/nobody", "access")
    log = gateway.log()
    for part in (alice.ticket.split(".")[1], alice.ticket.split(".")[2], PASSWORD):
        assert part not in log
    page = gateway.fetch("GET", "/_auth/login", {"Accept": "text/html", **alice.headers})
    assert alice.ticket.split(".")[1].encode() not in page.body


# Who am I, and until when.

def idle_end(gateway, user):
    """When whoami says that the session ends unused, in seconds from now."""
    text = gateway.fetch("GET", "/_auth/session", user.headers).json()["session"]["idle_expires"]
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() - time.time()


def test_whoami_tells_the_life_that_is_left(gateway, redis):
    user = register(gateway)
    assert 7190 < idle_end(gateway, user) <= 7200
    for seconds in (100, 3000):
        redis("PEXPIRE", user.key(), seconds * 1000)
        assert seconds - 5 < idle_end(gateway, user) <= seconds
    assert 2990_000 < redis("PTTL", user.key()) <= 3000_000
    redis("PERSIST", user.key())
    assert 86390 < idle_end(gateway, user) <= 86400


def test_record_that_is_not_ours_is_said_in_the_log(make_gateway, redis):
    gateway = make_gateway()
    user = register(gateway)
    key = user.key(prefix=gateway.prefix)
    redis("SET", key, "not a record")
    assert gateway.fetch("GET", "/a", user.headers).status == 503
    line = gateway.wait_line(lambda entry: "cannot be trusted" in entry.get("msg", ""), "process")
    assert line["level"] == "error" and line["realm"] == "main" and key.rsplit(":", 1)[1][:8] in line["reason"]
