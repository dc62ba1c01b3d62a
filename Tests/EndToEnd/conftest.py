"""Fixtures: a Redis, a recording upstream and a gateway shared by most tests, and makers of private ones."""

import itertools
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from harness.gateway import Gateway, binary  # noqa: E402
from harness.oracle import Oracle  # noqa: E402
from harness.recorder import Recorder  # noqa: E402
from harness.redis_proxy import FaultyRedis  # noqa: E402
from harness.redis_server import RedisServer  # noqa: E402
from harness.users import register  # noqa: E402


class Cleanup:
    """Stops what a test started, last first, also after a failure."""

    def __init__(self):
        self.items = []

    def add(self, item):
        self.items.append(item)
        return item

    def stop(self):
        for item in reversed(self.items):
            item.stop()


@pytest.fixture(scope="session")
def redis(tmp_path_factory):
    server = RedisServer(str(tmp_path_factory.mktemp("redis")))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def shared(tmp_path_factory, redis):
    """The gateway that most tests use, with its recorder as `.recorder` and its Redis as `.redis`."""
    binary()
    recorder = Recorder()
    gateway = Gateway(
        tmp_path_factory.mktemp("shared"), redis="unix://%s?db=0" % redis.path, upstream=recorder.address)
    gateway.recorder, gateway.redis = recorder, redis
    try:
        gateway.start()
        yield gateway
    finally:
        gateway.stop()
        recorder.stop()


@pytest.fixture
def gateway(shared):
    """The shared gateway, proven alive so that no test takes the blame for the one before it."""
    assert shared.process.poll() is None, "the gateway ended:\n" + shared.log()[-3000:]
    yield shared


@pytest.fixture
def recorder(gateway):
    return gateway.recorder


@pytest.fixture
def oracle(gateway):
    return Oracle(gateway, gateway.recorder)


@pytest.fixture(scope="session")
def alice(shared):
    return register(shared, "alice")


@pytest.fixture(scope="session")
def bob(shared):
    return register(shared, "bob")


@pytest.fixture
def cleanup():
    items = Cleanup()
    yield items
    items.stop()


@pytest.fixture
def make_recorder(cleanup):
    return lambda **options: cleanup.add(Recorder(**options))


@pytest.fixture
def make_redis(cleanup, tmp_path):
    return lambda name="redis", **options: cleanup.add(RedisServer(str(tmp_path / name), **options))


def gateway_maker(directory, redis, cleanup):
    """Starts private gateways. Without `redis=` they share the session-wide server, each under its own prefix."""

    def make(name=None, start=True, recorder=None, wait="redis", env=None, preexec=None, program=None, **options):
        number = next(numbers)
        recorder = recorder or cleanup.add(Recorder())
        if "redis" not in options:
            options["redis"] = "unix://%s?db=0 { prefix t%d }" % (redis.path, number)
        options.setdefault("upstream", recorder.address)
        gateway = cleanup.add(Gateway(os.path.join(directory, name or "gateway%d" % number), env=env, **options))
        gateway.program = program
        gateway.recorder, gateway.redis, gateway.prefix = recorder, redis, "t%d" % number
        if start:
            gateway.start(wait, preexec)
        return gateway

    return make


@pytest.fixture
def make_gateway(cleanup, tmp_path, redis):
    """A maker of gateways that end with the test."""
    return gateway_maker(str(tmp_path), redis, cleanup)


@pytest.fixture(scope="module")
def make_module_gateway(tmp_path_factory, redis):
    """A maker of gateways that end with the module."""
    items = Cleanup()
    yield gateway_maker(str(tmp_path_factory.mktemp("gateways")), redis, items)
    items.stop()


@pytest.fixture
def faulty(make_redis, cleanup):
    """A Redis of the test's own behind a man in the middle; `.backend` is the real one."""
    return cleanup.add(FaultyRedis(make_redis()))


numbers = itertools.count(1)


@pytest.hookimpl(tryfirst=True)
def pytest_exception_interact(node, call, report):
    """Shows the end of the gateway's log beside a failure."""
    gateway = getattr(node, "funcargs", {}).get("gateway")
    if gateway is not None and hasattr(gateway, "log") and os.path.exists(gateway.log_path):
        report.sections.append(("gateway log", gateway.log()[-2000:]))


# Faults that are known and open, each by the test that shows it: such a test may fail. A line goes when its fault is
# mended.
KNOWN_FAULTS = {}


def pytest_collection_modifyitems(items):
    for item in items:
        reason = KNOWN_FAULTS.get(item.name)
        if reason:
            item.add_marker(pytest.mark.xfail(reason=reason, strict=False))
