import GatewayConfig
import RandomTestSupport
import Testing

@Suite struct ReplayTests {
    private var source: TextSource {
        var source = TextSource(
            files: [
                "gateway.conf": Sample.with("include conf.d/*.conf\nlog { level ${env:LEVEL:-info} }")
                    .replacingSession("session { key_file state/k\nold_key_file old }")
                    .replacing("state/k\nold_key_file old }", with: "state/k }"),
                "conf.d/a.conf": "workers 3",
                "conf.d/b.conf": "problem_base ${env:BASE}",
            ], variables: ["BASE": "urn:b:"])
        source.modes["state/k"] = 0o600
        return source
    }

    @Test func `a replayed load is the same load`() throws {
        let recording = RecordingSource(source)
        let first = loadSettings(path: "gateway.conf", source: recording)
        let replay = try #require(ReplaySource(snapshot: recording.snapshot()))

        let second = loadSettings(path: "gateway.conf", source: replay)

        #expect(first.settings != nil)
        #expect(first.settings == second.settings)
        #expect(first.diagnostics == second.diagnostics)
        #expect(second.settings?.workers == 3)
        #expect(second.settings?.problemBase == "urn:b:")
        #expect(recording.paths == ["conf.d/a.conf", "conf.d/b.conf", "gateway.conf", "state/k"])
    }

    @Test func `errors are replayed as well`() throws {
        let recording = RecordingSource(TextSource(files: ["a": "session { key ${file:/x} }\nnonsense"]))
        let first = loadSettings(path: "a", source: recording)
        let replay = try #require(ReplaySource(snapshot: recording.snapshot()))

        let second = loadSettings(path: "a", source: replay)
        #expect(second.diagnostics == first.diagnostics)
        #expect(loadSettings(path: "b", source: replay).unreadable?.isMissing == false)
    }

    @Test func `equal answers are equal bytes, in whatever order they were asked for`() {
        let (one, two) = (RecordingSource(source), RecordingSource(source))
        _ = (
            one.read(path: "gateway.conf"), one.environment("X"), one.environment("BASE"),
            one.read(path: "none")
        )
        _ = (
            two.environment("BASE"), two.read(path: "none"), two.environment("X"),
            two.read(path: "gateway.conf")
        )

        #expect(one.snapshot() == two.snapshot())
    }

    @Test func `a question asked twice has one answer`() {
        final class Changing: ConfigSource {
            var count = 0
            func read(path: String) -> Result<[UInt8], ConfigSourceError> {
                count += 1
                return .success([UInt8(count)])
            }
            func list(glob: String) -> [String] { [] }
            func environment(_ name: String) -> String? { nil }
        }
        let recording = RecordingSource(Changing())

        #expect(recording.read(path: "a") == recording.read(path: "a"))
    }

    @Test func `a snapshot that is cut or wrong anywhere is refused, or at least never traps`() {
        let recording = RecordingSource(source)
        _ = loadSettings(path: "gateway.conf", source: recording)
        let bytes = recording.snapshot()
        var random = SeededRandom(7)

        #expect(ReplaySource(snapshot: []) == nil)
        for count in 0..<bytes.count { _ = ReplaySource(snapshot: Array(bytes[..<count])) }
        for _ in 0..<2_000 {
            var wrong = bytes
            wrong[random.below(wrong.count)] = UInt8(random.below(256))
            if let replay = ReplaySource(snapshot: wrong) {
                _ = loadSettings(path: "gateway.conf", source: replay)
            }
        }
    }
}
