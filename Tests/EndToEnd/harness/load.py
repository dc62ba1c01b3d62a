"""Requests that go on while something happens to the gateway."""

import threading

from .client import request
from .gateway import settle
from .wire import Closed, WireError, wait_until


class Load:
    """Requests of one user from several threads until told to stop, on kept-alive connections or each on its own."""

    def __init__(self, gateway, user, threads=4, target="/load", keeps_alive=True):
        self.gateway, self.user, self.target, self.keeps_alive = gateway, user, target, keeps_alive
        # Connections that ended between two requests without a word before: allowed, but not under load.
        self.count, self.failures, self.statuses, self.closed = 0, [], {}, 0
        self.lock, self.stopping = threading.Lock(), threading.Event()
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(threads)]
        for thread in self.threads:
            thread.start()
        wait_until(lambda: self.count > 20, 10, "some load")

    def run(self):
        client, used = None, 0
        data = request("GET", self.target, self.user.headers)
        while not self.stopping.is_set():
            try:
                if client is None:
                    client, used = self.gateway.client(10), 0
                client.send(data)
                response = client.read()
            except (Closed, ConnectionError, TimeoutError, WireError, OSError) as error:
                # Between two requests a server may close at any time: that is no failed request.
                if used and isinstance(error, (Closed, ConnectionResetError, BrokenPipeError)):
                    self.closed += 1
                else:
                    self.note(repr(error))
                    settle(0.02)
                client = None
                continue
            used += 1
            with self.lock:
                self.count += 1
                self.statuses[response.status] = self.statuses.get(response.status, 0) + 1
            if response.status == 200 and response.json()["user"] != [self.user.id]:
                self.note("somebody else's answer: %r" % response)
            if not self.keeps_alive or (response.get("connection") or "").lower() == "close":
                client.close()
                client = None

    def note(self, what):
        with self.lock:
            self.failures.append(what)

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join(15)
        return self
