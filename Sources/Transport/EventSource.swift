import CLinux

/// What is asked of the kernel, or was reported by it.
public struct Readiness: OptionSet, Sendable {
    /// The epoll bits.
    public let rawValue: UInt32
    /// Wraps epoll bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    /// Bytes, an end or a connection can be read.
    public static let read = Readiness(rawValue: EPOLLIN.rawValue)
    /// There is room to write.
    public static let write = Readiness(rawValue: EPOLLOUT.rawValue)
    /// Both directions are shut, or an error is pending; reported without being asked for.
    public static let broken = Readiness(rawValue: EPOLLHUP.rawValue | EPOLLERR.rawValue)
    /// An error is pending.
    public static let error = Readiness(rawValue: EPOLLERR.rawValue)
    /// Report changes only, so that a standing hang-up is not reported again (EPOLLET).
    static let edge = Readiness(rawValue: EPOLLET.rawValue)
    /// Wake one of the processes that share a listening socket (EPOLLEXCLUSIVE); for the first registration.
    public static let exclusive = Readiness(rawValue: EPOLLEXCLUSIVE.rawValue)
}

/// Something with a descriptor that the loop watches. Confined to the loop's thread.
open class EventSource {
    /// The descriptor; -1 when closed. Owned by the source, closed by the loop at the end of the tick.
    public internal(set) final var descriptor: Int32 = -1
    /// What is asked for.
    public internal(set) final var interest: Readiness = []
    /// Tells an event for this registration from one for an earlier user of the same number.
    final var registrationID: UInt32 = 0
    final var appliedInterest: Readiness = []
    final var isDirty = false

    /// A source without a descriptor.
    public init() {}

    /// The kernel reported `readiness`. Called once a tick at most.
    open func onReady(_ readiness: Readiness) {}
}

/// Work that wants its turn at the end of a tick, before the loop waits again.
open class TickEndTask {
    final var isQueued = false
    /// A task that is not queued.
    public init() {}
    /// Runs it.
    open func onTickEnd() {}
}
