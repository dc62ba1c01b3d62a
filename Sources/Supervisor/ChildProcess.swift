import CLinux
import Glibc
import Transport

/// Starts processes without fork, and says how they ended.
enum ChildProcess {
    /// This program's own image, also when the file was replaced.
    static let ownImage = "/proc/self/exe"

    /// Starts `path`; `descriptors[i]` becomes `i + 3` there, `output` its standard output and error if there is one,
    /// and this process's others are closed.
    static func spawn(
        _ path: String, arguments: [String], environment: [String], descriptors: [Int32], output: Int32 = -1
    ) throws(SystemError) -> pid_t {
        var argumentPointers = arguments.map { strdup($0) } + [nil]
        var environmentPointers = environment.map { strdup($0) } + [nil]
        defer {
            for pointer in argumentPointers { free(pointer) }
            for pointer in environmentPointers { free(pointer) }
        }
        let result = clinux_spawn(
            path, &argumentPointers, &environmentPointers, descriptors, Int32(descriptors.count), output)
        guard result > 0 else { throw SystemError(call: "posix_spawn", code: -result) }
        return result
    }

    /// This process's environment, without what was meant for it alone.
    static func inheritedEnvironment() -> [String] {
        var entries: [String] = []
        var pointer = environ
        while let entry = pointer.pointee {
            let text = String(cString: entry)
            if !text.hasPrefix("LISTEN_"), !text.hasPrefix("NOTIFY_SOCKET="), !text.hasPrefix("WATCHDOG_") {
                entries.append(text)
            }
            pointer += 1
        }
        // A crash report asks nobody, and does not show memory: there may be secrets in it.
        if getenv("SWIFT_BACKTRACE") == nil {
            entries.append(
                "SWIFT_BACKTRACE=interactive=no,color=no,registers=none,images=none,threads=crashed")
        }
        return entries
    }

    /// The next child that has ended, if one has: its pid and how.
    static func reap() -> (pid: pid_t, status: Int32)? {
        var status: Int32 = 0
        let pid = waitpid(-1, &status, WNOHANG)
        return pid > 0 ? (pid, status) : nil
    }

    /// The status that a child ended with; nil if a signal killed it.
    static func exitCode(_ status: Int32) -> Int32? { status & 0x7f == 0 ? status >> 8 & 0xff : nil }

    /// How a child ended: `exited with status 1`, `was killed by signal 11 (Segmentation fault)`.
    static func describe(status: Int32) -> String {
        let signal = status & 0x7f
        if signal == 0 { return "exited with status \(status >> 8 & 0xff)" }
        let name = strsignal(signal).map { String(cString: $0) } ?? "?"
        return "was killed by signal \(signal) (\(name))"
    }
}
