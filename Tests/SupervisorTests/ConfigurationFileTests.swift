import GatewayConfig
import Glibc
import Testing

@testable import Supervisor

@Suite struct ConfigurationFileTests {
    static let text = """
        listen 127.0.0.1:${env:PORT:-8080}
        state state
        redis managed
        session { key_file state/session.key }
        include users/*.conf
        realm main { users people }
        upstream app { server 127.0.0.1:3000 }
        site * {
            route /* app user
        }

        """
    static let users = "users people {\n    store sqlite ../state/users.db\n}\n"

    @Test func `a worker reads the same settings from the snapshot as the master from the files`() throws {
        let source = TextSource(files: [
            "/e/gateway.conf": Self.text, "/e/users/a.conf": Self.users,
            "/e/state/session.key": String(repeating: "k", count: 40),
        ])
        let file = ConfigurationFile(path: "/e/gateway.conf", source: source, stateOverride: "/tmp/elsewhere")

        let reading = file.read()

        let settings = try #require(reading.settings)
        #expect(ConfigurationFile.replay(reading.snapshot) == settings)
        #expect(settings.stateDirectory == "/tmp/elsewhere")
        #expect(reading.snapshot == file.read().snapshot)
    }

    @Test func `errors are told in full, and there is nothing to serve`() {
        let source = TextSource(files: ["gateway.conf": "lisn :80\n"])

        let reading = ConfigurationFile(path: "gateway.conf", source: source).read()

        #expect(reading.settings == nil)
        #expect(!reading.isUnreadable)
        #expect(reading.report.contains("gateway.conf:1:1: error[E201]"))
        #expect(reading.summary.hasPrefix("the configuration has"))
    }

    private struct Locked: ConfigSource {
        let base: TextSource
        let path: String
        func read(path: String) -> Result<[UInt8], ConfigSourceError> {
            path == self.path
                ? .failure(ConfigSourceError(message: "Permission denied")) : base.read(path: path)
        }
        func list(glob: String) -> [String] { base.list(glob: glob) }
        func environment(_ name: String) -> String? { nil }
    }

    @Test(arguments: [("", true), ("lisn :80\n", false)])
    func `a key that may not be read is another failure than a wrong configuration`(
        more: String, isForbidden: Bool
    ) {
        let text = more + Self.text.replacing("state/session.key", with: "secret.key")
        let files = TextSource(files: ["/e/gateway.conf": text, "/e/users/a.conf": Self.users])
        let source = Locked(base: files, path: "/e/secret.key")

        let reading = ConfigurationFile(path: "/e/gateway.conf", source: source).read()

        #expect(reading.settings == nil)
        #expect(reading.isForbidden == isForbidden, "\(reading.report)")
        #expect(reading.files.contains("/e/secret.key"), "what cannot be read is watched as well")
    }

    @Test func `a file that cannot be read is something else than a wrong one`() {
        let reading = ConfigurationFile(path: "/nonexistent/gateway.conf").read()

        #expect(reading.isUnreadable)
        #expect(reading.summary == "/nonexistent/gateway.conf: No such file or directory")
    }

    @Test(arguments: [
        ("state \"data\" # here\nlisten nonsense here\n", "/e/data"), ("  state /var/x\n}\n", "/var/x"),
        ("nonsense\n", "/e/state"),
    ])
    func `the running gateway is found although its file has been broken since`(text: String, state: String) {
        let source = TextSource(files: ["/e/gateway.conf": text])

        #expect(ConfigurationFile(path: "/e/gateway.conf", source: source).runningStateDirectory() == state)
    }

    @Test func `this machine's files, globs, modes and variables are seen as they are`() throws {
        let directory = Scratch.directory()
        for name in ["b.conf", "a.conf", "c.txt"] {
            let descriptor = open("\(directory)/\(name)", O_WRONLY | O_CREAT, 0o640)
            write(descriptor, name, name.utf8.count)
            close(descriptor)
        }
        let source = SystemSource()

        #expect(source.list(glob: "\(directory)/*.conf") == ["\(directory)/a.conf", "\(directory)/b.conf"])
        #expect(source.list(glob: "\(directory)/*.none") == [])
        #expect(source.read(path: "\(directory)/a.conf") == .success(Array("a.conf".utf8)))
        #expect(source.read(path: "\(directory)/none") == .failure(.missing))
        #expect(source.read(path: directory) == .failure(ConfigSourceError(message: "Is a directory")))
        #expect(source.permissions(path: "\(directory)/a.conf") == 0o640)
        #expect(source.permissions(path: "\(directory)/none") == nil)
        #expect(source.environment("PATH") != nil)
        #expect(source.environment("NO_SUCH_VARIABLE") == nil)
    }
}
