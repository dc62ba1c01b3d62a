/// Told when a deadline has passed.
public protocol DeadlineReceiver: AnyObject {
    /// `timer` has passed its deadline; it is disarmed.
    func onDeadline(_ timer: DeadlineTimer)
}

/// One deadline of one owner. Moving it later or off costs a store; moving it earlier, an append.
public final class DeadlineTimer {
    /// Monotonic milliseconds; `.max` = off.
    public internal(set) var deadline = Int64.max
    /// The wheel's slot number it stands in for real; `.max` = in none. Entries elsewhere are stale.
    var queuedSlot = Int64.max
    /// Told when the deadline passes; the owner. Strong, since a weak reference would make each retain of the owner
    /// take the slow path (measured: 8 % of the CPU of a request); `invalidate()` breaks the cycle.
    public private(set) var receiver: (any DeadlineReceiver)?

    /// A timer that is off.
    public init(_ receiver: any DeadlineReceiver) { self.receiver = receiver }

    /// A timer that is off and has no receiver yet, for an owner that is not whole yet.
    public init() {}

    /// Makes `receiver` the one who is told.
    public func own(by receiver: any DeadlineReceiver) { self.receiver = receiver }

    /// Whether a deadline is set.
    public var isArmed: Bool { deadline != .max }

    /// Turns it off.
    public func disarm() { deadline = .max }

    /// Turns it off for good and lets its owner go; for the owner's end.
    public func invalidate() {
        deadline = .max
        receiver = nil
    }
}

/// A hashed wheel of deadlines: 10 ms a slot, 1,024 slots; a later deadline is looked at once a revolution.
struct TimerWheel {
    static let slotMilliseconds: Int64 = 10
    static let slotCount = 1024
    private var slots: [[DeadlineTimer]] = Array(repeating: [], count: slotCount)
    /// One bit a slot that holds something.
    private var occupied = [UInt64](repeating: 0, count: slotCount / 64)
    /// The first slot number that has not been looked at.
    private var nextSlot: Int64
    private var scratch: [DeadlineTimer] = []

    init(now: Int64) { nextSlot = now / Self.slotMilliseconds }

    mutating func arm(_ timer: DeadlineTimer, at deadline: Int64) {
        timer.deadline = deadline
        guard deadline != .max else { return }
        let slot = max(deadline / Self.slotMilliseconds + 1, nextSlot)
        // An entry that stands in an earlier slot will find the later deadline when its turn comes.
        if timer.queuedSlot <= slot { return }
        enqueue(timer, slot: slot)
    }

    private mutating func enqueue(_ timer: DeadlineTimer, slot: Int64) {
        let turn = min(slot, nextSlot + Int64(Self.slotCount) - 1)
        timer.queuedSlot = turn
        let index = Int(turn % Int64(Self.slotCount))
        slots[index].append(timer)
        occupied[index / 64] |= 1 << UInt64(index % 64)
    }

    /// Milliseconds until a slot has to be looked at, at most `limit`.
    func wait(now: Int64, limit: Int64) -> Int64 {
        var slot = nextSlot
        let last = min((now + limit) / Self.slotMilliseconds + 1, nextSlot + Int64(Self.slotCount))
        while slot < last {
            let index = Int(slot % Int64(Self.slotCount))
            let word = occupied[index / 64] >> UInt64(index % 64)
            if word == 0 {
                slot += Int64(64 - index % 64)
                continue
            }
            slot += Int64(word.trailingZeroBitCount)
            return max(0, min(slot * Self.slotMilliseconds - now, limit))
        }
        return limit
    }

    /// Moves the timers whose deadline has passed to `due`. Their deadlines still stand: whoever is told first may
    /// take another's back.
    mutating func advance(to now: Int64, due: inout [DeadlineTimer]) {
        let current = now / Self.slotMilliseconds
        guard current >= nextSlot else { return }
        let behind = current - nextSlot
        let steps = min(behind, Int64(Self.slotCount) - 1)
        nextSlot = current - steps
        while nextSlot <= current {
            let slot = nextSlot
            nextSlot += 1
            let index = Int(slot % Int64(Self.slotCount))
            if occupied[index / 64] & (1 << UInt64(index % 64)) == 0 { continue }
            occupied[index / 64] &= ~(1 << UInt64(index % 64))
            swap(&scratch, &slots[index])
            for timer in scratch where timer.queuedSlot <= slot {
                timer.queuedSlot = .max
                if timer.deadline <= now {
                    due.append(timer)
                } else if timer.deadline != .max {
                    enqueue(timer, slot: max(timer.deadline / Self.slotMilliseconds + 1, nextSlot))
                }
            }
            scratch.removeAll(keepingCapacity: true)
        }
    }
}
