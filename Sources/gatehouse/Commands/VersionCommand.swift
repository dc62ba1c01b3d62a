import ArgumentParser
import Operations
import Supervisor

/// `gatehouse version`.
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Say what this build is, and with which libraries it runs.")
    @Flag(help: "JSON instead of lines.") var json = false

    func run() {
        let parts = BuildInformation.parts()
        if !json {
            StandardOutput.write(parts.map { "\($0.name) \($0.version)\n" }.joined())
            return
        }
        var text: [UInt8] = []
        for part in parts {
            text.append(text.isEmpty ? UInt8(ascii: "{") : UInt8(ascii: ","))
            JSONText.append(part.name, to: &text)
            text.append(UInt8(ascii: ":"))
            JSONText.append(part.version, to: &text)
        }
        StandardOutput.write(text + [UInt8(ascii: "}"), 0x0a])
    }
}
