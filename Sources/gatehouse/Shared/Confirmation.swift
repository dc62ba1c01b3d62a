import Glibc
import Supervisor

/// Asks before something is destroyed.
enum Confirmation {
    /// Whether the person at the terminal says yes. Where there is no terminal, nobody can be asked: then `unattended`
    /// decides.
    static func ask(_ question: String, unattended: Bool) -> Bool {
        guard isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) == 1 else { return unattended }
        StandardError.write("\(question) [y/N] ")
        guard let answer = readLine(strippingNewline: true)?.lowercased() else { return false }
        return answer == "y" || answer == "yes"
    }
}
