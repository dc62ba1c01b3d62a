import Operations
import Transport

/// The master's deadlines: the fleet's, those of the shutdown delay and of a hand-over, and a tick a second.
final class MasterTimers: DeadlineReceiver {
    private unowned let master: Master
    private var fleet: DeadlineTimer?
    private var delay: DeadlineTimer?
    private var tick: DeadlineTimer?
    private var handover: DeadlineTimer?
    private var watchdog: DeadlineTimer?
    private var upgrade: DeadlineTimer?

    init(_ master: Master) {
        self.master = master
        fleet = DeadlineTimer(self)
        delay = DeadlineTimer(self)
        tick = DeadlineTimer(self)
        handover = DeadlineTimer(self)
        watchdog = DeadlineTimer(self)
        upgrade = DeadlineTimer(self)
    }

    /// Looks after log and workers from now on, and gives signs of life where they are wanted.
    func startTicking() {
        armTick()
        armWatchdog()
    }

    private func armTick() { if let tick { master.loop.arm(tick, after: 1_000) } }

    private func armWatchdog() {
        if let watchdog, let interval = master.watchdogInterval { master.loop.arm(watchdog, after: interval) }
    }

    /// When the fleet wants to be told the time; `.max` = not at all.
    func setFleetDeadline(_ deadline: Int64) {
        guard let fleet else { return }
        if deadline == .max { fleet.disarm() } else { master.loop.arm(fleet, at: deadline) }
    }

    /// Calls `onDelayOver` after so many milliseconds.
    func startDelay(_ milliseconds: Int) { if let delay { master.loop.arm(delay, after: milliseconds) } }

    /// Calls `finishSwitch` after so many milliseconds.
    func startHandover(_ milliseconds: Int) {
        if let handover { master.loop.arm(handover, after: milliseconds) }
    }

    func stopHandover() { handover?.disarm() }

    /// Calls `changeProgram` when all of this tick is done.
    func startUpgrade() { if let upgrade { master.loop.arm(upgrade, after: 0) } }

    func onDeadline(_ timer: DeadlineTimer) {
        if timer === fleet { master.onFleetTime() }
        if timer === delay { master.onDelayOver() }
        if timer === handover { master.finishSwitch(isLate: true) }
        if timer === watchdog {
            master.tellAlive()
            armWatchdog()
        }
        if timer === upgrade { master.changeProgram() }
        if timer === tick {
            master.log.flushRepeats()
            master.audit.reportDrops(to: master.log)
            master.checkWorkers()
            master.lookAtFiles()
            armTick()
        }
    }
}
