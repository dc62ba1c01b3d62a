import ArgumentParser
import GatewayConfig
import Glibc
import Supervisor
import Transport

/// `gatehouse fmt`.
struct FmtCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fmt",
        abstract: "Bring a configuration into its usual form; comments stay, and its meaning.",
        discussion: """
            Without an option the result goes to standard output. Each file is formatted by itself; those that it \
            includes are left alone.
            """)
    @Argument(help: "The files; - is standard input. Default: as for --config.", completion: .file())
    var files: [String] = []
    @OptionGroup var usual: ConfigurationOption
    @Flag(name: .shortAndLong, help: "Write the files instead.") var write = false
    @Flag(help: "Change nothing; status 1 if a file would change.") var check = false
    @Flag(
        help: ArgumentHelp(
            "Also put right what leaves nothing to decide: misspelt directives and options, and \";\" at the end.",
            discussion:
                "Who may use a route is never guessed at. What was put right is told on standard error."))
    var fix = false
    @Flag(help: "Show what would change, and change nothing.") var diff = false

    func validate() throws {
        if write, check || diff { throw ValidationError("--write, or --check and --diff") }
        if !files.isEmpty, usual.config != nil {
            throw ValidationError("name the files once: as arguments or with --config")
        }
        if write, files.contains("-") { throw ValidationError("standard input cannot be written") }
    }

    func run() {
        finish { () throws(ExitFailure) in
            var status = ExitStatus.success
            for path in files.isEmpty ? [try usual.path()] : files {
                let before = try Self.read(path)
                let after = try Self.format(fix ? Self.fixed(before, path) : before, path)
                if check || diff {
                    if before != after { status = check ? ExitStatus.failure : status }
                    if before != after, check, !diff { StandardOutput.write("\(path)\n") }
                    if diff { StandardOutput.write(LineDiff.text(before, after, path: path)) }
                } else if write {
                    if before != after { try Self.replace(path, after) }
                } else {
                    StandardOutput.write(after)
                }
            }
            return status
        }
    }

    private static func read(_ path: String) throws(ExitFailure) -> [UInt8] {
        switch SystemSource().read(path: path == "-" ? "/dev/stdin" : path) {
        case .success(let bytes): return bytes
        case .failure(let error):
            throw ExitFailure(status: ExitStatus.noInput, message: "\(path): \(error.message)")
        }
    }

    private static func fixed(_ bytes: [UInt8], _ path: String) -> [UInt8] {
        let result = fixConfiguration(bytes, path: path, source: SystemSource())
        for found in result.fixes {
            let right =
                found.replacement?.text == "\n" ? "a line end" : "\"\(found.replacement?.text ?? "")\""
            StandardError.say("\(found.file):\(found.line):\(found.column): \(found.message): put \(right)\n")
        }
        return result.bytes
    }

    private static func format(_ bytes: [UInt8], _ path: String) throws(ExitFailure) -> [UInt8] {
        switch formatConfiguration(bytes, path: path) {
        case .formatted(let bytes): return bytes
        case .unreadable(let diagnostics):
            StandardError.write(DiagnosticFormat.text.render(diagnostics, path: path))
            throw ExitFailure(
                status: ExitStatus.configuration, message: "\(path): cannot be read, nothing changed")
        case .changed:
            throw ExitFailure(
                status: ExitStatus.failure,
                message: "\(path): formatting would change its meaning, which is a fault of this program")
        }
    }

    /// A reader sees the old file or the new one. Where a file cannot be replaced, since it is mounted by itself, it is
    /// written in place.
    private static func replace(_ path: String, _ bytes: [UInt8]) throws(ExitFailure) {
        guard let real = realpath(path, nil) else { throw failure(path) }
        defer { free(real) }
        let target = String(cString: real)
        var status = stat()
        guard stat(target, &status) == 0 else { throw failure(path) }
        let draft = "\(target).new-\(getpid())"
        guard write(bytes, to: draft, O_CREAT | O_EXCL, mode: status.st_mode & 0o7777) else {
            throw failure(draft)
        }
        _ = chown(draft, status.st_uid, status.st_gid)
        if rename(draft, target) == 0 { return }
        let code = errno
        unlink(draft)
        guard code == EBUSY, write(bytes, to: target, O_TRUNC, mode: 0) else { throw failure(path) }
    }

    private static func write(_ bytes: [UInt8], to path: String, _ flags: Int32, mode: mode_t) -> Bool {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC | flags, mode)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            done += count
        }
        return fsync(descriptor) == 0
    }

    private static func failure(_ path: String) -> ExitFailure {
        let code = errno
        let isForbidden = code == EACCES || code == EPERM
        return ExitFailure(
            status: isForbidden ? ExitStatus.notPermitted : ExitStatus.cannotCreate,
            message: "cannot write \(path): \(SystemError.text(code))")
    }
}
