"""A PostgreSQL server of the tests' own, on a unix socket, with a password."""

import glob
import os
import pwd
import shutil
import signal
import subprocess
import tempfile

from .wire import wait_until

PASSWORD = "p'ss w\\rd"


def programs():
    """The directory of initdb and postgres: Debian keeps them outside of PATH."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
    named = found[-1] if found else shutil.which("initdb")
    assert named, "there is no PostgreSQL (apt install postgresql)"
    return os.path.dirname(named)


class PostgresServer:
    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="gatehouse-pg-")
        self.data = self.directory + "/data"
        self.log_path = self.directory + "/log"
        # It refuses to run as root.
        self.user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.getuid() == 0 else {}
        if self.user:
            entry = pwd.getpwnam("postgres")
            os.chown(self.directory, entry.pw_uid, entry.pw_gid)
        os.chmod(self.directory, 0o755)
        with open(self.directory + "/password", "w") as file:
            file.write(PASSWORD + "\n")
        self.run("initdb", "-D", self.data, "-U", "app", "-A", "scram-sha-256", "--pwfile", self.directory + "/password",
            "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        self.process = None
        self.start()

    @property
    def url(self):
        return "postgresql://app@/postgres?host=%s" % self.directory

    def run(self, program, *words, **more):
        done = subprocess.run([programs() + "/" + program, *words], cwd=self.directory, capture_output=True, text=True,
            env={**os.environ, "PGPASSWORD": PASSWORD, "LC_ALL": "C.UTF-8"}, **self.user, **more)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def sql(self, text):
        """Runs statements; returns the rows as lists of texts."""
        out = self.run("psql", "-X", "-q", "-At", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-h", self.directory, "-U", "app",
            "postgres", input=text)
        return [line.split("\t") for line in out.splitlines()]

    def start(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [programs() + "/postgres", "-D", self.data, "-k", self.directory, "-c", "listen_addresses=", "-c", "fsync=off"],
                stdout=log, stderr=log, cwd=self.directory, start_new_session=True, **self.user)
        wait_until(self.is_ready, 20, "PostgreSQL's start")

    def is_ready(self):
        assert self.process.poll() is None, open(self.log_path).read()
        return subprocess.run(
            [programs() + "/pg_isready", "-q", "-h", self.directory], cwd=self.directory).returncode == 0

    def halt(self):
        """Ends it at once, as a crash would: whoever is connected is cut off."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(10)

    def freeze(self):
        """Everything of it stands still."""
        os.killpg(self.process.pid, signal.SIGSTOP)
        for pid in self.backends():
            os.kill(pid, signal.SIGSTOP)

    def thaw(self):
        for pid in self.backends():
            os.kill(pid, signal.SIGCONT)
        os.killpg(self.process.pid, signal.SIGCONT)

    def backends(self):
        out = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True).stdout
        return [int(word) for word in out.split()]

    def stop(self):
        self.halt()
        shutil.rmtree(self.directory, ignore_errors=True)
