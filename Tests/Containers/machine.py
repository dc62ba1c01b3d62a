"""This machine as far as containers go: podman and buildah, what they can do here, networks between containers."""

import ctypes
import os
import shutil
import subprocess
import sys

CLONE_NEWNET = 0x40000000


def fail(text):
    sys.exit("Tests/Containers: " + text)


def run(*words, quiet=True, check=True, **more):
    """Runs a command; its output is shown only if it fails."""
    result = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT if quiet else subprocess.PIPE, text=True, errors="replace", **more)
    if check and result.returncode != 0:
        fail("failed (%d): %s\n%s" % (result.returncode, " ".join(words)[:500], (result.stdout + (result.stderr or ""))[-6000:]))
    return result


class Unable(Exception):
    """This machine cannot run containers, for the reason given."""


class Engine:
    """podman and buildah with a storage of their own."""

    def __init__(self, place):
        self.place = place
        self.driver = "overlay"

    @property
    def storage(self):
        return ["--root", "%s/%s" % (self.place, self.driver), "--runroot", self.place + "/run",
                "--storage-driver", self.driver]

    def podman(self, *words, **more):
        # Elsewhere than in the system's directories: beside a podman that somebody uses.
        return run("podman", "--runtime", "runc", "--cgroup-manager", "cgroupfs", "--events-backend", "none",
                   *self.storage, *words, **more)

    def buildah(self, *words, **more):
        return run("buildah", *self.storage, *words, **more)

    def start(self, *words, **more):
        # Limits that a machine which is a container itself may still set.
        return self.podman("run", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024", *words, **more)

    def has_image(self, name):
        return self.podman("image", "exists", name, check=False).returncode == 0

    def image_from_tree(self, tree, name):
        container = self.buildah("from", "scratch", quiet=False).stdout.strip()
        self.buildah("add", container, tree, "/")
        self.buildah("commit", "-q", container, name)
        self.buildah("rm", container)

    def try_out(self):
        """Runs the smallest container there can be.

        Raises Unable if that does not work: then it is this machine's fault, not our images'.
        """
        if os.geteuid() != 0:
            raise Unable("not root")
        for program in ("podman", "buildah", "runc", "mmdebstrap"):
            if not shutil.which(program):
                raise Unable("there is no " + program)
        reason = ""
        for self.driver in ("overlay", "vfs"):
            reason = self.trial()
            if not reason:
                return
        raise Unable("no container starts here: " + reason)

    def trial(self):
        tree, name = self.place + "/trial", "localhost/trial"
        shutil.rmtree(tree, ignore_errors=True)
        program = shutil.which("true")
        libraries = subprocess.run(["ldd", program], stdout=subprocess.PIPE, text=True).stdout.split()
        for path in [program] + [word for word in libraries if word.startswith("/")]:
            os.makedirs(tree + os.path.dirname(path), exist_ok=True)
            shutil.copy(path, tree + path)
        os.makedirs(tree + "/tmp", exist_ok=True)
        container = self.buildah("from", "scratch", check=False, quiet=False)
        steps = [
            lambda c: self.buildah("add", c, tree, "/", check=False),
            lambda c: self.buildah("run", "--isolation", "chroot", c, "--", program, check=False),
            lambda c: self.buildah("commit", "-q", c, name, check=False),
            lambda c: self.start("--rm", "--network", "host", "--read-only", "--cap-drop", "ALL", "--user", "990:990",
                                 "--tmpfs", "/tmp:size=1m", name, program, check=False),
        ]
        result = container
        if container.returncode == 0:
            for step in steps:
                result = step(container.stdout.strip())
                if result.returncode != 0:
                    break
            self.buildah("rm", container.stdout.strip(), check=False)
            self.podman("rmi", "-f", name, check=False)
        shutil.rmtree(tree, ignore_errors=True)
        if result.returncode == 0:
            return ""
        text = (result.stdout + (result.stderr or "")).strip().splitlines()
        return "; ".join(text[-3:])[-300:] if text else "status %d" % result.returncode


class Network:
    """Bridges and a namespace for each container, as compose makes them: who is in no common network with somebody
    cannot reach him. podman's own networks want a firewall, which not every machine has."""

    def __init__(self, bridges, spaces):
        """`bridges`: name -> number; `spaces`: name -> the bridges it is on. Addresses are 10.89.<bridge>.<space>."""
        self.bridges, self.spaces = bridges, spaces
        self.made = []

    def name(self, text):
        return "ghtest-" + text

    def address(self, space, bridge):
        return "10.89.%d.%d" % (self.bridges[bridge], list(self.spaces).index(space) + 2)

    def build(self):
        self.remove()
        # All bridges stand in a namespace of their own, so that nothing of it is on the machine.
        hub = self.name("hub")
        run("ip", "netns", "add", hub)
        for bridge in self.bridges:
            run("ip", "-n", hub, "link", "add", "br-" + bridge, "type", "bridge")
            run("ip", "-n", hub, "link", "set", "br-" + bridge, "up")
        for space, bridges in self.spaces.items():
            run("ip", "netns", "add", self.name(space))
            run("ip", "-n", self.name(space), "link", "set", "lo", "up")
            for bridge in bridges:
                here, there = "to-" + bridge, ("%s-%s" % (bridge, space))[:15]
                run("ip", "-n", hub, "link", "add", there, "type", "veth", "peer", "name", here, "netns", self.name(space))
                run("ip", "-n", hub, "link", "set", there, "master", "br-" + bridge, "up")
                run("ip", "-n", self.name(space), "addr", "add", self.address(space, bridge) + "/24", "dev", here)
                run("ip", "-n", self.name(space), "link", "set", here, "up")

    def remove(self):
        for space in [*self.spaces, "hub"]:
            run("ip", "netns", "del", self.name(space), check=False)

    def enter(self, space):
        """Moves this process into a namespace: what it connects to, it connects to from there."""
        with open("/run/netns/" + self.name(space)) as file:
            if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), CLONE_NEWNET) != 0:
                fail("cannot enter the network of %s: %s" % (space, os.strerror(ctypes.get_errno())))

    def option(self, space):
        return "ns:/run/netns/" + self.name(space)

    def names(self, space):
        """Of the others, as compose's name service would tell them in a common network."""
        found = []
        for other, bridges in self.spaces.items():
            common = [b for b in bridges if b in self.spaces[space]]
            if other != space and common:
                found.append("%s:%s" % (other, self.address(other, common[0])))
        return found


def can_network():
    """Whether bridges and namespaces can be made here; else why not."""
    if not shutil.which("ip"):
        return "there is no ip"
    network = Network({"a": 1}, {"x": ["a"]})
    try:
        network.build()
    except SystemExit as error:
        return str(error).strip().splitlines()[-1]
    finally:
        network.remove()
    return ""
