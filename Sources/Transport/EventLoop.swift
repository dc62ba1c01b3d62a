import CLinux
import Glibc

/// One thread's loop over epoll: descriptors, deadlines, the mailbox. Nothing on it leaves its thread.
///
/// Level-triggered. Interest changes are gathered and applied before the next wait; a descriptor is closed at
/// the end of the tick, so that its number cannot be reused while events of this tick are still to come.
public final class EventLoop {
    /// Monotonic milliseconds, read once a tick.
    public private(set) var now: Int64
    /// Monotonic microseconds, read once a tick.
    public private(set) var nowMicroseconds: Int64
    /// Milliseconds since 1970, read once a tick.
    public private(set) var wallNow: Int64
    /// How long its turns took, from the end of one wait to the beginning of the next: as long as that, nobody else was
    /// served.
    public private(set) var turns = DurationCounts()
    /// Where other threads leave word for this loop.
    public let mailbox: Mailbox

    private let epoll: FileDescriptor
    /// By descriptor. Retained by hand, so that telling one of its event counts no reference; given up at the end of
    /// the tick in which it leaves, since its callers may still be at work for it.
    private var sources: ContiguousArray<Unmanaged<EventSource>?> = []
    private var registrations: UInt32 = 0
    private var dirty: ContiguousArray<EventSource> = []
    private var closing: ContiguousArray<Int32> = []
    private var leaving: ContiguousArray<Unmanaged<EventSource>> = []
    private var tickEnd: ContiguousArray<TickEndTask> = []
    private var timers: TimerWheel
    private var due: [DeadlineTimer] = []
    private var events: UnsafeMutableBufferPointer<epoll_event>
    private var isStopped = false
    private let mailSource: MailboxSource

    /// A loop for the calling thread.
    public init() throws(SystemError) {
        let number = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard number >= 0 else { throw SystemError(call: "epoll_create1") }
        epoll = FileDescriptor(number)
        nowMicroseconds = Clock.monotonicMicroseconds()
        now = nowMicroseconds / 1_000
        wallNow = Clock.wallMilliseconds()
        timers = TimerWheel(now: now)
        events = .allocate(capacity: 256)
        let bell = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard bell >= 0 else { throw SystemError(call: "eventfd") }
        mailbox = Mailbox(bell: bell)
        mailSource = MailboxSource(mailbox)
        try register(mailSource, descriptor: bell, interest: .read)
    }

    deinit {
        events.deallocate()
        for descriptor in closing { Glibc.close(descriptor) }
        for source in leaving { source.release() }
        for source in sources { source?.release() }
    }

    // MARK: Descriptors

    /// Starts to watch `descriptor` for `source`, which then owns it.
    public func register(
        _ source: EventSource, descriptor: Int32, interest: Readiness
    ) throws(SystemError) {
        registrations &+= 1
        source.registrationID = registrations
        var event = epoll_event()
        event.events = interest.rawValue
        event.data.u64 = UInt64(registrations) << 32 | UInt64(UInt32(bitPattern: descriptor))
        guard epoll_ctl(epoll.number, EPOLL_CTL_ADD, descriptor, &event) == 0 else {
            throw SystemError(call: "epoll_ctl")
        }
        source.descriptor = descriptor
        source.interest = interest
        source.appliedInterest = interest
        while sources.count <= Int(descriptor) { sources.append(nil) }
        sources[Int(descriptor)] = Unmanaged.passRetained(source)
    }

    /// Changes what is asked for; takes effect before the next wait.
    public func setInterest(_ source: EventSource, _ interest: Readiness) {
        guard source.interest != interest, source.descriptor >= 0 else { return }
        source.interest = interest
        if source.isDirty { return }
        source.isDirty = true
        dirty.append(source)
    }

    /// Stops watching; the descriptor is closed at the end of the tick.
    public func close(_ source: EventSource) {
        let descriptor = source.descriptor
        guard descriptor >= 0 else { return }
        source.descriptor = -1
        forget(descriptor)
        closing.append(descriptor)
    }

    /// Hears of the descriptor no more, and keeps it. Needed before `close` if other processes have it too: the
    /// kernel watches on for this one as long as anybody has it open (epoll(7), Q6).
    func stopWatching(_ source: EventSource) {
        guard source.descriptor >= 0 else { return }
        epoll_ctl(epoll.number, EPOLL_CTL_DEL, source.descriptor, nil)
    }

    /// Stops watching and hands the open descriptor back.
    public func release(_ source: EventSource) -> Int32 {
        let descriptor = source.descriptor
        guard descriptor >= 0 else { return -1 }
        source.descriptor = -1
        forget(descriptor)
        epoll_ctl(epoll.number, EPOLL_CTL_DEL, descriptor, nil)
        return descriptor
    }

    private func forget(_ descriptor: Int32) {
        guard let source = sources[Int(descriptor)].take() else { return }
        leaving.append(source)
    }

    // MARK: Time and turns

    /// Keeps `receiver` for the one value that another thread will post under the returned number.
    public func expect(_ receiver: @escaping (any Sendable) -> Void) -> UInt64 {
        mailSource.expect(receiver)
    }

    /// Sets `timer` to `milliseconds` from now.
    public func arm(_ timer: DeadlineTimer, after milliseconds: Int) {
        timers.arm(timer, at: now + Int64(max(milliseconds, 0)))
    }

    /// Sets `timer` to a monotonic time.
    public func arm(_ timer: DeadlineTimer, at deadline: Int64) {
        timers.arm(timer, at: deadline)
    }

    /// Gives `task` a turn at the end of this tick.
    public func atTickEnd(_ task: TickEndTask) {
        if task.isQueued { return }
        task.isQueued = true
        tickEnd.append(task)
    }

    // MARK: Running

    /// Runs until `stop()`.
    public func run() {
        isStopped = false
        while !isStopped { tick(limit: 1_000) }
        finishTick()
    }

    /// Ends `run()` after the current tick.
    public func stop() { isStopped = true }

    /// One pass: wait at most `limit` milliseconds, serve what is ready, what is due, and the end of the tick.
    public func tick(limit: Int64) {
        finishTick()
        turns.note(Clock.monotonicMicroseconds() - nowMicroseconds)
        let wait = timers.wait(now: now, limit: limit)
        let count = epoll_wait(epoll.number, events.baseAddress, Int32(events.count), Int32(wait))
        nowMicroseconds = Clock.monotonicMicroseconds()
        now = nowMicroseconds / 1_000
        wallNow = Clock.wallMilliseconds()
        if count > 0 { dispatch(Int(count)) }
        timers.advance(to: now, due: &due)
        while let timer = due.popLast() {
            // Whoever was told before may have taken this one back, or moved it.
            if timer.deadline > now { continue }
            timer.disarm()
            timer.receiver?.onDeadline(timer)
        }
    }

    private func dispatch(_ count: Int) {
        for index in 0..<count {
            let event = events[index]
            let descriptor = Int(UInt32(truncatingIfNeeded: event.data.u64))
            guard descriptor < sources.count, let source = sources[descriptor] else { continue }
            source._withUnsafeGuaranteedRef { source in
                guard source.registrationID == UInt32(truncatingIfNeeded: event.data.u64 >> 32) else {
                    return
                }
                source.onReady(Readiness(rawValue: event.events))
            }
        }
        if count == events.count && count < 4096 { growEvents() }
    }

    private func growEvents() {
        let larger = events.count * 2
        events.deallocate()
        events = .allocate(capacity: larger)
    }

    private func finishTick() {
        var index = 0
        while index < tickEnd.count {
            let task = tickEnd[index]
            task.isQueued = false
            task.onTickEnd()
            index += 1
        }
        tickEnd.removeAll(keepingCapacity: true)
        applyInterest()
        if !closing.isEmpty {
            for descriptor in closing { Glibc.close(descriptor) }
            closing.removeAll(keepingCapacity: true)
        }
        if !leaving.isEmpty {
            // One that goes may be the last to hold another, which then leaves as well.
            let gone = leaving
            leaving.removeAll(keepingCapacity: true)
            for source in gone { source.release() }
        }
    }

    private func applyInterest() {
        if dirty.isEmpty { return }
        for source in dirty {
            source.isDirty = false
            guard source.descriptor >= 0, source.interest != source.appliedInterest else { continue }
            var event = epoll_event()
            event.events = source.interest.rawValue
            event.data.u64 =
                UInt64(source.registrationID) << 32 | UInt64(UInt32(bitPattern: source.descriptor))
            if epoll_ctl(epoll.number, EPOLL_CTL_MOD, source.descriptor, &event) == 0 {
                source.appliedInterest = source.interest
            }
        }
        dirty.removeAll(keepingCapacity: true)
    }
}
