import Foundation
import GatewayConfig
import Testing

/// The README's reference is the schema's.
@Suite("README")
struct ReferenceTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    private static let start = "<!-- reference -->\n"
    private static let end = "<!-- end of reference -->\n"

    /// With `GATEHOUSE_WRITE_REFERENCE` set, the README is brought up to date instead.
    @Test func `the reference of directives in the README is the one of the schema`() throws {
        let file = Self.root.appending(path: "README.md")
        let text = try String(contentsOf: file, encoding: .utf8)
        let start = try #require(text.range(of: Self.start))
        let end = try #require(text.range(of: Self.end, range: start.upperBound..<text.endIndex))
        let inside = start.upperBound..<end.lowerBound
        if ProcessInfo.processInfo.environment["GATEHOUSE_WRITE_REFERENCE"] != nil {
            try text.replacingCharacters(in: inside, with: referenceMarkdown())
                .write(to: file, atomically: true, encoding: .utf8)
            return
        }

        let isSame = text[inside] == referenceMarkdown()

        #expect(isSame, "GATEHOUSE_WRITE_REFERENCE=1 swift test --filter ReferenceTests brings it up to date")
    }

    @Test func `the README's gateway.conf has no error`() throws {
        let text = try String(contentsOf: Self.root.appending(path: "README.md"), encoding: .utf8)
        let blocks = text.components(separatedBy: "```").filter { $0.contains("\nlisten 127.0.0.1:8080") }

        #expect(blocks.count == 1)
        for block in blocks {
            let result = load(block)
            #expect(result.errorCount == 0, "\(render(result))")
        }
    }
}
