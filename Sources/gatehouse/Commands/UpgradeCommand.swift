import ArgumentParser
import Glibc
import Supervisor

/// `gatehouse upgrade`.
struct UpgradeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "upgrade", abstract: "Have another version take over, without losing a request.",
        discussion: """
            The running gateway tries the new program first: it must run here, find the configuration good, and \
            understand what it is handed. Then the gateway becomes the new program, in the same process and with \
            the same sockets and Redis; new workers start, and the old ones finish what they have.

            Waits for the verdict. Status 0: the new version serves. 1: it could not take over. 66: there is no such \
            program. 77: it may not be run. 78: it finds errors in the configuration. In all cases but the first the \
            running version goes on.
            """)
    @Argument(
        help: ArgumentHelp("The new program. Default: the one that runs this command.", valueName: "binary"),
        completion: .file())
    var binary: String?
    @OptionGroup var gateway: RunningGateway

    func run() {
        finish { () throws(ExitFailure) in
            let path = try Self.absolute(binary ?? "/proc/self/exe")
            let answer = try gateway.client().request(
                "POST", UpgradeRequest.target(path), accept: "text/plain")
            answer.exitStatus == ExitStatus.success
                ? StandardError.say(answer.text) : StandardError.write(answer.text)
            return answer.exitStatus
        }
    }

    /// Names are followed here: /proc/self/exe is another program for the gateway.
    private static func absolute(_ path: String) throws(ExitFailure) -> String {
        guard let resolved = realpath(path, nil) else {
            throw ExitFailure(
                status: ExitStatus.noInput, message: "\(path): \(String(cString: strerror(errno)))")
        }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
