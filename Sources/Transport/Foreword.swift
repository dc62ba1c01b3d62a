import CLinux
import Glibc

/// The first bytes of a connection, looked at before anybody owns its stream: what is taken of them is gone, and
/// what follows is the stream's.
///
/// Watches for changes only, since what is looked at stays with the kernel and would be reported without end.
open class Foreword: EventSource {
    /// What a look found.
    public enum Look: Sendable, Equatable {
        /// So many bytes, the first of those that are there.
        case bytes(Int)
        /// Nothing yet.
        case nothing
        /// The end, or a failure.
        case over
    }

    private let loop: EventLoop

    /// Begins to watch the connected `descriptor`; `onReady` tells of bytes.
    public init(loop: EventLoop, connected descriptor: Int32) throws(SystemError) {
        self.loop = loop
        super.init()
        do {
            try loop.register(self, descriptor: descriptor, interest: [.read, .edge])
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    /// Copies the first bytes that are there to `target`, and leaves them where they are.
    public final func look(_ target: UnsafeMutableRawBufferPointer) -> Look {
        guard descriptor >= 0 else { return .over }
        let count = retryingInterrupted {
            recv(descriptor, target.baseAddress, target.count, Int32(MSG_PEEK))
        }
        if count > 0 { return .bytes(count) }
        return count < 0 && errno == EAGAIN ? .nothing : .over
    }

    /// Drops the first `count` bytes, at most as many as a look has found, and gives the descriptor away; -1, and
    /// nothing is open any more, if they cannot be read.
    public final func leave(dropping count: Int) -> Int32 {
        guard descriptor >= 0 else { return -1 }
        let isDropped = withUnsafeTemporaryAllocation(byteCount: max(count, 1), alignment: 1) { target in
            count == 0 || retryingInterrupted { clinux_recv(descriptor, target.baseAddress, count) } == count
        }
        guard isDropped else {
            close()
            return -1
        }
        return loop.release(self)
    }

    /// Closes the connection.
    public final func close() { loop.close(self) }
}
