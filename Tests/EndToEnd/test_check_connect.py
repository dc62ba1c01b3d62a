"""`gatehouse check --connect`: tries what the configuration names, and leaves nothing behind."""

import json
import os

import pytest

from harness.recorder import Recorder
from harness.redis_server import free_port

pytestmark = pytest.mark.configuration


@pytest.fixture
def recorder(cleanup):
    return cleanup.add(Recorder())


def check(gateway, *words, status=0):
    done = gateway.command("check", "--connect", "--format", "json", *words)
    assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
    found = json.loads(done.stdout)
    return [entry["code"] for entry in (found["diagnostics"] if isinstance(found, dict) else found)]


def make(make_gateway, recorder, **options):
    return make_gateway(start=False, hash="bcrypt 10", recorder=recorder, **options)


def test_everything_that_is_there_is_good(make_gateway, make_redis, recorder):
    redis = make_redis()
    gateway = make(make_gateway, recorder, redis="unix://%s" % redis.path)
    assert check(gateway) == []
    assert redis.keys() == [], "nothing is left behind"
    assert not os.path.exists(gateway.directory + "/state"), "nothing is made"


def test_managed_redis_is_neither_started_nor_missed(make_gateway, recorder):
    gateway = make(make_gateway, recorder, redis="managed")
    assert check(gateway) == []
    assert not os.path.exists(gateway.directory + "/state")
    gateway.env["PATH"] = "/nowhere"
    if not os.path.exists("/usr/bin/redis-server") and not os.path.exists("/usr/local/bin/redis-server"):
        assert check(gateway, status=69) == ["E501"]


def test_what_cannot_be_reached_is_named(make_gateway, make_redis, recorder):
    redis = make_redis()
    gateway = make(make_gateway, recorder, redis="unix://%s" % redis.path, upstream="127.0.0.1:%d" % free_port())
    assert check(gateway, status=69) == ["E502"]
    assert "Connection refused" in gateway.command("check", "--connect").stdout
    redis.kill()
    assert sorted(check(gateway, status=69)) == ["E501", "E502"]
    gateway.write(upstream="no-such-host.invalid:80")
    assert "no-such-host.invalid" in gateway.command("check", "--connect").stdout
    assert gateway.command("check").returncode == 0, "without --connect nothing is tried"


def test_wrong_password_is_told(make_gateway, make_redis, recorder):
    redis = make_redis(options=["--requirepass", "right-password"])
    gateway = make(make_gateway, recorder, redis="unix://%s { password wrong-password }" % redis.path)
    done = gateway.command("check", "--connect")
    assert done.returncode == 69 and "wrong-password" not in done.stdout + done.stderr
    gateway.write(redis="unix://%s { password right-password }" % redis.path)
    assert check(gateway) == []


def test_redis_that_forgets_or_evicts_gets_a_warning(make_gateway, make_redis, recorder):
    redis = make_redis()
    gateway = make(make_gateway, recorder, redis="unix://%s" % redis.path)
    redis("CONFIG", "SET", "maxmemory", "100mb")
    redis("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    assert check(gateway) == ["W509"]
    redis("CONFIG", "SET", "appendonly", "no")
    assert check(gateway) == ["W509", "W509"]
    assert check(gateway, "--strict", status=78) == ["W509", "W509"]


def test_errors_of_the_file_come_first(make_gateway, recorder):
    gateway = make(make_gateway, recorder)
    gateway.write_text("listen\n")
    assert gateway.command("check", "--connect").returncode == 78
