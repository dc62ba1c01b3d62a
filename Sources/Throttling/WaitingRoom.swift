import Transport

/// Where tries wait a moment for others of the same subject to end.
final class WaitingRoom: DeadlineReceiver {
    private static let pauseMilliseconds = 50
    private static let limit = 1_024

    private let loop: EventLoop
    private let timer = DeadlineTimer()
    private var waiting: [() -> Void] = []

    init(_ loop: EventLoop) { self.loop = loop }

    /// Calls `again` in a moment; false, and it will not, if too many wait already.
    func add(_ again: @escaping () -> Void) -> Bool {
        guard waiting.count < Self.limit else { return false }
        waiting.append(again)
        if timer.isArmed { return true }
        // The timer owns its receiver only while somebody waits.
        timer.own(by: self)
        loop.arm(timer, after: Self.pauseMilliseconds)
        return true
    }

    func onDeadline(_ timer: DeadlineTimer) {
        let due = waiting
        waiting = []
        timer.invalidate()
        for again in due { again() }
    }
}
