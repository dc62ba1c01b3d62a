"""The other commands, and what a newcomer does with nothing but them."""

import json
import os
import re
import shutil
import signal
import subprocess

import pytest

from harness.client import Client, fetch, request
from harness.gateway import ROOT, binary, is_alive
from harness.redis_server import free_port
from harness.users import JSON, PASSWORD, credentials, cookie_of, register
from harness.wire import wait_until

pytestmark = pytest.mark.processes


class Running:
    """A command that serves until it is told to stop."""

    def __init__(self, *words, env=None, cwd=None):
        self.output = b""
        self.process = subprocess.Popen(
            [binary(), *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, **(env or {})},
            cwd=cwd, start_new_session=True)
        os.set_blocking(self.process.stdout.fileno(), False)

    def text(self):
        """Everything it has written so far."""
        try:
            self.output += self.process.stdout.read() or b""
        except ValueError:
            pass
        return self.output.decode("utf-8", "replace")

    def wait_text(self, pattern, timeout=20):
        return wait_until(lambda: re.search(pattern, self.text()), timeout, pattern, 0.05)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        self.process.stdout.close()


@pytest.fixture
def run(cleanup):
    return lambda *words, **more: cleanup.add(Running(*words, **more))


def serves(port):
    def answers():
        try:
            return fetch(("127.0.0.1", port), "GET", "/")
        except OSError:
            return None

    return answers


def test_repositorys_configuration_is_a_newcomers_first_day(run, tmp_path):
    """gateway.conf as it is, in front of the sample API: register, use, log out, and again after a restart."""
    shutil.copy(ROOT + "/gateway.conf", tmp_path)
    port, sample = free_port(), free_port()
    env = {"GATEHOUSE_PORT": str(port), "GATEHOUSE_UPSTREAM": "127.0.0.1:%d" % sample}
    assert subprocess.run([binary(), "check", str(tmp_path / "gateway.conf"), "--strict"],
        env={**os.environ, **env}).returncode == 0
    run("echo", "--listen", "127.0.0.1:%d" % sample)
    first = run("run", "--config", str(tmp_path / "gateway.conf"), env=env, cwd="/")
    wait_until(serves(port), 20, "the gateway")
    address = ("127.0.0.1", port)
    made = fetch(address, "POST", "/_auth/register", JSON, credentials("newcomer"), host="127.0.0.1:%d" % port)
    assert made.status == 201, made
    cookie = {"Cookie": made.all("set-cookie")[0].split(";")[0]}
    seen = fetch(address, "GET", "/hello", cookie)
    assert seen.status == 200 and made.json()["user"]["id"].encode() in seen.body
    page = fetch(address, "GET", "/", {**cookie, "Accept": "text/html"})
    assert page.status == 200 and b"/_auth/logout" in page.body
    first.stop()
    assert first.process.returncode == 0
    assert (tmp_path / "state").is_dir() and set(os.listdir(tmp_path)) == {"gateway.conf", "state"}
    run("run", "--config", str(tmp_path / "gateway.conf"), env=env, cwd="/")
    wait_until(serves(port), 20, "the gateway")
    wait_until(lambda: fetch(address, "GET", "/hello", cookie).status == 200, 5, "the session after a restart", 0.05)
    gone = fetch(address, "POST", "/_auth/logout", {**JSON, **cookie})
    assert gone.status == 204 and fetch(address, "GET", "/hello", cookie).status == 401
    again = fetch(address, "POST", "/_auth/login", JSON, credentials("newcomer"))
    assert again.status == 200 and cookie_of(again)


def test_dev_needs_no_file(run, tmp_path):
    env = {"XDG_STATE_HOME": str(tmp_path / "state"), "HOME": str(tmp_path)}
    dev = run("dev", env=env, cwd=str(tmp_path))
    url = dev.wait_text(r"http://(127\.0\.0\.1|localhost):(\d+)")
    port = int(url.group(2))
    wait_until(serves(port), 20, "the gateway")
    password = wait_until(lambda: re.search(r"[Pp]assword\W+(\S{8,})", dev.text()), 10, "the password").group(1)
    login = fetch(("127.0.0.1", port), "POST", "/_auth/login", JSON, credentials("dev", password))
    assert login.status == 200, (login, dev.text())
    cookie = {"Cookie": login.all("set-cookie")[0].split(";")[0]}
    assert fetch(("127.0.0.1", port), "GET", "/", cookie).status == 200
    others = [int(p) for p in os.listdir("/proc") if p.isdigit() and parent(int(p)) == dev.process.pid]
    dev.stop()
    assert dev.process.returncode == 0
    wait_until(lambda: not [p for p in others if is_alive(p)], 5, "everybody's end")
    assert os.listdir(tmp_path) == ["state"], "nothing but its state is left"
    second = run("dev", env=env, cwd=str(tmp_path))
    port = int(second.wait_text(r"http://(127\.0\.0\.1|localhost):(\d+)").group(2))
    wait_until(serves(port), 20, "the gateway")
    assert password not in second.text(), "the password is shown once"
    assert fetch(("127.0.0.1", port), "POST", "/_auth/login", JSON, credentials("dev", password)).status == 200


def parent(pid):
    try:
        with open("/proc/%d/stat" % pid) as file:
            return int(file.read().rsplit(")", 1)[1].split()[1])
    except OSError:
        return None


def test_dev_takes_the_next_free_port(run, tmp_path):
    one = run("dev", env={"XDG_STATE_HOME": str(tmp_path / "a"), "HOME": str(tmp_path)})
    first = one.wait_text(r"http://(127\.0\.0\.1|localhost):(\d+)").group(2)
    wait_until(serves(int(first)), 20, "the first")
    two = run("dev", env={"XDG_STATE_HOME": str(tmp_path / "b"), "HOME": str(tmp_path)})
    second = two.wait_text(r"http://(127\.0\.0\.1|localhost):(\d+)").group(2)
    assert first != second


# Asking a running gateway.

def test_status_and_health(make_gateway):
    gateway = make_gateway(workers=2)
    text = gateway.command("status", "--config", gateway.path)
    assert text.returncode == 0 and str(gateway.process.pid) in text.stdout
    document = json.loads(gateway.command("status", "--json", "--config", gateway.path).stdout)
    assert document["pid"] == gateway.process.pid and len(document["workers"]) == 2
    assert sorted(w["pid"] for w in document["workers"]) == sorted(gateway.workers())
    assert gateway.command("health", "--config", gateway.path).returncode == 0
    assert gateway.terminate() == 0
    assert gateway.command("health", "--config", gateway.path).returncode == 1
    assert gateway.command("status", "--config", gateway.path).returncode in (1, 69)


def ask_admin(gateway, target, method="GET"):
    with Client(os.path.join(gateway.directory, "state", "admin.sock")) as client:
        return client.exchange(request(method, target), method)


def test_admin_socket_answers_health(make_gateway, make_redis):
    redis = make_redis()
    gateway = make_gateway(redis="unix://%s?db=0" % redis.path)
    assert ask_admin(gateway, "/healthz").status == 200 and ask_admin(gateway, "/readyz").status == 200
    wait_until(lambda: ask_admin(gateway, "/readyz?require=redis").status == 200, 5, "Redis")
    redis.kill()
    gateway.fetch("POST", "/_auth/register", JSON, credentials("nobody"))
    assert ask_admin(gateway, "/healthz").status == 200
    assert ask_admin(gateway, "/readyz").status == 200, "a blip of Redis takes no replica out"
    wait_until(lambda: ask_admin(gateway, "/readyz?require=redis").status == 503, 5,
        "the coupling for those who want it")


def test_readiness_ends_with_the_signal(make_gateway):
    gateway = make_gateway(shutdown="delay 2s\ngrace 1s")
    gateway.signal(signal.SIGTERM)
    wait_until(lambda: ask_admin(gateway, "/readyz").status == 503, 2, "not ready")
    assert ask_admin(gateway, "/healthz").status == 200
    assert gateway.process.wait(10) == 0


def test_public_address_has_no_admin(gateway):
    for target in ("/healthz", "/readyz", "/metrics", "/reload", "/status"):
        assert gateway.fetch("GET", target).status == 401
        assert gateway.fetch("POST", target).status == 401


def test_state_dump_on_usr2(make_gateway):
    gateway = make_gateway()
    gateway.signal(signal.SIGUSR2)
    gateway.wait_line(lambda e: e.get("msg") == "state")


# Keys and hashes.

def test_key_new_makes_a_key_for_its_owner_alone(make_gateway):
    gateway = make_gateway(start=False)
    made = gateway.command("key", "new", "a.key")
    path = os.path.join(gateway.directory, "a.key")
    assert made.returncode == 0 and os.stat(path).st_mode & 0o077 == 0
    before = open(path).read()
    assert gateway.command("key", "new", "a.key").returncode != 0 and open(path).read() == before
    assert gateway.command("key", "new", "a.key", "--if-missing").returncode == 0 and open(path).read() == before
    assert gateway.command("key", "check", "a.key").returncode == 0
    with open(os.path.join(gateway.directory, "short.key"), "w") as file:
        file.write("short\n")
    bad = gateway.command("key", "check", "short.key")
    assert bad.returncode == 1 and "short\n" not in bad.stdout.replace("short.key", "")


@pytest.mark.parametrize("words,form", [
    (["--algorithm", "bcrypt", "--cost", "4"], r"\$2[by]\$04\$.{53}"),
    (["--memory", "8192", "--passes", "1"], r"\$argon2id\$v=19\$m=8192,t=1,p=1\$.+\$.+"),
])
def test_hash_is_one_of_the_known_kinds(make_gateway, words, form):
    gateway = make_gateway(start=False)
    made = gateway.command("hash", *words, stdin=PASSWORD + "\n")
    text = made.stdout.strip()
    assert made.returncode == 0 and re.fullmatch(form, text), made
    assert gateway.command("hash", "verify", text, stdin=PASSWORD + "\n").returncode == 0
    assert gateway.command("hash", "verify", text, stdin=PASSWORD + "x\n").returncode == 1


@pytest.mark.parametrize("words", [[], ["--algorithm", "bcrypt"]])
def test_tuned_hash_is_a_line_for_the_configuration(make_gateway, words):
    gateway = make_gateway(start=False)
    done = gateway.command("hash", "--tune", "100ms", *words)
    line = re.fullmatch(r"hash ((?:argon2id \d+m \d+ 1|bcrypt \d+)  # \d+ ms on this machine)\n", done.stdout)
    assert done.returncode == 0 and line, done
    gateway.write(hash=line[1])
    checked = gateway.command("check", gateway.path)
    assert checked.returncode == 0 and "W514" not in checked.stdout + checked.stderr, checked


@pytest.mark.parametrize("time", ["5", "1ms", "1h", "soon", "-5s"])
def test_time_to_tune_for_is_checked(make_gateway, time):
    done = make_gateway(start=False).command("hash", "--tune=" + time)
    assert done.returncode == 64 and not done.stdout, done


def test_version(make_gateway):
    gateway = make_gateway(start=False)
    assert gateway.command("version").returncode == 0
    told = json.loads(gateway.command("version", "--json").stdout)
    assert "openssl" in told
    # The build says it, and the metrics repeat it.
    assert re.fullmatch(r"unknown|[0-9a-z-]+", told["commit"])
    assert gateway.command("--version").stdout.strip()


@pytest.mark.parametrize("word,meant", [("rnu", "run"), ("chek", "check"), ("reloda", "reload")])
def test_mistyped_command_gets_a_suggestion(make_gateway, word, meant):
    result = make_gateway(start=False).command(word)
    assert result.returncode == 64 and meant in result.stderr


# Where it listens, whom it reaches.

def test_listens_on_a_unix_socket(make_gateway, tmp_path):
    gateway = make_gateway(top="listen unix:%s" % (tmp_path / "in.sock"))
    user = register(gateway)
    with Client(str(tmp_path / "in.sock")) as client:
        response = client.exchange(request("GET", "/a", user.headers))
    assert response.status == 200 and response.json()["user"] == [user.id]
    assert gateway.terminate() == 0
    assert not (tmp_path / "in.sock").exists()


def test_left_over_unix_socket_is_no_obstacle(make_gateway, tmp_path):
    gateway = make_gateway(top="listen unix:%s" % (tmp_path / "in.sock"))
    everyone = gateway.descendants()
    gateway.process.kill()
    gateway.process.wait()
    wait_until(lambda: not [p for p in everyone if is_alive(p)], 12, "everybody's end")
    gateway.start()
    with Client(str(tmp_path / "in.sock")) as client:
        assert client.exchange(request("GET", "/public/a")).status == 200


def test_upstream_by_name(make_gateway, make_recorder):
    recorder = make_recorder()
    gateway = make_gateway(recorder=recorder, upstream="localhost:%d" % recorder.port)
    assert gateway.fetch("GET", "/public/a").status == 200


def test_name_that_does_not_resolve_stops_nothing_else(make_gateway, make_recorder):
    recorder = make_recorder()
    gateway = make_gateway(
        recorder=recorder, extra="upstream gone { server nowhere.invalid:80 }",
        routes="route /* app public\nroute /gone/* gone public")
    assert gateway.fetch("GET", "/gone/a", timeout=15).status in (502, 503, 504)
    assert gateway.fetch("GET", "/public/a").status == 200


def test_redis_by_a_name_that_does_not_resolve(make_gateway):
    gateway = make_gateway(redis="redis://nowhere.invalid:6379/0", wait="serving")
    assert gateway.fetch("GET", "/public/a").status == 200
    response = gateway.fetch("POST", "/_auth/register", JSON, credentials("nobody"), timeout=15)
    assert response.status == 503 and response.json()["code"] == "store_unavailable"
    assert gateway.terminate() == 0


def test_loop_to_itself_has_an_end(make_gateway):
    gateway = make_gateway(start=False, upstream_options="response_timeout 3s")
    gateway.write(upstream="127.0.0.1:%d" % gateway.port)
    gateway.start()
    response = gateway.fetch("GET", "/public/loop", timeout=20)
    assert response.status in (502, 508), response
    gateway.wait_line(lambda e: e.get("path") == "/public/loop" and e.get("client") == "127.0.0.1", "access")
    lines = [e for e in gateway.lines("access") if e.get("path") == "/public/loop"]
    assert 1 <= len(lines) <= 10, "%d turns" % len(lines)


def test_full_disk_under_the_log_blocks_nothing(make_gateway):
    gateway = make_gateway(log="access /dev/full")
    with gateway.client() as client:
        for _ in range(500):
            assert client.exchange(request("GET", "/public/a")).status == 200
    assert gateway.terminate() == 0


def test_text_log_is_one_clean_line_for_each_request(make_gateway):
    gateway = make_gateway(log="access on\nformat text")
    with gateway.client() as client:
        client.exchange(b"GET /public/a?%0a HTTP/1.1\r\nHost: a\r\nUser-Agent: x\x85\xff\"\\\r\n\r\n")
    line = wait_until(lambda: next((li for li in gateway.log().splitlines() if "/public/a" in li), None), 5,
        "the line")
    assert " proto=http/1.1 route=/public/* auth=none server=%s tries=1 end=ok id=" % gateway.recorder.address in line
    assert " 200 " in line and not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", line)
