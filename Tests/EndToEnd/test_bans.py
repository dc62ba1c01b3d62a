"""`gatehouse ban`: set, listed, cleared, and obeyed at once by a gateway that runs."""

import json

import pytest

from harness.users import JSON, PASSWORD, credentials, fresh_name, login, register

pytestmark = pytest.mark.accounts


@pytest.fixture(scope="module")
def gateway(make_module_gateway):
    return make_module_gateway("bans", realm="login_limit 3/5m per account\nlogin_limit 1000/5m per ip",
        top="trust_proxy 127.0.0.0/8")


def run(gateway, *words, status=0):
    done = gateway.command("ban", *words)
    assert done.returncode == status, (words, done.returncode, done.stdout, done.stderr)
    return done


def listed(gateway, *words):
    return json.loads(run(gateway, "list", "--json", *words).stdout)["bans"]


def attempt(gateway, name, source="203.0.113.1", password=PASSWORD):
    return login(gateway, name, password, {"X-Forwarded-For": source})


def test_banned_account_is_refused_everywhere_until_it_is_cleared(gateway):
    user = register(gateway)
    run(gateway, "set", "--user", user.name.upper(), "--reason", "abuse", "--dry-run")
    assert attempt(gateway, user.name).status == 200
    run(gateway, "set", "--user", user.name.upper(), "--reason", "abuse")
    for source in ["203.0.113.1", "203.0.113.2"]:
        response = attempt(gateway, user.name, source)
        assert response.status == 429 and response.json()["code"] == "throttled"
        assert int(response.get("retry-after")) == 86400
    assert gateway.fetch("GET", "/_auth/session", user.headers).json()["authenticated"], "sessions are left alone"
    entry, = [e for e in listed(gateway) if e["subject"] == user.name]
    assert entry == {"realm": "main", "kind": "account", "subject": user.name, "banned": True, "reason": "abuse",
        "failures": 0, "seconds_left": None}
    assert user.name in run(gateway, "list").stdout
    run(gateway, "clear", "--user", user.name, "--dry-run")
    assert attempt(gateway, user.name).status == 429
    run(gateway, "clear", "--user", user.name)
    assert attempt(gateway, user.name).status == 200
    run(gateway, "clear", "--user", user.name, status=4)
    run(gateway, "clear", "--user", fresh_name("nothing"), status=4)


def test_banned_network_is_refused_for_every_account_and_for_registration(gateway):
    user = register(gateway)
    run(gateway, "set", "--ip", "2001:db8:5:6::1", "--for", "1h")
    assert attempt(gateway, user.name, "2001:db8:5:6:ffff::9").status == 429
    response = gateway.fetch("POST", "/_auth/register", {**JSON, "X-Forwarded-For": "2001:db8:5:6::2"},
        credentials(fresh_name()))
    assert response.status == 429
    assert attempt(gateway, user.name, "2001:db8:5:7::1").status == 200
    entry, = [e for e in listed(gateway) if e["kind"] == "ip"]
    assert entry["subject"] == "2001:db8:5:6::/64" and 3590 <= entry["seconds_left"] <= 3600
    run(gateway, "clear", "--ip", entry["subject"])
    assert attempt(gateway, user.name, "2001:db8:5:6::1").status == 200


def test_account_can_be_banned_from_one_network_only(gateway):
    user = register(gateway)
    run(gateway, "set", "--user", user.name, "--ip", "203.0.113.9")
    assert attempt(gateway, user.name, "203.0.113.9").status == 429
    assert attempt(gateway, user.name, "203.0.113.8").status == 200
    run(gateway, "clear", "--user", user.name)
    assert attempt(gateway, user.name, "203.0.113.9").status == 200


def test_those_held_up_by_a_limit_are_listed_and_let_in_again(gateway):
    user = register(gateway)
    for _ in range(3):
        assert attempt(gateway, user.name, "203.0.113.20", "wrong wrong").status == 401
    assert attempt(gateway, user.name, "203.0.113.20").status == 429
    entry, = [e for e in listed(gateway) if e["subject"] == user.name]
    assert entry["banned"] is False and entry["failures"] == 3 and 0 < entry["seconds_left"] <= 300
    other = register(gateway)
    assert attempt(gateway, other.name, "203.0.113.20", "wrong wrong").status == 401
    assert not [e for e in listed(gateway) if e["subject"] == other.name]
    assert [e for e in listed(gateway, "--all") if e["subject"] == other.name]
    run(gateway, "clear", "--user", user.name)
    assert attempt(gateway, user.name, "203.0.113.20").status == 200


@pytest.mark.parametrize("words", [
    ["set"], ["set", "--user", "a b"], ["set", "--ip", "10.0.0.0/8"], ["set", "--ip", "x"], ["clear"],
    ["set", "--user", "a", "--for", "1"], ["set", "--user", "a", "--for", "0s"], ["set", "--user", "a", "--realm", "x"],
    ["clear", "--all", "--user", "a"], ["list", "--realm", "x"],
])
def test_bans_that_mean_nothing_are_refused(gateway, words):
    before = listed(gateway)
    run(gateway, *words, status=64)
    assert [e["subject"] for e in listed(gateway)] == [e["subject"] for e in before]


def test_bans_work_while_the_gateway_is_down(make_gateway):
    gateway = make_gateway(redis="managed")
    user = register(gateway)
    gateway.terminate()
    run(gateway, "set", "--user", user.name)
    assert [e["subject"] for e in listed(gateway)] == [user.name]
    gateway.start()
    assert login(gateway, user.name).status == 429
    run(gateway, "clear", "--all")
    assert login(gateway, user.name).status == 200


def test_ban_commands_say_when_redis_cannot_be_reached(make_gateway, make_redis):
    redis = make_redis()
    gateway = make_gateway(redis="unix://%s" % redis.path, start=False)
    redis.kill()
    for words in [["list"], ["set", "--user", "a"], ["clear", "--all"]]:
        assert "Redis" in run(gateway, *words, status=69).stderr
