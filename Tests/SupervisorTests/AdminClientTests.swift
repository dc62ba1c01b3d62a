import Testing
import Transport

@testable import Supervisor

@Suite struct AdminClientTests {
    static func parse(_ text: String) throws -> AdminClient.Answer { try AdminClient.parse(Array(text.utf8)) }

    @Test func `reads status, verdict and content`() throws {
        let answer = try Self.parse(
            "HTTP/1.1 422 Unprocessable Content\r\nX: y\r\ngatehouse-status: 78\r\n\r\nline one\r\n\nline three\n"
        )

        #expect(answer.status == 422)
        #expect(answer.exitStatus == 78)
        #expect(answer.text == "line one\r\n\nline three\n")
    }

    @Test func `an error without a verdict is a failure, an empty content is fine`() throws {
        #expect(try Self.parse("HTTP/1.1 404 Not Found\r\n\r\n").exitStatus == 1)
        #expect(try Self.parse("HTTP/1.1 200 OK\r\n\r\n").exitStatus == 0)
        #expect(try Self.parse("HTTP/1.1 200 OK\r\n\r\n").text == "")
    }

    @Test(arguments: ["", "x", "HTTP/1.1", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\r\n"])
    func `anything else is an error, not a crash`(text: String) {
        #expect(throws: SystemError.self) { try Self.parse(text) }
    }

    @Test func `where no gateway runs, it says so`() {
        let failure = #expect(throws: ExitFailure.self) {
            try AdminClient(stateDirectory: "/nonexistent").request("GET", "/readyz")
        }

        #expect(failure?.status == 69)
        #expect(failure?.message.hasPrefix("no gateway is running on /nonexistent") == true)
    }
}
