import Glibc

/// A subscriber to what has ended, as a process of its own.
public final class Subscriber {
    private var process: pid_t = -1
    private let output: Int32

    /// Subscribes on the server at `path` and waits until it has.
    public init(path: String) throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw SupportError(message: "no pipe") }
        output = ends[0]
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_addclose(&actions, ends[0])
        let words = ["redis-cli", "-s", path, "--raw", "PSUBSCRIBE", "gw:*:revoked"]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        guard posix_spawnp(&process, "redis-cli", &actions, nil, &arguments, environ) == 0 else {
            throw SupportError(message: "redis-cli cannot be run")
        }
        posix_spawn_file_actions_destroy(&actions)
        close(ends[1])
        _ = fcntl(output, F_SETFL, O_NONBLOCK)
        try read { $0.contains("psubscribe") && $0.hasSuffix("\n1\n") }
    }

    private var text = ""

    /// What was published so far, once there are so many.
    public func messages(atLeast count: Int) throws -> [String] {
        try read { _ in Self.messages(self.text).count >= count }
        return Self.messages(text)
    }

    /// Ends it.
    public func stop() {
        kill(process, SIGKILL)
        waitpid(process, nil, 0)
        close(output)
    }

    private func read(until condition: (String) -> Bool) throws {
        for _ in 0..<500 {
            var block = [UInt8](repeating: 0, count: 4096)
            let count = Glibc.read(output, &block, block.count)
            if count > 0 { text += String(decoding: block[..<count], as: UTF8.self) }
            if condition(text) { return }
            usleep(10_000)
        }
        throw SupportError(message: "the subscriber heard only: \(text)")
    }

    private static func messages(_ text: String) -> [String] {
        let lines = text.split(separator: "\n").map(String.init)
        return lines.indices.compactMap {
            lines[$0] == "pmessage" && $0 + 3 < lines.count ? lines[$0 + 3] : nil
        }
    }
}
