import GatewayConfig
import Glibc
import Operations

/// What the kernel allows, where it cuts without a word.
enum KernelLimits {
    /// Longest queue of connections that wait to be accepted (net.core.somaxconn); nil if nobody can say.
    static func queue(_ path: String = "/proc/sys/net/core/somaxconn") -> Int? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = read(descriptor, &bytes, bytes.count)
        var value = 0
        for byte in bytes.prefix(max(count, 0)) {
            guard (48...57).contains(byte) else { break }
            value = min(value * 10 + Int(byte) - 48, 1 << 31)
        }
        return value > 0 ? value : nil
    }
}

extension Master {
    /// Says which queues are shorter than asked for; those of the service manager's sockets are its own.
    func warnOfShortQueues(_ listeners: [ListenerSettings]) {
        guard let limit = KernelLimits.queue() else { return }
        for listener in listeners where listener.backlog > limit {
            if case .inherited = listener.endpoint { continue }
            log.warning(
                "the kernel queues fewer connections than backlog asks for; raise net.core.somaxconn",
                [
                    "listen": .text(listener.endpoint.text), "backlog": .number(listener.backlog),
                    "somaxconn": .number(limit),
                ])
        }
    }
}
