import ArgumentParser
import Glibc
import Secrets
import Supervisor
import Transport

/// `gatehouse key`.
struct KeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Make and check session keys.", subcommands: [New.self, Check.self])

    /// `gatehouse key new`.
    struct New: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "new",
            abstract: "Make keys: 32 random bytes as base64, in files or on standard output.")
        @Argument(help: "Files to make; none: standard output.", completion: .file()) var paths: [String] = []
        @Flag(help: "Leave a file alone that is there already; otherwise it is an error.") var ifMissing =
            false
        @Option(help: ArgumentHelp("Who owns the files.", valueName: "user[:group]")) var owner: String?
        @Option(help: ArgumentHelp("The files' mode, in octal.", valueName: "mode")) var mode = "0400"

        func run() {
            finish { () throws(ExitFailure) in
                guard let mode = UInt32(mode, radix: 8), mode <= 0o777 else {
                    throw ExitFailure(
                        status: ExitStatus.usage, message: "\"\(mode)\" is not a mode, as 0400 is")
                }
                let owner = try owner.map { (text) throws(ExitFailure) in try FileOwner(text) }
                if paths.isEmpty { StandardOutput.write(try KeyMaker.line()) }
                for path in paths {
                    if ifMissing, access(path, F_OK) == 0 { continue }
                    try KeyMaker.create(path, mode: mode, owner: owner)
                    StandardError.say("made \(path)\n")
                }
                return ExitStatus.success
            }
        }
    }

    /// `gatehouse key check`.
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check", abstract: "Check key files: status 0, or 1 if one cannot be used.")
        @Argument(help: "The files.", completion: .file()) var paths: [String]

        func run() {
            finish { () throws(ExitFailure) in
                var status = ExitStatus.success
                for path in paths {
                    do throws(KeyFileFailure) {
                        let key = try KeyFile.read(path: path)
                        StandardOutput.write("\(path): good, \(key.count) bytes\(Self.warning(path))\n")
                    } catch {
                        StandardOutput.write("\(path): \(error.text)\n")
                        status = ExitStatus.failure
                    }
                }
                return status
            }
        }

        private static func warning(_ path: String) -> String {
            var status = stat()
            guard stat(path, &status) == 0, status.st_mode & 0o077 != 0 else { return "" }
            return "; others may read it: chmod go= \(path)"
        }
    }
}

/// A user, and perhaps a group, by name or number.
struct FileOwner {
    let user: uid_t
    let group: gid_t

    init(_ text: String) throws(ExitFailure) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(
            String.init)
        if let number = uid_t(parts[0]) {
            user = number
        } else if let entry = getpwnam(parts[0]) {
            user = entry.pointee.pw_uid
        } else {
            throw ExitFailure(status: ExitStatus.usage, message: "there is no user \"\(parts[0])\"")
        }
        guard parts.count > 1, !parts[1].isEmpty else {
            group = gid_t.max
            return
        }
        if let number = gid_t(parts[1]) {
            group = number
        } else if let entry = getgrnam(parts[1]) {
            group = entry.pointee.gr_gid
        } else {
            throw ExitFailure(status: ExitStatus.usage, message: "there is no group \"\(parts[1])\"")
        }
    }
}

/// Makes session keys.
enum KeyMaker {
    /// A key as a line of text.
    static func line() throws(ExitFailure) -> [UInt8] {
        do throws(RandomFailure) {
            return Base64.encode(try RandomBytes.make(count: SigningKey.minimumCount)) + [0x0a]
        } catch {
            throw ExitFailure(status: ExitStatus.failure, message: "no random bytes")
        }
    }

    /// A key in a new file. One that is there is never touched.
    static func create(_ path: String, mode: UInt32, owner: FileOwner?) throws(ExitFailure) {
        let key = try line()
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            let code = errno
            let hint = code == EEXIST ? "; a key is not replaced, since that would end all sessions" : ""
            throw failure("cannot make \(path)", code, hint)
        }
        defer { close(descriptor) }
        if let owner, fchown(descriptor, owner.user, owner.group) != 0 {
            throw discard(path, "cannot give \(path) away")
        }
        guard write(descriptor, key, key.count) == key.count, fchmod(descriptor, mode) == 0,
            fsync(descriptor) == 0
        else { throw discard(path, "cannot write \(path)") }
    }

    private static func discard(_ path: String, _ text: String) -> ExitFailure {
        let code = errno
        unlink(path)
        return failure(text, code, "")
    }

    private static func failure(_ text: String, _ code: Int32, _ hint: String) -> ExitFailure {
        let isForbidden = code == EACCES || code == EPERM
        return ExitFailure(
            status: isForbidden ? ExitStatus.notPermitted : ExitStatus.cannotCreate,
            message: "\(text): \(SystemError.text(code))\(hint)")
    }
}
