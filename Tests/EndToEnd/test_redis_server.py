"""Redis as a server among others: what it must allow, who else uses it, how it is reached, and who takes its place."""

import os
import re
import socket
import time

import pytest

from harness.client import request
from harness.gateway import ROOT, open_files, settle
from harness.redis_server import Connection, RedisError
from harness.users import COOKIE, JSON, PASSWORD, cookie_of, credentials, fresh_name, log_in, login, register
from harness.websocket import echo_tunnel, handshake
from harness.wire import wait_until

pytestmark = pytest.mark.outage


def status(gateway, user):
    return gateway.fetch("GET", "/a", user.headers).status


def is_unavailable(response):
    return response.status == 503 and cookie_of(response) is None and response.get("retry-after")


# Rights


def documented_rights():
    """The rules of README's ACL user, without its name and password."""
    with open(os.path.join(ROOT, "README.md")) as file:
        line = re.search(r"^user gatehouse on >secret (.*)$", file.read(), re.M)
    return line.group(1).split()


@pytest.fixture
def ruled(make_gateway, make_redis):
    """A gateway that is an ACL user of Redis with the documented rights."""
    redis = make_redis()
    redis("ACL", "SETUSER", "gatehouse", "on", ">secret", *documented_rights())
    gateway = make_gateway(redis="redis://gatehouse@127.0.0.1:%d/0 { password secret }" % redis.port,
        realm="bearer on\nlogin_limit 3/5m per account\n")
    gateway.redis = redis
    return gateway


def test_documented_rights_suffice_for_everything(ruled):
    ruled.recorder.on("/ws/a", echo_tunnel)
    user = register(ruled)
    other = log_in(ruled, user.name)
    assert status(ruled, user) == 200 and ruled.fetch("GET", "/_auth/session", user.headers).json()["authenticated"]
    assert len(ruled.fetch("GET", "/_auth/sessions", user.headers).json()["sessions"]) == 2
    assert ruled.fetch("POST", "/_auth/session", {**JSON, **user.headers}, b"").status == 200
    changed = ruled.fetch("POST", "/_auth/password", {**JSON, **other.headers},
        b'{"current":"%s","new":"another long password"}' % PASSWORD.encode())
    assert changed.status < 300, changed
    assert status(ruled, user) == 401, "the other session has ended"
    again = log_in(ruled, user.name, "another long password")
    with handshake(ruled, "/ws/a", again.headers) as tunnel:
        assert tunnel.response.status == 101
        assert ruled.fetch("POST", "/_auth/logout", {**JSON, **again.headers}, b'{"everywhere":true}').status == 204
        assert tunnel.close_code() == 4001, "the word of a session's end arrives"
    name = fresh_name("guessed")
    for _ in range(3):
        assert login(ruled, name, "wrong wrong").status == 401
    assert login(ruled, name, "wrong wrong").status == 429
    for words in (["ban", "list"], ["ban", "clear", "--user", name], ["session", "list"],
            ["ban", "set", "--ip", "203.0.113.9"], ["user", "role", "set", user.name, "editor"],
            ["session", "kill", "--user", user.name, "--yes"], ["user", "disable", user.name],
            ["user", "delete", user.name, "--yes"]):
        done = ruled.command(*words, "--config", ruled.path)
        assert done.returncode in (0, 2, 4, 64) and "NOPERM" not in done.stdout + done.stderr, (words, done)
    assert not [e for e in ruled.lines() if "NOPERM" in str(e)]


def test_the_handbooks_redis_keeps_sessions_over_a_restart(make_gateway, make_redis, tmp_path):
    with open(os.path.join(ROOT, "deploy", "README.md")) as file:
        rules = re.search(r"^```\n(# redis\.conf\n.*?)^```$", file.read(), re.M | re.S).group(1)
    (tmp_path / "redis.conf").write_text(rules)
    redis = make_redis(options=["--include", str(tmp_path / "redis.conf")])
    with pytest.raises(RedisError, match="NOAUTH"):
        redis("PING")
    password = re.search(r"^user gatehouse on >(\S+)", rules, re.M).group(1)
    gateway = make_gateway(redis="redis://gatehouse@127.0.0.1:%d/0 { password %s }" % (redis.port, password))
    user = register(gateway)
    assert status(gateway, user) == 200
    redis.restart()
    wait_until(lambda: status(gateway, user) != 503, 5, "Redis again", 0.05)
    assert status(gateway, user) == 200


@pytest.mark.parametrize("missing, at_login, at_request", [
    (["-get"], None, 503), (["-set", "-evalsha", "-eval"], 503, 200), (["resetkeys", "~other:*"], 503, 503),
])
def test_rights_that_are_missing_are_an_outage(ruled, missing, at_login, at_request):
    user = register(ruled)
    ruled.redis("ACL", "SETUSER", "gatehouse", *missing)
    if at_login:
        assert is_unavailable(login(ruled, user.name))
    response = ruled.fetch("GET", "/a", user.headers)
    assert response.status == at_request and not response.all("set-cookie")
    ruled.redis("ACL", "SETUSER", "gatehouse", *documented_rights())
    wait_until(lambda: status(ruled, user) == 200 and login(ruled, user.name).status == 200, 4, "recovery", 0.05)


def test_password_put_right_counts_with_a_reload(make_gateway, make_redis):
    redis = make_redis()
    redis("CONFIG", "SET", "requirepass", "right")
    server = "redis://127.0.0.1:%d/0 { password %%s }" % redis.port
    gateway = make_gateway(redis=server % "wrong", wait="serving")
    assert is_unavailable(gateway.fetch("POST", "/_auth/register", JSON, credentials("early")))
    gateway.write(redis=server % "right")
    assert gateway.reload().returncode == 0
    wait_until(lambda: gateway.fetch("POST", "/_auth/register", JSON, credentials(fresh_name())).status == 201, 5,
        "the right password", 0.1)


# Others in the same Redis


def test_gateways_of_two_prefixes_share_nothing_but_the_server(make_gateway, make_redis):
    redis, key = make_redis(), "key %s" % ("k" * 43 + "=")
    one, two = [
        make_gateway(redis="unix://%s { prefix %s }" % (redis.path, prefix), session=key) for prefix in ("shop", "shop2")]
    user, namesake = register(one, "anna"), register(two, "anna")
    assert status(two, user) == 401 and status(one, namesake) == 401, "one key, and yet two worlds"
    assert all(name.split(":")[0] in ("shop", "shop2") for name in redis.keys())
    redis("SET", "other:application", "stays")
    before = redis.keys("shop2:*")
    assert one.command("session", "kill", "--all", "--yes", "--config", one.path).returncode == 0
    assert status(one, user) == 401 and status(two, namesake) == 200
    assert redis.keys("shop2:*") == before and redis("GET", "other:application") == b"stays"


@pytest.mark.parametrize("name", [
    "%s%n%b%p", "*", "{tag}", "a*", "gw:main:s:x", "a\r\nDEL gw", "a\0b", "x" * 3000, "[a-z]*", "$(id)", "a b c", "\u00e9",
])
def test_name_that_is_typed_at_login_makes_no_command_and_no_key(make_gateway, redis, name):
    gateway = make_gateway(realm="login_limit 5/5m per account\nlogin_limit 3/5m per account_ip\nlogin_limit 50/5m per ip\n")
    statuses = [login(gateway, name, "wrong wrong").status for _ in range(4)]
    assert set(statuses) <= {401, 422, 429}, statuses
    keys = redis.keys(gateway.prefix + ":*")
    assert all(re.fullmatch(r"t\d+:main:[a-z]:[a-z_]+:[?a-z0-9.*:{}\[\]$()%_@+-]+", key) for key in keys), keys
    assert not [key for key in redis.keys() if not re.match(r"(gw|t\d+):", key)]
    user = register(gateway)
    assert status(gateway, user) == 200


# The way there


def test_host_that_no_resolver_knows_is_an_outage_and_holds_nothing_up(make_gateway):
    gateway = make_gateway(redis="redis://redis.invalid:6379/0", wait="serving")
    for _ in range(5):
        started = time.monotonic()
        assert gateway.fetch("GET", "/public/a").status == 200
        assert time.monotonic() - started < 0.3
        assert gateway.fetch("GET", "/a").status == 401
        assert is_unavailable(login(gateway, "nobody"))
        assert time.monotonic() - started < 1.5
    assert gateway.terminate() == 0


@pytest.fixture
def black_hole():
    """The port of a listener whose queue is full: it answers no SYN."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    fillers = []
    for _ in range(4):
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex(listener.getsockname())
        fillers.append(filler)
    settle(0.1)
    yield listener.getsockname()[1]
    for item in [*fillers, listener]:
        item.close()


def test_server_that_swallows_every_packet_is_given_up_in_time(make_gateway, black_hole):
    gateway = make_gateway(redis="redis://127.0.0.1:%d/0" % black_hole, wait="serving")
    for _ in range(4):
        started = time.monotonic()
        assert is_unavailable(login(gateway, "nobody"))
        assert time.monotonic() - started < 1.5
        assert gateway.fetch("GET", "/public/a").status == 200
    [pid] = gateway.workers()
    files = open_files(pid)
    settle(2.5)
    assert open_files(pid) <= files + 2, "a descriptor for every attempt"


# Another in its place


def test_replica_in_the_masters_place_reads_and_then_writes(make_gateway, make_redis, faulty):
    replica = make_redis("replica")
    gateway = make_gateway(redis=faulty.url)
    user, gone = register(gateway), register(gateway)
    assert gateway.fetch("POST", "/_auth/logout", {**JSON, **gone.headers}).status == 204
    replica("REPLICAOF", "127.0.0.1", faulty.backend.port)
    wait_until(lambda: replica("EXISTS", user.key()) == 1 and not replica("EXISTS", gone.key()), 10, "the copy")
    master, faulty.backend = faulty.backend, replica
    faulty.drop()
    master.kill()
    wait_until(lambda: is_unavailable(login(gateway, user.name)), 3, "a replica's refusal", 0.05)
    assert status(gateway, user) in (200, 503) and status(gateway, gone) in (401, 503)
    replica("REPLICAOF", "NO", "ONE")
    wait_until(lambda: login(gateway, user.name).status == 200, 4, "the new master", 0.05)
    wait_until(lambda: status(gateway, user) == 200, 3, "the session", 0.05)
    assert status(gateway, gone) == 401, "what had ended before stays ended"


# The end of those who wait


def test_ten_thousand_clients_that_leave_while_redis_is_silent(make_gateway, make_redis):
    redis = make_redis()
    gateway = make_gateway(redis="unix://%s" % redis.path)
    users = [register(gateway) for _ in range(8)]
    [pid] = gateway.workers()

    def rounds(count):
        for number in range(count):
            redis.pause()
            clients = [gateway.client() for _ in range(400)]
            for index, client in enumerate(clients):
                client.send(request("GET", "/left", users[index % 8].headers))
            for index, client in enumerate(clients):
                client.reset() if (index + number) % 2 else client.close()
            wait_until(lambda: open_files(pid) < 100, 10, "the end of these")
            redis.resume()

    rounds(5)
    wait_until(lambda: all(status(gateway, user) == 200 for user in users), 4, "recovery", 0.05)
    gateway.recorder.close_connections()
    files, memory = open_files(pid), gateway.memory()
    rounds(20)
    wait_until(lambda: all(status(gateway, user) == 200 for user in users), 4, "recovery", 0.05)
    for user in users:
        assert gateway.fetch("GET", "/a", user.headers).json()["user"] == [user.id]
    gateway.recorder.close_connections()
    wait_until(lambda: open_files(pid) <= files + 4, 5, "the descriptors again")
    assert gateway.memory() - memory < 16 << 20, (memory, gateway.memory())
    assert gateway.workers() == [pid]


@pytest.mark.parametrize("workers", [1, 2])
def test_end_while_lookups_are_under_way_is_a_clean_one(make_gateway, make_redis, workers):
    redis = make_redis()
    gateway = make_gateway(redis="unix://%s" % redis.path, workers=workers)
    user = register(gateway)
    redis.pause()
    clients = [gateway.client() for _ in range(60)]
    for client in clients:
        client.send(request("GET", "/a", user.headers))
    gateway.signal(15)
    answers = [client.read() for client in clients]
    assert {answer.status for answer in answers} == {503}
    assert gateway.process.wait(10) == 0
    assert not [e for e in gateway.lines("process") if "died" in e.get("msg", "") or "crash" in e.get("msg", "")]
    redis.resume()
    gateway.start()
    assert status(gateway, user) == 200


def test_redis_that_sleeps_in_a_command_is_waited_out(make_gateway, make_redis):
    redis = make_redis()
    gateway = make_gateway(redis="unix://%s" % redis.path)
    users = [register(gateway) for _ in range(6)]
    sleeper = Connection(redis.path)
    sleeper.socket.sendall(b"DEBUG SLEEP 1.5\r\n")
    settle(0.05)
    for user in users[:3]:
        assert status(gateway, user) == 503
    sleeper.read()
    sleeper.close()
    wait_until(lambda: status(gateway, users[0]) == 200, 2, "recovery", 0.05)
    for user in users:
        assert gateway.fetch("GET", "/a", user.headers).json()["user"] == [user.id]
    assert COOKIE not in str([r.fields for r in gateway.recorder.seen("/a")])
