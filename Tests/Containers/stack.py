"""The services of deploy/compose.yaml as containers, with the settings that stand there."""

import json
import os
import re
import time
import urllib.error
import urllib.request

import yaml

from images import REDIS, ROOT
from machine import Network, fail

PREFIX = "gatehouse-test-"
ORDER = ["secrets", "redis", "api", "gateway"]
PORT = 8080


class Stack:
    """`network`: the Network to use; None: all share the one that this process is in."""

    def __init__(self, engine, image, conf, network):
        self.engine, self.network, self.conf = engine, network, conf
        self.variables = {"GATEHOUSE_IMAGE": image, "REDIS_IMAGE": REDIS}
        with open(ROOT + "/deploy/compose.yaml") as file:
            self.services = yaml.safe_load(file)["services"]

    @staticmethod
    def spaces():
        """The networks of the services, and somebody outside."""
        with open(ROOT + "/deploy/compose.yaml") as file:
            services = yaml.safe_load(file)["services"]
        spaces = {name: service["networks"] for name, service in services.items() if service.get("networks")}
        return {**spaces, "client": ["outside"]}

    @property
    def url(self):
        host = self.network.address("gateway", "outside") if self.network else "127.0.0.1"
        return "http://%s:%d" % (host, PORT)

    # From compose's words to podman's.

    def expand(self, value):
        """Compose's own variables: ${NAME:-default}, and $$ for a dollar."""
        text = re.sub(r"\$\{(\w+):-([^}]*)\}", lambda m: self.variables.get(m[1], m[2]), value)
        return text.replace("$$", "$")

    def volume(self, text):
        source, _, rest = text.partition(":")
        if source.startswith("./conf"):
            return self.conf + ":" + rest
        return text if source.startswith("/") else PREFIX + text

    def net(self, name, service):
        if service.get("network_mode") == "none":
            return ["--network", "none"]
        if self.network:
            hosts = self.network.names(name)
            words = ["--network", self.network.option(name)]
        else:
            hosts = [other + ":127.0.0.1" for other in ("api", "redis")]
            words = ["--network", "host"]
        return words + [word for host in hosts for word in ("--add-host", host)]

    def options(self, name, service):
        words = ["--name", PREFIX + name, "--user", service["user"], *self.net(name, service)]
        words += ["--read-only"] if service["read_only"] else []
        words += ["--no-healthcheck"] if service.get("healthcheck", {}).get("disable") else []
        for key, option in (("cap_drop", "--cap-drop"), ("cap_add", "--cap-add"), ("group_add", "--group-add"),
                            ("tmpfs", "--tmpfs"), ("security_opt", "--security-opt")):
            for value in service.get(key, []):
                words += [option, value.replace("no-new-privileges:true", "no-new-privileges")]
        for text in service.get("volumes", []):
            words += ["-v", self.volume(text)]
        for key, value in service.get("environment", {}).items():
            words += ["-e", "%s=%s" % (key, self.expand(value))]
        return words

    def start(self, name):
        service = self.services[name]
        words = self.options(name, service)
        if service.get("entrypoint"):
            words += ["--entrypoint", json.dumps(service["entrypoint"])]
        # The one that others wait for until it has ended.
        detached = [] if name == "secrets" else ["-d"]
        self.engine.start(*detached, *words, self.expand(service["image"]), *map(self.expand, service.get("command", [])))

    def up(self):
        self.clear()
        for name in ORDER:
            self.start(name)
            if name == "redis":
                kind, command = self.services[name]["healthcheck"]["test"]
                assert kind == "CMD-SHELL"
                self.wait("a healthy Redis", lambda: self.execute("redis", "sh", "-c", self.expand(command)) == 0)

    # What is done to them.

    def podman(self, *words, **more):
        return self.engine.podman(*words, **more)

    def execute(self, name, *words):
        """The status of a command in a container."""
        return self.podman("exec", PREFIX + name, *words, check=False).returncode

    def inspect(self, name):
        return json.loads(self.podman("inspect", PREFIX + name, quiet=False).stdout)[0]

    def logs(self, name):
        return self.podman("logs", PREFIX + name, check=False).stdout

    def remove(self, name):
        self.podman("rm", "-f", "-t", "15", PREFIX + name, check=False)

    def clear(self):
        for name in reversed(ORDER):
            self.remove(name)
        names = self.podman("volume", "ls", "-q", quiet=False).stdout.split()
        ours = [n for n in names if n.startswith(PREFIX)]
        if ours:
            self.podman("volume", "rm", "-f", *ours)

    def wait(self, what, condition, seconds=30):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                for name in ("gateway", "redis", "api"):
                    print("-- %s\n%s" % (name, self.logs(name)[-3000:]))
                fail("waited %d s in vain for %s" % (seconds, what))
            time.sleep(0.05)

    def wait_steady(self, what, condition, seconds=1.5):
        """Waits until `condition()` holds for `seconds` on end: each worker comes back from an outage at its own time."""
        since = [time.monotonic()]

        def holds():
            if not condition():
                since[0] = time.monotonic()
            return time.monotonic() - since[0] >= seconds

        self.wait(what, holds)


class Browser:
    """Somebody outside, with a cookie."""

    def __init__(self, url):
        self.url, self.cookie = url, None

    def ask(self, path, data=None, host=None):
        """Status and body; status 0 if nobody answers."""
        headers = {"Content-Type": "application/json"} if data is not None else {}
        if self.cookie:
            headers["Cookie"] = self.cookie
        if host:
            headers["Host"] = host
        body = json.dumps(data).encode() if data is not None else None
        request = urllib.request.Request(self.url + path, body, headers)
        try:
            answer = urllib.request.urlopen(request, timeout=10)
        except urllib.error.HTTPError as error:
            answer = error
        except OSError:
            return 0, ""
        if answer.headers.get("Set-Cookie"):
            self.cookie = answer.headers["Set-Cookie"].split(";")[0]
        return answer.status, answer.read().decode()
