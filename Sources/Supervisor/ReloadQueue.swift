/// How a reload ended.
struct ReloadVerdict: Equatable {
    /// 0: the new configuration serves. 1: it could not be put to work. 78: it is wrong. But for 0 nothing changed.
    var status: Int32
    /// The generation that serves now.
    var generation: Int
    /// For people.
    var message: String
    /// What the configuration's check had to say, errors and warnings; empty if nothing.
    var report = ""
}

/// Reloads one at a time. Whoever asks while one runs waits for the next, which starts after it: only that one is
/// sure to see the file as it was when they asked.
struct ReloadQueue {
    typealias Waiter = (ReloadVerdict) -> Void

    private(set) var isRunning = false
    private var running: [Waiter] = []
    private var next: [Waiter] = []
    private var isWanted = false

    /// Somebody asks; whether a reload is to start now.
    mutating func request(_ waiter: @escaping Waiter = { _ in }) -> Bool {
        if isRunning {
            next.append(waiter)
            isWanted = true
            return false
        }
        running = [waiter]
        isRunning = true
        return true
    }

    /// Somebody waits for the reload that runs, though they asked before this process could know of it.
    mutating func join(_ waiter: @escaping Waiter) { running.append(waiter) }

    /// The running reload is over: who waited for it, and whether the next is to start now.
    mutating func finish() -> (waiters: [Waiter], startsNext: Bool) {
        let waiters = running
        running = next
        next = []
        isRunning = isWanted
        isWanted = false
        return (waiters, isRunning)
    }
}
