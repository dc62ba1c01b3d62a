"""Many users at once, over shared upstream connections, some of them leaving in the middle: zero mix-ups."""

import random
import threading
import time

import pytest

from harness.client import request
from harness.users import JSON, log_in, register
from harness.wire import Closed, Truncated

pytestmark = pytest.mark.mixups

TOTAL = 10_000
THREADS = 8
SECONDS = 60


class Crowd:
    """Threads that each act as all users in turn, and check every answer's marker."""

    def __init__(self, gateway, users, total, seed):
        self.gateway, self.users, self.seed = gateway, users, seed
        self.left = total
        self.lock = threading.Lock()
        self.mixups, self.failures = [], []
        self.answered = self.aborted = 0
        self.deadline = time.monotonic() + SECONDS

    def take(self, count):
        with self.lock:
            if self.left <= 0 or time.monotonic() > self.deadline:
                return 0
            count = min(count, self.left)
            self.left -= count
            return count

    def run(self):
        threads = [threading.Thread(target=self.act, args=(n,), daemon=True) for n in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(SECONDS + 30)
        return self

    def act(self, number):
        choose = random.Random(self.seed * 1000 + number)
        client = None
        serial = 0
        while count := self.take(choose.choice((1, 1, 1, 2, 5))):
            client = client or self.gateway.client(15)
            asked = []
            for _ in range(count):
                serial += 1
                asked.append(self.request(choose, "%d-%d" % (number, serial)))
            try:
                client = self.exchange(choose, client, asked)
            except (Closed, Truncated, OSError) as error:
                self.failures.append(repr(error))
                client = None

    def request(self, choose, serial):
        user = choose.choice(self.users)
        target = "/mix/%s?user=%s" % (serial, user.id if user else "none")
        if user is None:
            target = "/public" + target
        body = choose.randbytes(choose.choice((10, 1000, 40_000))) if choose.random() < 0.3 else None
        headers = {**(user.headers if user else {}), "X-User-Id": "evil"}
        return user, target, request("POST" if body else "GET", target, headers, body)

    def exchange(self, choose, client, asked):
        """Sends a batch; now and then leaves at a random byte or before the answer."""
        data = b"".join(d for _, _, d in asked)
        if choose.random() < 0.15:
            client.send(data[:choose.randrange(1, len(data) + 1)])
            if choose.random() < 0.5 and choose.random() < 0.5:
                client.reader.timeout = 0.01
                try:
                    client.reader.fill()
                except (TimeoutError, OSError):
                    pass
            client.reset() if choose.random() < 0.6 else client.close()
            with self.lock:
                self.aborted += 1
            return None
        client.send(data)
        for user, target, _ in asked:
            response = client.read()
            expected = [user.id] if user else []
            if response.status != 200:
                self.failures.append("%s: %r" % (target, response))
            elif response.json()["user"] != expected or response.json()["target"] != target:
                self.mixups.append((target, expected, response))
            with self.lock:
                self.answered += 1
        return client


@pytest.fixture
def crowded(make_gateway):
    return make_gateway(workers=2, log="access off", upstream_options="keepalive 8\nmax_connections 64")


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_ten_thousand_interleaved_requests(crowded, seed):
    users = [register(crowded) for _ in range(5)] + [None]
    crowd = Crowd(crowded, users, TOTAL, seed).run()
    assert not crowd.mixups, crowd.mixups[:3]
    assert not crowd.failures, crowd.failures[:5]
    assert crowd.answered > TOTAL // 2 and crowd.aborted > 100, (crowd.answered, crowd.aborted)
    # What each recorded request says about itself agrees with whom the gateway took it for.
    for seen in crowded.recorder.since():
        if "?user=" not in (seen.target or ""):
            continue
        assert not seen.error, seen
        expected = seen.target.rsplit("=", 1)[1]
        assert seen.all("x-user-id") == ([] if expected == "none" else [expected]), seen
    assert len(crowded.workers()) == 2


def test_session_that_ends_ends_for_all_connections(crowded):
    user = register(crowded)
    clients = [crowded.client(10) for _ in range(60)]
    for client in clients:
        assert client.exchange(request("GET", "/a", user.headers)).status == 200
    assert crowded.fetch("POST", "/_auth/logout", {**JSON, **user.headers}).status == 204
    for client in clients:
        assert client.exchange(request("GET", "/a", user.headers)).status == 401
        client.close()


def test_users_in_turn_on_one_connection(crowded):
    users = [register(crowded) for _ in range(3)]
    sessions = users + [log_in(crowded, users[0].name)]
    choose = random.Random(7)
    with crowded.client(10) as client:
        for _ in range(300):
            session = choose.choice(sessions)
            assert client.exchange(request("GET", "/a", session.headers)).json()["user"] == [session.id]
