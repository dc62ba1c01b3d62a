import Foundation
import Glibc

@testable import Accounts

/// A PostgreSQL server on a unix socket, one for all tests, which ends with them.
final class PostgresTestServer: Sendable {
    static let shared = Result { try PostgresTestServer() }

    private let directory: String

    /// The database, seen from a schema that nobody else uses.
    static func freshURL() throws -> String {
        let server = try shared.get()
        let schema = "t" + UUID().uuidString.replacing("-", with: "").lowercased()
        let connection = try PostgresConnection(PostgresServer(url: server.url))
        _ = try connection.run("CREATE SCHEMA \(schema)", deadline: .now + .seconds(20))
        return server.url + "&options=-csearch_path%3D\(schema)"
    }

    private var url: String { "postgresql://app@/postgres?host=\(directory)" }

    private init() throws {
        var template = Array("/tmp/accounts-pg.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw TestFailure(what: "mkdtemp") }
        directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let programs = try Self.programs()
        // It refuses to run as root.
        let asUser = geteuid() == 0 ? ["runuser", "-u", "postgres", "--"] : []
        if geteuid() == 0 { try Self.run(["chown", "postgres", directory]) }
        let data = directory + "/data"
        try Self.makeDatabase(
            asUser + [
                programs + "/initdb", "-D", data, "-U", "app", "-A", "trust", "-E", "UTF8",
                "--locale=C.UTF-8", "--no-sync",
            ],
            log: directory + "/initdb.log")
        // The shell ends the server and removes its files when this process is gone, however it went. It may be gone
        // and not yet waited for: whoever waits may first want the end of its output.
        let script = """
            "$@" >"\(directory)/log" 2>&1 & server=$!
            while grep -q '^State:.[^Z]' /proc/\(getpid())/status 2>/dev/null; do sleep 0.3; done
            kill -QUIT $(head -n1 "\(data)/postmaster.pid") 2>/dev/null; wait $server; rm -rf "\(directory)"
            """
        try Self.start(
            ["sh", "-c", script, "sh"] + asUser + [
                programs + "/postgres", "-D", data, "-k", directory, "-c", "listen_addresses=", "-c",
                "fsync=off",
                "-c", "max_connections=300",
            ])
        try waitUntilReady()
    }

    private func waitUntilReady() throws {
        for _ in 0..<300 {
            if (try? PostgresConnection(PostgresServer(url: url))) != nil { return }
            usleep(50_000)
        }
        let log = (try? String(contentsOfFile: directory + "/log", encoding: .utf8)) ?? ""
        throw TestFailure(what: "PostgreSQL does not start: \(log)")
    }

    private static func programs() throws -> String {
        let root = "/usr/lib/postgresql"
        let versions = ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []).sorted()
        guard let version = versions.last(where: { access("\(root)/\($0)/bin/initdb", X_OK) == 0 }) else {
            throw TestFailure(what: "there is no PostgreSQL (apt install postgresql)")
        }
        return "\(root)/\(version)/bin"
    }

    /// Once more if it fails, since a loaded machine may be short of something for a moment; initdb removes what it
    /// has begun.
    private static func makeDatabase(_ initdb: [String], log: String) throws {
        let command = ["sh", "-c", "\"$@\" >>\"\(log)\" 2>&1", "sh"] + initdb
        do { try run(command) } catch {
            do { try run(command) } catch {
                let said = try? String(contentsOfFile: log, encoding: .utf8)
                throw TestFailure(what: "\(error)\n\(said ?? "it said nothing")")
            }
        }
    }

    @discardableResult
    private static func start(_ words: [String]) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        process.currentDirectoryURL = URL(fileURLWithPath: "/")
        process.standardOutput = FileHandle.nullDevice
        // A server that held this process' own output would keep whoever reads that waiting for its end.
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        return process
    }

    private static func run(_ words: [String]) throws {
        let process = try start(words)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw TestFailure(what: "failed: \(words)") }
    }
}
