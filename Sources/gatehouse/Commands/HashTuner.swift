import Accounts
import Supervisor

/// `gatehouse hash --tune`.
enum HashTuner {
    private static let bounds: ClosedRange<Int64> = 10...10_000

    /// Prints the directive for about `time`, and what it means.
    ///
    /// - Throws: `ExitFailure`.
    static func run(_ time: String, _ algorithm: HashCommand.Algorithm) throws(ExitFailure) -> Int32 {
        let target = try TimeText.milliseconds(time)
        guard bounds.contains(target) else {
            throw ExitFailure(status: ExitStatus.usage, message: "--tune takes 10ms to 10s, not \(time)")
        }
        let result: HashTuning.Result
        do throws(HashFailure) {
            result =
                switch algorithm {
                case .argon2id:
                    try HashTuning.argon2id(target: Double(target), measure: HashTuning.measure)
                case .bcrypt: try HashTuning.bcrypt(target: Double(target), measure: HashTuning.measure)
                }
        } catch { throw ExitFailure(status: ExitStatus.failure, message: "cannot measure: \(error)") }
        let taken = Int(result.milliseconds.rounded())
        StandardOutput.write("hash \(words(result.kind))  # \(taken) ms on this machine\n")
        StandardError.write(advice(result, target: target))
        return ExitStatus.success
    }

    /// As people write it in gateway.conf.
    private static func words(_ kind: HashKind) -> String {
        guard case .argon2id(let memory, let passes, let lanes) = kind else { return "\(kind)" }
        return "argon2id \(memory >> 10)m \(passes) \(lanes)"
    }

    private static func advice(_ result: HashTuning.Result, target: Int64) -> String {
        let perMinute = Int(60_000 / max(result.milliseconds, 1))
        var text = "A CPU checks \(perMinute) logins a minute with it"
        if case .argon2id(let memory, _, _) = result.kind {
            text += ", and each that runs at the same time needs \(memory >> 10) MiB"
        }
        text += ".\n"
        if result.milliseconds > Double(target) {
            text += "It takes longer than asked for, but anything weaker is quickly guessed.\n"
        }
        return text + "It belongs in the users block; hashes that there are change at the next login.\n"
    }
}
