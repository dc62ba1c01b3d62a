import CLinux
import Glibc
import Synchronization

/// A few threads for work that blocks: password hashing, SQLite, name resolution. The queue has a limit.
///
/// Belongs to one loop; completions run there.
public final class HelperPool {
    private let jobs: JobQueue
    private let loop: EventLoop
    private let limit: Int
    /// Jobs given that have not come back.
    public private(set) var pending = 0

    /// Starts `threads` threads; at most `limit` jobs wait besides those that run.
    public init(loop: EventLoop, threads: Int, limit: Int) throws(SystemError) {
        let semaphore = eventfd(0, Int32(EFD_CLOEXEC | EFD_SEMAPHORE))
        guard semaphore >= 0 else { throw SystemError(call: "eventfd") }
        jobs = JobQueue(semaphore: semaphore)
        self.loop = loop
        self.limit = limit + threads
        for _ in 0..<threads {
            let jobs = self.jobs
            try startThread { jobs.serve() }
        }
    }

    deinit { jobs.stop() }

    /// Runs `work` on a helper thread, then `completion` with its result on the loop.
    /// Returns false, and does neither, if the queue is full.
    public func run<Result: Sendable>(
        _ work: @escaping @Sendable () -> Result, completion: @escaping (Result) -> Void
    ) -> Bool {
        guard pending < limit else { return false }
        pending += 1
        let number = loop.expect { [weak self] value in
            self?.pending -= 1
            if let result = value as? Result { completion(result) }
        }
        let mailbox = loop.mailbox
        jobs.add { mailbox.post(number, work()) }
        return true
    }
}

/// The queue that the loop fills and the helper threads empty.
private final class JobQueue: Sendable {
    private struct State {
        var jobs: [@Sendable () -> Void] = []
        var isStopped = false
    }
    private let state = Mutex(State())
    private let semaphore: Int32

    init(semaphore: Int32) { self.semaphore = semaphore }

    deinit { close(semaphore) }

    func add(_ job: @escaping @Sendable () -> Void) {
        state.withLock { $0.jobs.append(job) }
        signal(1)
    }

    func stop() {
        state.withLock { $0.isStopped = true }
        signal(1_000)
    }

    /// A helper thread's life.
    func serve() {
        while true {
            var count: UInt64 = 0
            _ = retryingInterrupted { read(semaphore, &count, 8) }
            guard let job = next() else { return }
            job()
        }
    }

    private func next() -> (@Sendable () -> Void)? {
        state.withLock { state in
            // What a job captured may be a password: nothing of a job that is done is kept.
            guard !state.isStopped, !state.jobs.isEmpty else { return nil }
            return state.jobs.removeFirst()
        }
    }

    private func signal(_ count: UInt64) {
        var value = count
        _ = retryingInterrupted { write(semaphore, &value, 8) }
    }
}

/// Starts a detached thread with signals blocked, so that they reach the loop's signalfd only.
public func startThread(_ body: @escaping @Sendable () -> Void) throws(SystemError) {
    final class Box {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var all = sigset_t()
    var before = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_BLOCK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    var thread = pthread_t()
    let context = Unmanaged.passRetained(Box(body)).toOpaque()
    let code = pthread_create(
        &thread, nil,
        { argument in
            guard let argument else { return nil }
            Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body()
            return nil
        }, context)
    guard code == 0 else {
        Unmanaged<Box>.fromOpaque(context).release()
        throw SystemError(call: "pthread_create", code: code)
    }
    pthread_detach(thread)
}
