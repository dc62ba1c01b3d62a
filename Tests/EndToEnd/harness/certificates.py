"""Certificates for tests, made by the openssl command."""

import ipaddress
import itertools
import os
import ssl
import subprocess

counter = itertools.count(1)


def openssl(*words, stdin=b"", check=True):
    done = subprocess.run(["openssl", *words], input=stdin, capture_output=True, timeout=60)
    if check:
        assert done.returncode == 0, done.stderr.decode()
    return done


def alternative(names):
    kinds = []
    for name in names:
        try:
            ipaddress.ip_address(name)
            kinds.append("IP:" + name)
        except ValueError:
            kinds.append("DNS:" + name)
    return "subjectAltName=" + ",".join(kinds)


class Certificate:
    """A certificate file, its key, and a file of both with the chain."""

    def __init__(self, directory, names, issuer=None, kind="ec", days=30, authority=False, san=True):
        base = os.path.join(str(directory), "certificate%d" % next(counter))
        self.names, self.path, self.key = names, base + ".pem", base + ".key"
        self.chain = base + ".chain.pem"
        kinds = {"ec": ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "rsa": ["rsa:2048"], "weak": ["rsa:1024"]}
        request = base + ".csr"
        extensions = base + ".ext"
        openssl("req", "-new", "-newkey", *kinds[kind], "-nodes", "-keyout", self.key, "-out", request, "-subj",
                "/CN=" + names[0])
        os.chmod(self.key, 0o600)
        with open(extensions, "w") as file:
            file.write("basicConstraints=critical,CA:%s\n" % ("TRUE" if authority else "FALSE"))
            if san:
                file.write(alternative(names) + "\n")
        signer = ["-CA", issuer.path, "-CAkey", issuer.key] if issuer else ["-signkey", self.key]
        openssl("x509", "-req", "-in", request, *signer, "-days", str(days), "-extfile", extensions, "-out", self.path,
                "-set_serial", str(next(counter) + int.from_bytes(os.urandom(4), "big")))
        with open(self.chain, "wb") as chain:
            for link in [self.path] + ([issuer.path] if issuer else []):
                with open(link, "rb") as file:
                    chain.write(file.read())

    @property
    def tls(self):
        """As `listen` has it."""
        return "tls %s %s" % (self.path, self.key)

    def server(self, client_authority=None, versions=None):
        """The context of a server with this certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path, self.key)
        if client_authority:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(client_authority.path)
        if versions:
            context.minimum_version, context.maximum_version = versions
        return context

    def client(self, version=None, protocols=(), verify=True):
        """The context of a client that trusts what this authority has signed."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(self.path)
        if not verify:
            context.check_hostname = False
        if version:
            context.minimum_version = context.maximum_version = version
        if protocols:
            context.set_alpn_protocols(list(protocols))
        return context


def authority(directory, name="test authority"):
    return Certificate(directory, [name], authority=True, san=False)
