"""What a machine does to a program: disks that fill up, networks of its own, system calls that fail, other clocks."""

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import threading

import pytest

from .gateway import children, name
from .wire import wait_until

CLONE_NEWNS, CLONE_NEWNET = 0x20000, 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


class SmallDisk:
    """A file system of so many bytes at `path`, in a mount namespace of this process: it is gone with the process."""

    def __init__(self, path, size):
        self.path = str(path)
        os.makedirs(self.path, exist_ok=True)
        if os.geteuid() != 0:
            pytest.skip("only root can mount a small disk")
        if libc.unshare(CLONE_NEWNS) != 0:
            pytest.skip("no mount namespaces here")
        run("mount", "--make-rprivate", "/")
        if run("mount", "-t", "tmpfs", "-o", "size=%d,mode=700" % size, "gatehouse-test", self.path):
            pytest.skip("no small disk can be mounted here")

    @property
    def ballast(self):
        return os.path.join(self.path, "ballast")

    def fill(self):
        """Leaves no byte free."""
        with open(self.ballast, "ab", buffering=0) as file:
            for size in (1 << 16, 4096, 1):
                with contextlib.suppress(OSError):
                    while True:
                        file.write(b"x" * size)

    def free(self):
        os.unlink(self.ballast)

    def stop(self):
        run("umount", "-l", self.path)


def run(*words):
    return subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode


class Network:
    """A network namespace with a loopback of its own; `enter` is for `preexec`, `inside(f)` runs f in it."""

    def __init__(self, *settings):
        if os.geteuid() != 0:
            pytest.skip("only root can make a network")
        failed = []

        def make():
            if libc.unshare(CLONE_NEWNET) != 0 or run("ip", "link", "set", "lo", "up"):
                failed.append("no network namespaces here")
                return
            for setting in settings:
                if run("sysctl", "-qw", setting):
                    failed.append("%s cannot be set" % setting)
            self.descriptor = os.open("/proc/thread-self/ns/net", os.O_RDONLY)

        on_a_thread(make)
        if failed:
            pytest.skip(failed[0])

    def enter(self):
        if libc.setns(self.descriptor, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")

    def inside(self, function):
        def act():
            self.enter()
            return function()

        return on_a_thread(act)

    def stop(self):
        os.close(self.descriptor)


CLOCK = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile long *shift;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("TEST_CLOCK");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *map = mmap(NULL, sizeof(long), PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (map != MAP_FAILED) shift = map;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    long result = syscall(SYS_clock_gettime, clock, now);
    if (result == 0 && shift && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += *shift;
    return (int)result;
}

int gettimeofday(struct timeval *now, void *zone) {
    struct timespec time;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &time);
    now->tv_sec = time.tv_sec;
    now->tv_usec = time.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *out) {
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    if (out) *out = time.tv_sec;
    return time.tv_sec;
}
"""


class Clock:
    """The wall clock of programs started with `env`, as far from the true one as was `set`; monotonic time is as it is."""

    def __init__(self, directory):
        compiler = shutil.which("cc") or shutil.which("clang")
        if not compiler:
            pytest.skip("there is no C compiler for the library that moves the clock")
        source, self.library, self.path = [os.path.join(str(directory), n) for n in ("clock.c", "clock.so", "clock")]
        with open(source, "w") as file:
            file.write(CLOCK)
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", self.library, source], check=True)
        with open(self.path, "wb") as file:
            file.write(bytes(8))

    def set(self, seconds):
        with open(self.path, "r+b", buffering=0) as file:
            file.write(seconds.to_bytes(8, "little", signed=True))

    @property
    def env(self):
        return {"LD_PRELOAD": self.library, "TEST_CLOCK": self.path}


def on_a_thread(function):
    """Runs `function` on a thread of its own, whose namespaces may change."""
    result = []

    def act():
        try:
            result.append((function(), None))
        except BaseException as error:  # noqa: B036
            result.append((None, error))

    thread = threading.Thread(target=act)
    thread.start()
    thread.join()
    value, error = result[0]
    if error:
        raise error
    return value


@contextlib.contextmanager
def failing(pid, *injections, attached=2):
    """While this lasts, system calls of `pid` fail as `injections` say (strace -e inject=...)."""
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")
    words = ["strace", "-f", "-qq", "-o", "/dev/null", "-p", str(pid)]
    calls = {injection.split(":", 1)[0] for injection in injections}
    words += ["-e", "trace=" + ",".join(sorted(calls))]
    for injection in injections:
        words += ["-e", "inject=" + injection]
    tracer = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        def is_traced():
            if tracer.poll() is not None:
                pytest.skip("strace cannot be used here: %s" % tracer.stderr.read().decode()[-200:])
            with open("/proc/%d/status" % pid) as file:
                return "TracerPid:\t%d\n" % tracer.pid in file.read()

        wait_until(is_traced, attached, "strace's hold on the process")
        yield
    finally:
        if tracer.poll() is None:
            tracer.send_signal(signal.SIGINT)
            try:
                tracer.wait(5)
            except subprocess.TimeoutExpired:
                tracer.kill()
                tracer.wait()
        tracer.stderr.close()


def strays(pid):
    """Children of `pid` that have ended and that nobody has asked about."""
    found = []
    for child in children(pid):
        with contextlib.suppress(OSError):
            with open("/proc/%d/stat" % child) as file:
                if file.read().rsplit(")", 1)[1].split()[0] == "Z":
                    found.append((child, name(child)))
    return found
