"""Starts what the benchmark measures: the upstream, Redis, nginx with and without Lua, the gateway."""

import base64
import hashlib
import hmac
import http.client
import json
import multiprocessing
import os
import resource
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
LUA_MODULE = "/usr/lib/nginx/modules/ngx_http_lua_module.so"
LUA_REDIS = "/usr/share/lua/5.1/nginx/redis.lua"


class Skipped(Exception):
    """A target that this machine has not the programs for."""


def raise_file_limit():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, process, log):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    with open(log) as file:
        sys.exit("%s did not start:\n%s" % (" ".join(process.args), file.read()[-3000:]))


def children(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid)) as file:
        return [int(word) for word in file.read().split()]


def request(port, method, path, body=None, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request(method, path, body, headers or {})
    response = connection.getresponse()
    data = response.read()
    connection.close()
    return response, data


class Directory:
    """A directory for everything, and the processes started in it. Both are gone at the end."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="gatehouse-bench.")
        # nginx's worker may be another user.
        os.chmod(self.path, 0o755)
        self.processes = []
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(15)
                except subprocess.TimeoutExpired:
                    process.kill()
        shutil.rmtree(self.path, ignore_errors=True)

    def file(self, name):
        return os.path.join(self.path, name)

    def spawn(self, command, port, name):
        if not shutil.which(command[0]):
            raise Skipped("%s is not installed" % command[0])
        log = self.file(name + ".log")
        with open(log, "w") as output:
            process = subprocess.Popen(
                command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, cwd=self.path, start_new_session=True)
        self.processes.append(process)
        wait_for(port, process, log)
        return process

    def render(self, name, **values):
        """A copy of a file beside this one with every {{KEY}} replaced."""
        with open(os.path.join(HERE, name)) as file:
            text = file.read()
        for key, value in values.items():
            text = text.replace("{{%s}}" % key, str(value))
        path = self.file(name)
        with open(path, "w") as file:
            file.write(text)
        return path


def start_nginx(directory, name, **values):
    port = free_port()
    path = directory.render(name, DIR=directory.path, PORT=port, **values)
    master = directory.spawn(["nginx", "-c", path, "-e", directory.file(name + ".err")], port, name)
    return port, [master.pid] + children(master.pid)


class Upstream:
    def __init__(self, directory):
        if not shutil.which("wrk") or not shutil.which("nginx"):
            sys.exit("The benchmark needs nginx, wrk and redis-server: apt-get install nginx wrk redis-server")
        os.mkdir(directory.file("www"))
        for name, size in (("100k", 100_000), ("1m", 1_000_000)):
            with open(directory.file("www/" + name), "wb") as file:
                file.write(os.urandom(size))
        self.port, self.pids = start_nginx(directory, "upstream.conf")


class Redis:
    def __init__(self, directory):
        self.port = free_port()
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        try:
            self.pids = [directory.spawn(command, self.port, "redis").pid]
        except Skipped as reason:
            sys.exit("The benchmark needs redis-server: %s" % reason)

    def set(self, key, value):
        with socket.create_connection(("127.0.0.1", self.port), 5) as connection:
            words = b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in (b"SET", key.encode(), value.encode()))
            connection.sendall(b"*3\r\n" + words)
            assert connection.recv(64) == b"+OK\r\n"


class Target:
    name = ""
    cookie = None
    #: Whether a request without a cookie is turned away.
    checks = False

    def prove(self, path):
        """Ends the program unless the target does what is to be measured."""
        response, data = request(self.port, "GET", path, headers={"Cookie": self.cookie} if self.cookie else {})
        if response.status != 200:
            sys.exit("%s answers %d: %r" % (self.name, response.status, data[:300]))
        if self.checks and request(self.port, "GET", path)[0].status != 401:
            sys.exit("%s lets a request without a session through" % self.name)

    def hold(self, count):
        """Opens connections that have had one answer and stay open; returns the process that has them.

        A process for each target, because the limit of open files is one for each process."""
        fork = multiprocessing.get_context("fork")
        ours, theirs = fork.Pipe()
        process = fork.Process(target=self._hold, args=(count, theirs), daemon=True)
        process.start()
        theirs.close()
        try:
            failure = ours.recv()
        except EOFError:
            failure = "the process that holds connections ended"
        if failure:
            sys.exit("%s: %s" % (self.name, failure))
        return process

    def _hold(self, count, pipe):
        head = "GET / HTTP/1.1\r\nHost: a\r\n%s\r\n" % ("Cookie: %s\r\n" % self.cookie if self.cookie else "")
        held = []
        try:
            while len(held) < count:
                connection = socket.create_connection(("127.0.0.1", self.port), 10)
                connection.sendall(head.encode())
                if not connection.recv(4096).startswith(b"HTTP/1.1 200"):
                    raise OSError("refused")
                held.append(connection)
        except OSError as error:
            pipe.send("after %d idle connections: %s" % (len(held), error))
            return
        pipe.send("")
        signal.pause()


class NginxTarget(Target):
    name = "nginx"

    def __init__(self, directory, upstream):
        # The same length of request as the others get.
        self.cookie = "sid=" + "x" * 90
        self.port, self.pids = start_nginx(directory, "proxy.conf", UPSTREAM=upstream.port)


class LuaTarget(Target):
    name = "lua"
    checks = True

    def __init__(self, directory, upstream, redis):
        for path, package in ((LUA_MODULE, "libnginx-mod-http-lua"), (LUA_REDIS, "lua-nginx-redis")):
            if not os.path.exists(path):
                raise Skipped("%s is not installed" % package)
        key, session = secrets.token_hex(16), secrets.token_urlsafe(32)
        code = base64.urlsafe_b64encode(hmac.new(key.encode(), session.encode(), hashlib.sha1).digest())
        self.cookie = "sid=%s.%s" % (session, code.decode().rstrip("="))
        redis.set("bench:" + session, "user-1")
        self.port, self.pids = start_nginx(
            directory, "lua.conf", UPSTREAM=upstream.port, REDIS=redis.port, KEY=key)


class GatewayTarget(Target):
    name = "gateway"
    checks = True

    def __init__(self, directory, upstream, redis, binary, routes):
        if not os.path.exists(binary):
            raise Skipped("there is no %s; swift build -c release --static-swift-stdlib" % binary)
        self.port = free_port()
        more = "".join("    route /r%d/* app public\n" % number for number in range(routes))
        path = directory.render(
            "gateway.conf", PORT=self.port, UPSTREAM=upstream.port, REDIS=redis.port, ROUTES=more)
        master = directory.spawn([os.path.abspath(binary), "run", "--config", path], self.port, "gateway")
        self.pids = [master.pid] + children(master.pid)
        self.cookie = self.register()

    def register(self):
        body = json.dumps({"username": "bench", "password": "correct horse battery"})
        response, data = request(
            self.port, "POST", "/_auth/register", body, {"Content-Type": "application/json"})
        if response.status != 201:
            sys.exit("the gateway answers %d to the registration: %r" % (response.status, data[:300]))
        return response.getheader("Set-Cookie").partition(";")[0]
