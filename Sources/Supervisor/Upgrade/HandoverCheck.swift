import Glibc
import Operations
import Transport

/// The hidden subcommand `handover-check`: whether this program can take over from the gateway that started it. It
/// answers on standard output, with a digest of what it was given, so that no other program can be taken for one.
public enum HandoverCheck {
    static let handoverDescriptor: Int32 = 4
    static let firstSnapshot: Int32 = 5

    /// Reads descriptor 4, a handover, and from 5 on the snapshots of its configurations; returns an exit status.
    public static func run() -> Int32 {
        do {
            let bytes = try Snapshot.read(handoverDescriptor)
            let handover = try Handover(bytes)
            for (index, item) in handover.configurations.enumerated() {
                let snapshot = try Snapshot.read(firstSnapshot + Int32(index))
                guard ConfigurationFile.replay(snapshot) != nil else {
                    throw HandoverFailure(
                        reason: "this version cannot read the configuration of generation \(item.number), "
                            + "which version \(item.version) runs with")
                }
            }
            StandardOutput.write(answer(to: bytes, version: Version.text))
            return ExitStatus.success
        } catch let error as HandoverFailure {
            StandardOutput.write(error.reason + "\n")
        } catch {
            StandardOutput.write("\(error)\n")
        }
        return ExitStatus.failure
    }

    static func answer(to bytes: [UInt8], version: String) -> String {
        "gatehouse \(version) takes over \(Generation.fingerprint(of: bytes))\n"
    }

    /// The version that gave `answer` to the handover `bytes`; nil if it is none of ours.
    static func version(in text: String, of bytes: [UInt8]) -> String? {
        let words = text.split(separator: " ", maxSplits: 2)
        guard words.count == 3, text == answer(to: bytes, version: String(words[1])) else { return nil }
        return String(words[1])
    }
}
