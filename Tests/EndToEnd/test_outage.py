"""Redis away, slow, or lying: nobody is let in, nobody is logged out, nothing stalls, and it is over in 2 s."""

import json
import os
import threading
import time

import pytest

from harness.client import request
from harness.gateway import cpu_seconds, settle
from harness.oracle import Oracle
from harness.redis_server import Connection
from harness.users import COOKIE, JSON, cookie_of, credentials, fresh_name, log_in, login, register
from harness.wire import wait_until

pytestmark = pytest.mark.outage


@pytest.fixture
def behind(make_gateway, faulty):
    """A gateway whose Redis lies on command, a user of it, and the liar."""
    gateway = make_gateway(redis=faulty.url + " { timeout 250ms }")
    gateway.faulty, gateway.user = faulty, register(gateway)
    return gateway


def unavailable(response):
    """503 as it must be: with Retry-After, and the cookie left alone."""
    assert response.status == 503, response
    assert response.get("retry-after") == "2" and not response.all("set-cookie")
    assert response.get("cache-control") == "no-store"
    return response


def recovers(gateway, user, within=2.0):
    """The session is good again in time."""
    started = time.monotonic()
    wait_until(lambda: gateway.fetch("GET", "/a", user.headers).status == 200, within + 0.5, "recovery", 0.03)
    assert time.monotonic() - started < within
    assert gateway.fetch("GET", "/a", user.headers).json()["user"] == [user.id]


def hammered(gateway, user, act, count=200, threads=4):
    """Sends requests of a user, and of nobody, from several threads while `act()` runs; gives the statuses."""
    statuses, strangers, stop = [], [], threading.Event()

    def run():
        while not stop.is_set():
            statuses.append(gateway.fetch("GET", "/a", user.headers))
            strangers.append(gateway.fetch("GET", "/a", {}).status)

    workers = [threading.Thread(target=run) for _ in range(threads)]
    for worker in workers:
        worker.start()
    wait_until(lambda: len(statuses) > 20, 10, "some load")
    try:
        act()
    finally:
        stop.set()
        for worker in workers:
            worker.join()
    assert set(strangers) == {401}, set(strangers)
    return statuses


def judge(responses, user):
    """Under an outage a session is good or not to be known; never bad, never another's."""
    assert {r.status for r in responses} <= {200, 503}, {r.status for r in responses}
    for response in responses:
        if response.status == 200:
            assert response.json()["user"] == [user.id]
        else:
            unavailable(response)


@pytest.mark.parametrize("how", ["kill", "pause"])
def test_redis_taken_away_under_load(make_gateway, make_redis, how):
    redis = make_redis()
    gateway = make_gateway(redis="unix://%s?db=0" % redis.path)
    user = register(gateway)
    redis("CONFIG", "SET", "appendfsync", "always")
    back = [0.0]

    def fault():
        getattr(redis, how)()
        slowest = 0.0
        for _ in range(10):
            started = time.monotonic()
            unavailable(gateway.fetch("GET", "/a", user.headers))
            slowest = max(slowest, time.monotonic() - started)
            assert gateway.fetch("GET", "/public/a").status == 200
        assert slowest < 0.8, "an answer took %.2f s" % slowest
        redis.restart() if how == "kill" else redis.resume()
        started = time.monotonic()
        wait_until(lambda: gateway.fetch("GET", "/a", user.headers).status == 200, 4, "recovery", 0.03)
        back[0] = time.monotonic() - started

    judge(hammered(gateway, user, fault), user)
    assert back[0] < 2, "recovered after %.2f s" % back[0]
    assert gateway.process.poll() is None


def test_start_without_redis(make_gateway, make_redis):
    redis = make_redis()
    redis.kill()
    gateway = make_gateway(redis="unix://%s?db=0" % redis.path, wait="serving")
    assert gateway.fetch("GET", "/public/a").status == 200
    assert gateway.fetch("GET", "/a").status == 401
    response = gateway.fetch("POST", "/_auth/register", JSON, credentials("early"))
    assert unavailable_at_login(response)
    redis.restart()
    wait_until(lambda: login(gateway, "early").status == 200 or gateway.fetch(
        "POST", "/_auth/register", JSON, credentials("early")).status == 201, 3, "recovery", 0.05)


def unavailable_at_login(response):
    assert response.status == 503 and response.json()["code"] == "store_unavailable", response
    assert response.get("retry-after") and cookie_of(response) is None
    return True


def test_empty_redis_is_a_logout_and_no_outage(behind):
    behind.faulty.backend("FLUSHALL")
    response = behind.fetch("GET", "/a", behind.user.headers)
    assert response.status == 401
    assert log_in(behind, behind.user.name).id == behind.user.id


def test_answers_of_an_outage_are_negotiated(behind):
    behind.faulty.set_mode("refuse")
    document = unavailable(behind.fetch("GET", "/a", behind.user.headers)).json()
    assert document["code"] == "store_unavailable" and document["retry_after"] == 2
    navigation = {"Accept": "text/html,*/*;q=0.8", **behind.user.headers}
    page = unavailable(behind.fetch("GET", "/a", navigation))
    assert page.get("content-type").startswith("text/html") and b"signed in" in page.body
    page = unavailable(behind.fetch(
        "POST", "/_auth/login", {"Accept": "text/html", "Content-Type": "application/x-www-form-urlencoded",
            "Origin": "http://app.test"}, b"username=%s&password=x" % behind.user.name.encode()))
    assert page.get("content-type").startswith("text/html")
    assert b"signed in" not in page.body, "who comes to sign in is not told to be signed in still"
    unavailable(behind.fetch("GET", "/optional/a", behind.user.headers))
    assert behind.fetch("GET", "/optional/a").status == 200
    assert behind.fetch("GET", "/public/a", behind.user.headers).status == 200
    assert behind.fetch("GET", "/a").status == 401
    assert behind.fetch("GET", "/a", {"Cookie": "__Host-main=bad"}).status == 401


def test_login_logout_and_register_fail_whole(behind):
    name = fresh_name()
    behind.faulty.set_mode("refuse")
    unavailable_at_login(login(behind, behind.user.name))
    unavailable_at_login(behind.fetch("POST", "/_auth/register", JSON, credentials(name)))
    response = behind.fetch("POST", "/_auth/logout", {**JSON, **behind.user.headers})
    assert response.status == 503 and not response.all("set-cookie")
    assert behind.fetch("GET", "/_auth/login").status == 200
    behind.faulty.heal()
    recovers(behind, behind.user)
    assert behind.fetch("POST", "/_auth/logout", {**JSON, **behind.user.headers}).status == 204
    assert behind.fetch("GET", "/a", behind.user.headers).status == 401


ERRORS = [
    b"-LOADING Redis is loading the dataset in memory", b"-READONLY You can't write against a read only replica.",
    b"-OOM command not allowed when used memory > 'maxmemory'.",
    b"-MISCONF Redis is configured to save RDB snapshots",
    b"-NOAUTH Authentication required.", b"-NOPERM this user has no permissions",
    b"-MASTERDOWN Link with MASTER is down",
    b"-BUSY Redis is busy running a script", b"-ERR max number of clients reached",
    b"-WRONGPASS invalid username-password pair",
    b"-WRONGTYPE Operation against a key holding the wrong kind of value", b"-", b"-X" + b"y" * 5000,
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda e: e[1:10].decode())
def test_error_reply_is_an_outage(behind, error):
    behind.faulty.on_reply = lambda words, reply: error + b"\r\n" if words[0].upper() == b"GET" else None
    unavailable(behind.fetch("GET", "/a", behind.user.headers))
    behind.faulty.heal()
    recovers(behind, behind.user)


@pytest.mark.parametrize("error", ERRORS[:9], ids=lambda e: e[1:10].decode())
def test_login_whose_record_was_not_written_sets_no_cookie(behind, error):
    behind.faulty.on_command = lambda words: None if words[0].upper() in (b"GET", b"PING", b"AUTH", b"SELECT",
        b"CLIENT", b"HELLO", b"SCRIPT") else error + b"\r\n"
    response = login(behind, behind.user.name)
    assert response.status == 503 and cookie_of(response) is None
    behind.faulty.heal()
    wait_until(lambda: login(behind, behind.user.name).status == 200, 3, "recovery", 0.05)


def bulk(data):
    return b"$%d\r\n%s\r\n" % (len(data), data)


LIES = {
    "integer": b":1\r\n", "status": b"+OK\r\n", "array": b"*1\r\n$1\r\na\r\n", "empty array": b"*0\r\n",
    "empty": b"$0\r\n\r\n", "no JSON": bulk(b"hello"), "half JSON": bulk(b'{"v":1,"k":"'),
    "other JSON": bulk(b'{"v":1}'), "list": bulk(b"[]"),
    "number": bulk(b"1"), "binary": bulk(bytes(range(256))), "5 KB": bulk(b'{"v":1,"x":"' + b"y" * 5000 + b'"}'),
    "10 MB": bulk(b"z" * (10 << 20)),
    "deep": b"*1\r\n" * 12 + b":1\r\n", "huge array": b"*2147483647\r\n", "huge bulk": b"$2147483647\r\n",
    "negative": b"$-5\r\n",
    "garbage": b"HTTP/1.1 200 OK\r\n\r\n", "no number": b"$x\r\n", "bare newline": b"$1\na\n",
    "null bytes": b"\0\0\0\0\r\n", "resp3": b"%1\r\n+a\r\n+b\r\n",
    "long": b"*18446744073709551617\r\n", "nothing": b"",
    "nested objects": bulk(b'{"v":' + b"[" * 2000 + b"]" * 2000 + b"}"),
}


@pytest.mark.parametrize("lie", LIES)
def test_value_that_is_no_record_is_an_outage(behind, lie):
    data = LIES[lie]
    behind.faulty.on_reply = lambda words, reply: data if words[0].upper() == b"GET" else None
    unavailable(behind.fetch("GET", "/a", behind.user.headers))
    assert behind.fetch("GET", "/public/a").status == 200
    behind.faulty.heal()
    recovers(behind, behind.user)


@pytest.mark.parametrize("cut", [1, 10, 40, 100])
def test_reply_cut_in_the_middle(behind, cut):
    behind.faulty.on_reply = lambda words, reply: (reply[:cut],) if words[0].upper() == b"GET" else None
    unavailable(behind.fetch("GET", "/a", behind.user.headers))
    behind.faulty.heal()
    recovers(behind, behind.user)


@pytest.mark.parametrize("mode", ["refuse", "hangup", "reset", "silent", "garbage"])
def test_redis_of_another_kind(behind, mode):
    behind.faulty.set_mode(mode)
    before = cpu_seconds(behind.workers()[0])
    for _ in range(4):
        started = time.monotonic()
        unavailable(behind.fetch("GET", "/a", behind.user.headers))
        assert time.monotonic() - started < 1.5
        assert behind.fetch("GET", "/public/a").status == 200
    accepted = behind.faulty.accepted
    settle(1.0)
    assert behind.faulty.accepted - accepted < 50, "a storm of connections"
    assert cpu_seconds(behind.workers()[0]) - before < 0.5, "a busy loop"
    behind.faulty.heal()
    recovers(behind, behind.user)


@pytest.mark.parametrize("data", [b"+OK\r\n", b"$5\r\nhello\r\n", b":1\r\n", b"-ERR x\r\n", b"*0\r\n", b"\r\n",
    b"x" * 70_000])
def test_reply_that_nobody_asked_for(behind, data):
    for _ in range(3):
        behind.fetch("GET", "/a", behind.user.headers)
        behind.faulty.push(data)
    response = behind.fetch("GET", "/a", behind.user.headers)
    assert response.status in (200, 503)
    recovers(behind, behind.user)
    assert behind.process.poll() is None


def test_replies_of_two_users_swapped(behind):
    """The defence against the worst: an answer of Redis that belongs to somebody else."""
    users = [behind.user, register(behind)]
    held, lock = [], threading.Lock()

    def swap(words, reply):
        if words[0].upper() != b"GET":
            return None
        with lock:
            held.append(reply)
            if len(held) % 2:
                return b""
            return held[-1] + held[-2]

    behind.faulty.on_reply = swap
    clients = [behind.client(), behind.client()]
    for _ in range(10):
        held.clear()
        for client, user in zip(clients, users):
            client.send(request("GET", "/whose", user.headers))
        for client, user in zip(clients, users):
            response = client.read()
            assert response.status in (200, 503)
            if response.status == 200:
                assert response.json()["user"] == [user.id], "somebody else's session!"
    assert behind.process.poll() is None
    behind.faulty.heal()
    for user in users:
        recovers(behind, user)
    log = behind.log()
    assert "critical" in log or "mismatch" in log or "out of step" in log


def test_stale_reply_shifts_nobody_into_another_session(behind):
    users = [behind.user, register(behind)]
    records = {u.id: behind.faulty.backend("GET", u.key()) for u in users}
    for _ in range(5):
        # One reply too many, which looks like a good record.
        behind.faulty.push(bulk(records[users[0].id]))
        for user in (users[1], users[0], users[1]):
            response = behind.fetch("GET", "/a", user.headers)
            assert response.status == 503 or response.json()["user"] == [user.id]
    for user in users:
        recovers(behind, user)


def test_slow_redis_slows_its_sessions_alone(behind):
    behind.faulty.delay = 0.1
    behind.fetch("GET", "/a", behind.user.headers)
    started = time.monotonic()
    for _ in range(20):
        assert behind.fetch("GET", "/public/a").status == 200
    assert time.monotonic() - started < 1
    assert behind.fetch("GET", "/a", behind.user.headers).status == 200
    behind.faulty.delay = 0.6
    started = time.monotonic()
    unavailable(behind.fetch("GET", "/a", behind.user.headers))
    assert time.monotonic() - started < 0.55
    behind.faulty.heal()
    recovers(behind, behind.user)


def test_late_replies_answer_nobody(make_gateway, make_redis):
    redis = make_redis()
    gateway = make_gateway(redis="unix://%s?db=0" % redis.path)
    users = [register(gateway) for _ in range(4)]
    for _ in range(3):
        redis.pause()
        clients = [gateway.client() for _ in range(40)]
        for index, client in enumerate(clients):
            client.send(request("GET", "/late", users[index % 4].headers))
        for client in clients:
            unavailable(client.read())
        redis.resume()
        for index, client in enumerate(clients):
            user = users[index % 4]
            response = client.exchange(request("GET", "/late", user.headers))
            assert response.status == 503 or response.json()["user"] == [user.id]
            client.close()
        for user in users:
            recovers(gateway, user)


def test_client_pause(make_gateway, make_redis):
    redis = make_redis()
    gateway = make_gateway(redis="unix://%s?db=0" % redis.path)
    user = register(gateway)
    redis("CLIENT", "PAUSE", 1500, "ALL")
    started = time.monotonic()
    unavailable(gateway.fetch("GET", "/a", user.headers))
    assert time.monotonic() - started < 0.8
    wait_until(lambda: gateway.fetch("GET", "/a", user.headers).status == 200, 4, "recovery", 0.05)
    assert time.monotonic() - started < 3.5


def test_clients_that_leave_while_redis_thinks(behind):
    user = behind.user
    for _ in range(4):
        behind.faulty.delay = 0.05
        clients = [behind.client() for _ in range(50)]
        for client in clients:
            client.send(request("GET", "/left", user.headers))
        for index, client in enumerate(clients):
            client.reset() if index % 2 else client.close()
        behind.faulty.delay = 0
    recovers(behind, user)
    other = register(behind)
    for _ in range(20):
        assert behind.fetch("GET", "/a", other.headers).json()["user"] == [other.id]
    assert behind.process.poll() is None


def test_redis_with_password_user_and_database(make_gateway, make_redis, tmp_path):
    redis = make_redis()
    redis("ACL", "SETUSER", "gateway", "on", ">secret of redis", "~gw:*", "&gw:*", "+@read", "+@write", "+@scripting",
          "+publish", "+subscribe", "-@dangerous", "+ping", "+select", "+client")
    secret = tmp_path / "redis.password"
    secret.write_text("secret of redis\n")
    gateway = make_gateway(redis="redis://gateway@127.0.0.1:%d/3 { password ${file:%s} }" % (redis.port, secret))
    user = register(gateway)
    assert gateway.fetch("GET", "/a", user.headers).status == 200
    assert gateway.fetch("POST", "/_auth/logout", {**JSON, **user.headers}).status == 204
    other = log_in(gateway, user.name)
    connection = Connection(redis.path)
    connection("SELECT", "3")
    assert connection("EXISTS", other.key()) == 1
    connection.close()
    assert not redis.keys()
    assert "secret of redis" not in gateway.log()
    # A password that changes is read again after NOAUTH or WRONGPASS.
    redis("ACL", "SETUSER", "gateway", "resetpass", ">second secret")
    secret.write_text("second secret\n")
    redis("CLIENT", "KILL", "USER", "gateway")
    wait_until(lambda: gateway.fetch("GET", "/a", other.headers).status == 200, 4, "the new password", 0.1)


def test_wrong_password_is_an_outage_not_an_end(make_gateway, make_redis):
    redis = make_redis()
    redis("CONFIG", "SET", "requirepass", "right")
    gateway = make_gateway(redis="redis://127.0.0.1:%d/0 { password wrong }" % redis.port, wait="serving")
    assert gateway.fetch("GET", "/public/a").status == 200
    unavailable_at_login(gateway.fetch("POST", "/_auth/register", JSON, credentials("nobody")))
    assert gateway.process.poll() is None


def test_full_redis_keeps_sessions_and_refuses_logins(make_gateway, make_redis):
    redis = make_redis()
    gateway = make_gateway(redis="unix://%s?db=0" % redis.path)
    user = register(gateway)
    redis("CONFIG", "SET", "maxmemory-policy", "noeviction")
    redis("CONFIG", "SET", "maxmemory", "1")
    assert gateway.fetch("GET", "/a", user.headers).status == 200
    response = login(gateway, user.name)
    assert response.status == 503 and cookie_of(response) is None
    redis("CONFIG", "SET", "maxmemory", "0")
    assert login(gateway, user.name).status == 200


@pytest.mark.parametrize("value", ["list", "hash", "set", "large"])
def test_wrong_type_under_a_sessions_key(gateway, redis, value):
    user = register(gateway)
    key = user.key()
    redis("DEL", key)
    {"list": lambda: redis("RPUSH", key, "a"), "hash": lambda: redis("HSET", key, "a", "b"),
     "set": lambda: redis("SADD", key, "a"), "large": lambda: redis("SET", key, b"x" * (10 << 20))}[value]()
    unavailable(gateway.fetch("GET", "/a", user.headers))
    redis("DEL", key)
    assert gateway.fetch("GET", "/a", user.headers).status == 401


def test_redis_that_evicts_logs_out_and_is_no_outage(make_gateway, make_redis):
    redis = make_redis()
    gateway = make_gateway(redis="unix://%s?db=0" % redis.path)
    user = register(gateway)
    # Which key goes is a matter of luck in every policy; in this one each has its turn soon.
    redis("CONFIG", "SET", "maxmemory-policy", "allkeys-random")
    redis("CONFIG", "SET", "maxmemory", "3mb")
    assert gateway.fetch("GET", "/x", user.headers).status == 200
    for index in range(40_000):
        redis("SET", "filler:%d" % index, "x" * 1000)
        if not redis("EXISTS", user.key()):
            break
    assert not redis("EXISTS", user.key()), "the session was never evicted"
    assert gateway.fetch("GET", "/x", user.headers).status == 401
    again = login(gateway, user.name)
    assert again.status == 200 and gateway.fetch("GET", "/x", {"Cookie": "%s=%s" % (COOKIE, cookie_of(again))}).status == 200


def test_record_of_another_session_is_never_taken(gateway, redis, alice):
    user = register(gateway)
    redis("SET", user.key(), redis("GET", alice.key()), "KEEPTTL")
    unavailable(gateway.fetch("GET", "/a", user.headers))
    assert gateway.fetch("GET", "/a", alice.headers).json()["user"] == [alice.id]


def test_managed_redis_that_dies_is_started_again(make_gateway):
    gateway = make_gateway(redis="managed")
    user = register(gateway)
    # Append-only with fsync each second: what was written before that is on disk.
    settle(1.3)
    pid = gateway.redis_pid()
    assert pid
    os.kill(pid, 9)
    wait_until(lambda: gateway.redis_pid() not in (None, pid), 5, "another redis-server")
    wait_until(lambda: gateway.fetch("GET", "/a", user.headers).status == 200, 3, "recovery", 0.05)


def test_managed_redis_keeps_sessions_over_a_restart(make_gateway):
    gateway = make_gateway(redis="managed")
    user = register(gateway)
    assert gateway.terminate() == 0
    assert gateway.redis_pid() is None
    gateway.start()
    wait_until(lambda: gateway.fetch("GET", "/a", user.headers).status == 200, 5, "the session", 0.05)
    oracle = Oracle(gateway, gateway.recorder, user)
    oracle.fresh_request_is_answered()


def test_managed_redis_is_for_its_owner_alone(make_gateway):
    gateway = make_gateway(redis="managed")
    state = os.path.join(gateway.directory, "state")
    assert os.stat(state).st_mode & 0o777 == 0o700
    kinds = [os.readlink("/proc/%d/fd/%s" % (gateway.redis_pid(),
        fd)) for fd in os.listdir("/proc/%d/fd" % gateway.redis_pid())]
    inodes = {kind[8:-1] for kind in kinds if kind.startswith("socket:")}
    with open("/proc/net/tcp") as four, open("/proc/net/tcp6") as six:
        listening = {line.split()[9] for line in [*four, *six] if line.split()[3] == "0A"}
    assert not inodes & listening, "redis-server listens on TCP"


@pytest.mark.parametrize("mode", ["refuse", "reset", "garbage"])
def test_outage_is_logged_once_not_per_request(behind, mode):
    behind.faulty.set_mode(mode)
    for _ in range(40):
        behind.fetch("GET", "/a", behind.user.headers)
    behind.faulty.heal()
    recovers(behind, behind.user)
    about = [e for e in behind.lines() if e.get("log") != "access" and "redis" in json.dumps(e).lower()]
    assert 1 <= len(about) <= 12, about


# Several connections


@pytest.fixture
def spread(make_gateway, make_redis):
    """A gateway whose worker has four connections to a Redis of its own, and users whose sessions use all of them."""
    server = make_redis()
    gateway = make_gateway(redis="unix://%s?db=0 { connections 4 }" % server.path)
    gateway.redis, gateway.users = server, [register(gateway) for _ in range(24)]
    return gateway


def clients(server):
    """The connections that Redis has from the gateway, but for the one that listens: id and last command."""
    found = {}
    for line in server("CLIENT", "LIST").decode().splitlines():
        fields = dict(word.split("=", 1) for word in line.split())
        if fields["cmd"] not in ("client|list", "subscribe"):
            found[fields["id"]] = fields["cmd"]
    return found


def test_sessions_are_spread_over_the_connections(spread):
    for user in spread.users:
        assert spread.fetch("GET", "/a", user.headers).json()["user"] == [user.id]
    assert sorted(clients(spread.redis).values()) == ["get"] * 4
    for user in spread.users:
        assert spread.fetch("POST", "/_auth/logout", {**JSON, **user.headers}).status == 204
        assert spread.fetch("GET", "/a", user.headers).status == 401


def test_connection_that_is_lost_takes_no_other_along(spread):
    for user in spread.users:
        spread.fetch("GET", "/a", user.headers)
    for number in clients(spread.redis):
        spread.redis("CLIENT", "KILL", "ID", number)
        assert [spread.fetch("GET", "/a", user.headers).status for user in spread.users] == [200] * 24
    wait_until(lambda: len(clients(spread.redis)) == 4, 2, "four connections")
    spread.redis.kill()
    assert {spread.fetch("GET", "/a", user.headers).status for user in spread.users} == {503}
    spread.redis.start()
    for user in spread.users:
        recovers(spread, user)


def test_answer_of_another_session_cuts_one_connection_of_several(make_gateway, faulty):
    gateway = make_gateway(redis=faulty.url + " { connections 4 }")
    users = [register(gateway) for _ in range(12)]
    victim = users[0].key(prefix="gw").encode()
    stranger = faulty.backend("GET", users[1].key(prefix="gw"))
    faulty.on_command = lambda words: (
        b"$%d\r\n%s\r\n" % (len(stranger), stranger) if words[:2] == [b"GET", victim] else None)
    unavailable(gateway.fetch("GET", "/a", users[0].headers))
    faulty.on_command = lambda words: None
    assert [gateway.fetch("GET", "/a", user.headers).json()["user"] for user in users] == [[u.id] for u in users]
    lost = [e for e in gateway.lines("process") if e["msg"] == "lost the connection to Redis"]
    assert len(lost) == 1, lost


# --require-redis


def require_redis(gateway, status):
    """Starts it so, and it must end by itself; gives what it said."""
    started = time.monotonic()
    done = gateway.command("run", "--require-redis", "--config", gateway.path, timeout=20)
    assert done.returncode == status, done.stderr
    assert time.monotonic() - started < 8
    return done.stderr


@pytest.mark.parametrize("workers", [1, 2])
def test_required_redis_that_is_not_there_ends_the_start(make_gateway, tmp_path, workers):
    path = str(tmp_path / "none.sock")
    gateway = make_gateway(start=False, workers=workers, redis="unix://%s?db=0" % path)
    said = require_redis(gateway, 69)
    assert "cannot reach Redis" in said and path in said and "--require-redis" in said
    assert not gateway.is_listening()


def test_required_redis_that_refuses_the_password_ends_the_start(make_gateway, make_redis):
    server = make_redis(options=["--requirepass", "right"])
    gateway = make_gateway(start=False, redis="unix://%s?db=0 { password wrong }" % server.path)
    said = require_redis(gateway, 69)
    assert "WRONGPASS" in said and "wrong }" not in said


def test_required_redis_that_hangs_ends_the_start(make_gateway, faulty):
    faulty.set_mode("silent")
    require_redis(make_gateway(start=False, redis=faulty.url), 69)


def test_required_redis_that_comes_in_time_will_do(make_gateway, make_redis):
    server = make_redis()
    server.stop()
    gateway = make_gateway(start=False, redis="unix://%s?db=0" % server.path)
    gateway.arguments = ["--require-redis"]
    timer = threading.Timer(1.2, server.start)
    timer.start()
    gateway.start()
    timer.join()
    user = register(gateway)
    server.kill()
    unavailable(gateway.fetch("GET", "/a", user.headers))
    assert gateway.reload().returncode == 0, "once it serves, it goes on without"


def test_managed_redis_can_be_required(make_gateway):
    gateway = make_gateway(start=False, redis="managed")
    gateway.arguments = ["--require-redis"]
    gateway.start()
    register(gateway)
