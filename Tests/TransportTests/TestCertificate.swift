import Foundation
import Testing

@testable import Transport

/// A certificate and its key, made by the openssl command.
struct TestCertificate {
    let certificate: [UInt8]
    let key: [UInt8]
    let files: (certificate: String, key: String)

    /// For `names` (literal addresses among them), signed by `issuer`, or by its own key.
    init(
        _ names: [String], issuer: TestCertificate? = nil, kind: String = "ec", isAuthority: Bool = false,
        hasNames: Bool = true
    ) throws {
        let base = temporaryPath("certificate")
        files = (base + ".pem", base + ".key")
        let algorithm = kind == "ec" ? ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"] : ["rsa:2048"]
        let list = names.map { (SocketAddress(literal: $0, port: 0) == nil ? "DNS:" : "IP:") + $0 }
        var words =
            ["req", "-x509", "-newkey"] + algorithm + [
                "-nodes", "-keyout", files.key, "-out", files.certificate, "-days", "30", "-subj",
                "/CN=\(names[0])", "-addext",
                "basicConstraints=critical,CA:\(isAuthority ? "TRUE" : "FALSE")",
            ]
        if hasNames { words += ["-addext", "subjectAltName=" + list.joined(separator: ",")] }
        if let issuer { words += ["-CA", issuer.files.certificate, "-CAkey", issuer.files.key] }
        try Self.openssl(words)
        certificate = Array(try Data(contentsOf: URL(fileURLWithPath: files.certificate)))
        key = Array(try Data(contentsOf: URL(fileURLWithPath: files.key)))
    }

    /// As a listener has it; `chain` stands behind it.
    func loaded(_ chain: TestCertificate...) throws -> TLSCertificate {
        try TLSCertificate(certificate: certificate + chain.flatMap(\.certificate), key: key)
    }

    static func openssl(_ words: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = words
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "openssl \(words.joined(separator: " "))")
    }
}

/// A TLS stream of each side over one TCP connection, on one loop.
final class TLSPair {
    let server: TLSStream
    let client: TLSStream
    let serverSide = Recorder()
    let clientSide = Recorder()

    init(
        _ loop: EventLoop, _ serverContext: TLSServerContext, _ clientContext: TLSClientContext,
        pool: BufferPool = BufferPool(blockSize: 16 << 10, limit: 8)
    ) throws {
        let listener = try Sockets.listen(
            try #require(SocketAddress(literal: "127.0.0.1", port: 0)), backlog: 4)
        let address = try #require(Sockets.localAddress(listener.number))
        client = try TLSStream(loop: loop, connectingTo: address, pool: pool, context: clientContext)
        var accepted: Int32 = -1
        _ = loop.run {
            accepted = accept(listener.number, nil, nil)
            return accepted >= 0
        }
        Sockets.adopt(accepted)
        server = try TLSStream(loop: loop, connected: accepted, pool: pool, context: serverContext)
        server.handler = serverSide
        client.handler = clientSide
    }
}
