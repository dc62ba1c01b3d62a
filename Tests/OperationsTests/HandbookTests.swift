import Foundation
import Operations
import Testing

/// The handbook's table of metrics is that of the code.
@Suite("Handbook")
struct HandbookTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    private static let start = "<!-- metrics -->\n"
    private static let end = "<!-- end of metrics -->\n"

    /// With `GATEHOUSE_WRITE_REFERENCE` set, the handbook is brought up to date instead.
    @Test func `the metrics of the handbook are those that are shown`() throws {
        let file = Self.root.appending(path: "deploy/README.md")
        let text = try String(contentsOf: file, encoding: .utf8)
        let start = try #require(text.range(of: Self.start))
        let end = try #require(text.range(of: Self.end, range: start.upperBound..<text.endIndex))
        let inside = start.upperBound..<end.lowerBound
        if ProcessInfo.processInfo.environment["GATEHOUSE_WRITE_REFERENCE"] != nil {
            try text.replacingCharacters(in: inside, with: metricsMarkdown())
                .write(to: file, atomically: true, encoding: .utf8)
            return
        }

        let isSame = text[inside] == metricsMarkdown()

        #expect(isSame, "GATEHOUSE_WRITE_REFERENCE=1 swift test --filter HandbookTests brings it up to date")
    }
}
