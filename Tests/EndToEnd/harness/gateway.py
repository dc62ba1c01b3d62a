"""The gateway under test: its configuration, its processes, its logs."""

import json
import os
import re
import signal
import socket
import subprocess
import time

from .client import Client, fetch
from .redis_server import free_port
from .wire import wait_until

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
HASH = os.environ.get("GATEHOUSE_TEST_HASH", "bcrypt 4")


def binary():
    """GATEHOUSE_BINARY, else what the last build left."""
    named = os.environ.get("GATEHOUSE_BINARY")
    candidates = [named] if named else [ROOT + "/.build/release/gatehouse", ROOT + "/.build/debug/gatehouse"]
    for path in candidates:
        if path and os.access(path, os.X_OK):
            return os.path.abspath(path)
    raise AssertionError("no gateway to test at %s: build it, or set GATEHOUSE_BINARY" % " or ".join(candidates))


def configuration(**options):
    """The text of a gateway.conf. Each option replaces one block; `extra` goes before the sites."""
    o = {
        "workers": 1, "redis": "managed", "session": "key_file state/session.key", "log": "access on",
        "limits": "connections 20000\n    connections_per_ip 20000",
        "timeouts": "header 2s\n    body_idle 2s\n    write_idle 5s\n    keepalive 5s",
        "shutdown": "grace 4s", "hash": HASH, "store": "sqlite state/users.db", "users": "register open", "realm": "", "sessions": "\nsessions_per_user 1000",
        "login_limit": "" if "login_limit" in options.get("realm", "") else "\nlogin_limit 1000000/5m per account_ip",
        "headers": "", "extra": "",
        "upstream": "", "upstream_options": "", "host": "*", "routes": DEFAULT_ROUTES, "top": "", "state": "state",
        "listen": None, "sites": "",
    } | options
    blocks = [
        "listen %s" % o["listen"],
        "state %s" % o["state"],
        "redis %s" % o["redis"],
        "workers %s" % o["workers"],
        o["top"],
        block("session", o["session"]), block("log", o["log"]), block("limits", o["limits"]),
        block("timeouts", o["timeouts"]), block("shutdown", o["shutdown"]), block("headers", o["headers"]),
        block("users people", "store %s\nhash %s\n%s" % (o["store"], o["hash"], o["users"])),
        block("realm main", "users people\n" + o["realm"] + o["sessions"] + o["login_limit"]),
        block("upstream app", "server %s\n%s" % (o["upstream"], o["upstream_options"])),
        o["extra"],
        block("site " + o["host"], o["routes"]),
        o["sites"],
    ]
    return "\n".join(b for b in blocks if b) + "\n"


def block(head, lines):
    lines = [line.strip() for line in lines.splitlines() if line.strip()]
    return "%s {\n%s\n}" % (head, "\n".join("    " + line for line in lines)) if lines else ""


DEFAULT_ROUTES = """
    route /* app user
    route /public/* app public
    route /optional/* app optional
    route /deny/* - deny
    route /ws/* app user { websocket on }
    route /small/* app public { body 1k }
    route /big/* app public { body off }
    route /bigger/* app user { body off }
"""


class Gateway:
    """`gatehouse run` in a directory of its own."""

    def __init__(self, directory, env=None, client_tls=None, **options):
        """`client_tls`: the context of clients, where `listen` speaks TLS."""
        self.client_tls = client_tls
        self.directory = str(directory)
        os.makedirs(self.directory, exist_ok=True)
        self.port = free_port()
        self.options = options
        self.env = {**os.environ, "SWIFT_BACKTRACE": "enable=no", **(env or {})}
        self.path = os.path.join(self.directory, "gateway.conf")
        self.log_path = os.path.join(self.directory, "gateway.log")
        self.process = None
        self.program = None
        self.arguments = []
        self.write()

    @property
    def address(self):
        return ("127.0.0.1", self.port)

    def text(self, **options):
        return configuration(**{"listen": "127.0.0.1:%d" % self.port, **self.options, **options})

    def write(self, **options):
        """Writes the configuration, with some options changed for good."""
        self.options.update(options)
        self.write_text(self.text())

    def write_text(self, text):
        with open(self.path, "w") as file:
            file.write(text)

    # Life

    def start(self, wait="redis", preexec=None):
        """Starts it and waits until it serves (`serving`), and has reached Redis too (`redis`); or not (None)."""

        with open(self.log_path, "ab") as log:
            self.log_start = log.tell()
            self.process = subprocess.Popen(
                [self.program or binary(), "run", "--config", self.path, *self.arguments], stdout=log, stderr=log, cwd=self.directory, env=self.env,
                start_new_session=True, preexec_fn=preexec)
        if wait:
            wait_until(self.is_serving, 20, "the gateway's start")
        if wait == "redis":
            wait_until(self.has_redis, 10, "the connections to Redis")
        return self

    def has_redis(self):
        """Whether each worker of this start has said that it reached Redis."""
        return self.log()[self.log_start:].count("connected to Redis") >= self.options.get("workers", 1)

    def is_serving(self):
        """Whether this start has come as far as all workers' being ready."""
        if self.process.poll() is not None:
            raise AssertionError("the gateway ended with %d:\n%s" % (self.process.returncode, self.log()[-3000:]))
        return re.search(r"\bserving\b", self.log()[self.log_start:])

    def is_listening(self):
        """Whether the address takes connections; the process may have ended."""
        with socket.socket() as probe:
            return probe.connect_ex(self.address) == 0

    def signal(self, number):
        self.process.send_signal(number)

    def terminate(self, timeout=15):
        """SIGTERM; returns the exit status."""
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        return self.process.wait(timeout)

    def stop(self):
        """Ends everything this started, whatever state it is in."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
            try:
                self.process.wait(6)
            except subprocess.TimeoutExpired:
                pass
        descendants = self.descendants()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for pid in descendants:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def command(self, *words, timeout=30, stdin=None):
        """Runs `gatehouse WORD...` in the gateway's directory; returns the finished process."""
        return subprocess.run(
            [binary(), *words], cwd=self.directory, env=self.env, capture_output=True, text=True, timeout=timeout,
            input=stdin)

    def reload(self):
        """`gatehouse reload`, which waits for the verdict; returns its exit status."""
        return self.command("reload", "--config", self.path)

    # Processes

    def descendants(self):
        found, stack = [], [self.process.pid]
        while stack:
            for pid in children(stack.pop()):
                found.append(pid)
                stack.append(pid)
        return found

    def workers(self):
        """Pids of the worker processes."""
        return [pid for pid in children(self.process.pid) if name(pid) != "redis-server"]

    def redis_pid(self):
        """Pid of the managed redis-server."""
        for pid in self.descendants():
            if name(pid) == "redis-server":
                return pid
        return None

    def memory(self):
        """Resident bytes of all workers."""
        return sum(resident(pid) for pid in self.workers())

    # Logs

    def log(self):
        with open(self.log_path, errors="replace") as file:
            return file.read()

    def lines(self, kind=None):
        """Log lines that are JSON, of one kind (`access`, `audit`) or all."""
        found = []
        for line in self.log().splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if isinstance(entry, dict) and (kind is None or entry.get("log") == kind):
                found.append(entry)
        return found

    def wait_line(self, condition, kind=None, timeout=5.0):
        """Waits for a log line for which `condition(entry)` holds."""
        return wait_until(
            lambda: next((e for e in self.lines(kind) if condition(e)), None), timeout, "the log line", 0.03)

    # Requests

    def client(self, timeout=5.0, source=None):
        return Client(self.address, timeout, source, self.client_tls)

    def fetch(self, method="GET", target="/", headers=(), body=None, **more):
        return fetch(self.address, method, target, headers, body, tls=self.client_tls, **more)


def children(pid):
    try:
        tasks = os.listdir("/proc/%d/task" % pid)
        found = []
        for task in tasks:
            with open("/proc/%d/task/%s/children" % (pid, task)) as file:
                found += [int(word) for word in file.read().split()]
        return found
    except OSError:
        return []


def command_line(pid):
    try:
        with open("/proc/%d/cmdline" % pid, "rb") as file:
            return file.read().replace(b"\0", b" ").decode("latin-1")
    except OSError:
        return ""


def name(pid):
    try:
        with open("/proc/%d/comm" % pid) as file:
            return file.read().strip()
    except OSError:
        return ""


def resident(pid):
    try:
        with open("/proc/%d/status" % pid) as file:
            return next((int(line.split()[1]) << 10 for line in file if line.startswith("VmRSS")), 0)
    except OSError:
        return 0


def cpu_seconds(pid):
    with open("/proc/%d/stat" % pid) as file:
        words = file.read().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def open_files(pid):
    return len(os.listdir("/proc/%d/fd" % pid))


def is_alive(pid):
    try:
        with open("/proc/%d/stat" % pid) as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def settle(seconds):
    """Lets time itself pass: only for limits that are about time."""
    time.sleep(seconds)
