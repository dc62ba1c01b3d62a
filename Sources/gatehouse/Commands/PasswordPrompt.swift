import Glibc
import Supervisor

/// Reads a password: from the terminal without showing it, else the first line of standard input.
enum PasswordPrompt {
    private static let limit = 4_096

    static func read(twice: Bool) throws(ExitFailure) -> [UInt8] {
        guard isatty(STDIN_FILENO) == 1 else { return try line() }
        let password = try ask("Password: ")
        if twice, try ask("Once more: ") != password {
            throw ExitFailure(status: ExitStatus.failure, message: "the two are not the same")
        }
        return password
    }

    private static func ask(_ prompt: String) throws(ExitFailure) -> [UInt8] {
        StandardError.write(prompt)
        var before = termios()
        tcgetattr(STDIN_FILENO, &before)
        var silent = before
        silent.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
            StandardError.write("\n")
        }
        return try line()
    }

    private static func line() throws(ExitFailure) -> [UInt8] {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while Glibc.read(STDIN_FILENO, &byte, 1) == 1, byte != 0x0a {
            bytes.append(byte)
            if bytes.count > limit {
                throw ExitFailure(
                    status: ExitStatus.failure, message: "a password has at most \(limit) bytes")
            }
        }
        if bytes.last == 0x0d { bytes.removeLast() }
        guard !bytes.isEmpty else {
            throw ExitFailure(status: ExitStatus.failure, message: "no password given")
        }
        return bytes
    }
}
