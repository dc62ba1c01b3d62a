import Operations
import Transport

extension ClientConnection {
    private static let plainTextReply: StaticString = """
        HTTP/1.1 400 Bad Request\r
        Content-Type: text/plain; charset=utf-8\r
        Content-Length: 50\r
        Cache-Control: no-store\r
        Connection: close\r
        \r
        This port speaks https: use https:// in the URL.\r\n
        """

    /// A client that speaks plain HTTP to a port of TLS is told so, since it would not understand an alert.
    func refusePlainText() {
        worker.tally.count(.badRequests)
        worker.meters.rejections.count(RejectionLabel.tls)
        worker.write(Self.plainTextReply, to: stream)
        finishAndClose(lingering: true)
    }

    /// One that connects and leaves without a word, as health checks do, has failed at nothing.
    func handshakeFailed(_ reason: String) {
        guard (stream as? TLSStream)?.hasHeard == true else { return }
        worker.tally.count(.tlsFailures)
        worker.meters.rejections.count(RejectionLabel.tls)
        worker.processLog.info(
            "a TLS handshake failed",
            ["client": .text(String(decoding: peer.text, as: UTF8.self)), "reason": .text(reason)])
    }
}
