import CLinux
import Glibc
import Transport

/// What a child writes, as far as there is room; read on the loop.
final class ChildOutput: EventSource {
    private static let limit = 64 << 10
    /// For the child's descriptors 1 and 2; closed by `seal`.
    private(set) var childEnd: Int32
    private let loop: EventLoop
    private var bytes: [UInt8] = []

    init(loop: EventLoop) throws(SystemError) {
        self.loop = loop
        var ends: [Int32] = [-1, -1]
        guard clinux_pipe2(&ends) == 0 else { throw SystemError(call: "pipe") }
        childEnd = ends[1]
        super.init()
        // The child's end blocks, as programs expect of their output.
        _ = fcntl(childEnd, F_SETFL, fcntl(childEnd, F_GETFL) & ~O_NONBLOCK)
        do {
            try loop.register(self, descriptor: ends[0], interest: .read)
        } catch {
            Glibc.close(ends[0])
            seal()
            throw error
        }
    }

    /// Closes this process's copy of the child's end.
    func seal() {
        if childEnd >= 0 { Glibc.close(childEnd) }
        childEnd = -1
    }

    override func onReady(_ readiness: Readiness) {
        var chunk = [UInt8](repeating: 0, count: 4_096)
        while descriptor >= 0 {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { return }
            guard count > 0 else {
                loop.close(self)
                return
            }
            bytes.append(contentsOf: chunk[..<min(count, Self.limit - bytes.count)])
        }
    }

    /// Reads the rest and closes; what it was.
    func finish() -> String {
        seal()
        onReady(.read)
        loop.close(self)
        return String(decoding: bytes, as: UTF8.self)
    }
}
