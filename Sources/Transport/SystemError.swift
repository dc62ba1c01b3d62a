import Glibc

/// A system call that failed.
public struct SystemError: Error, Sendable, CustomStringConvertible {
    /// The call, as in its manual page.
    public let call: String
    /// Its errno.
    public let code: Int32

    /// An error of `call` with errno `code`.
    public init(call: String, code: Int32) {
        self.call = call
        self.code = code
    }

    /// An error of `call` with the errno it left.
    public init(call: String) {
        self.init(call: call, code: errno)
    }

    /// The text of the errno, as strerror(3) has it.
    public var reason: String { SystemError.text(code) }
    /// For logs: `connect: Connection refused`.
    public var description: String { "\(call): \(reason)" }

    /// Whether this process or machine ran out of descriptors or memory: it says nothing about a peer.
    public var isOwnShortage: Bool { [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(code) }

    /// The text of an errno.
    public static func text(_ code: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 128)
        guard strerror_r(code, &buffer, buffer.count) == 0 else { return "errno \(code)" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// Repeats a call that a signal interrupted.
@inline(__always)
func retryingInterrupted(_ call: () -> Int) -> Int {
    while true {
        let result = call()
        if result >= 0 || errno != EINTR { return result }
    }
}
