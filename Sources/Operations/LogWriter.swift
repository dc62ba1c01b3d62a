import CLinux
import Glibc
import Synchronization
import Transport

/// Writes lines from any thread without making it wait: a ring of bytes, and a thread of its own that empties it.
///
/// Lines go out whole, at most `maximumWrite` bytes a call, so that several processes can share a pipe or a file.
/// When the reader is slow, gone, or the disk full, lines are dropped and counted; nobody else notices.
public final class LogWriter: Sendable {
    /// Where lines go.
    public enum Destination: Sendable, Equatable {
        /// Descriptor 1, as it is.
        case standardOutput
        /// Descriptor 2, as it is.
        case standardError
        /// A file that lines are appended to; made with mode 0640 if there is none.
        case file(path: String)
    }

    /// Most bytes of one write, and of one line with its end; a pipe takes that much in one piece (pipe(7)).
    public static let maximumWrite = 4096
    /// How long a first line waits for company.
    private static let gatherMicroseconds: UInt32 = 2_000

    /// Where lines go.
    public let destination: Destination
    private let ring: LogRing
    private let bell: Int32
    private let isAsleep = Atomic(false)
    private let isWriting = Atomic(false)
    private let wantsReopen = Atomic(false)
    private let isStopped = Atomic(false)
    private let droppedLines = Atomic<Int>(0)
    private let lastErrno = Atomic<Int32>(0)

    /// Opens `destination` and starts the thread. Broken pipes are ignored from now on in the whole process.
    ///
    /// - Throws: `LogFailure` if the file cannot be opened or no thread can be started.
    public init(_ destination: Destination, capacity: Int = 1 << 20) throws(LogFailure) {
        signal(SIGPIPE, SIG_IGN)
        self.destination = destination
        ring = LogRing(capacity: max(capacity, Self.maximumWrite))
        bell = eventfd(0, Int32(EFD_CLOEXEC))
        guard bell >= 0 else { throw LogFailure(errno: errno) }
        // Opened here once, so that a wrong path is known at once; the thread has the open file from here on.
        let output = Mutex<LogOutput?>(try LogOutput(destination))
        do {
            try startThread { [self] in
                if let output = output.withLock({ $0.take() }) { serve(output) }
            }
        } catch {
            throw LogFailure(errno: error.code)
        }
    }

    deinit { close(bell) }

    /// Lines that were dropped because the ring was full or the write failed.
    public var dropped: Int { droppedLines.load(ordering: .relaxed) }
    /// The errno of the latest write or reopen that failed; 0 while all is well.
    public var failure: Int32 { lastErrno.load(ordering: .relaxed) }

    /// Takes a copy of `line`, of less than `maximumWrite` bytes, and adds a line end if it has none.
    /// False, and counted, if it is dropped.
    @discardableResult
    public func append(_ line: UnsafeRawBufferPointer) -> Bool {
        guard line.count < Self.maximumWrite, ring.add(line) else {
            drop()
            return false
        }
        wakeIfAsleep()
        return true
    }

    /// Counts a line as dropped that was too long to be one.
    public func drop() { droppedLines.wrappingAdd(1, ordering: .relaxed) }

    /// Takes a copy of `line`; see the other `append`.
    @discardableResult
    public func append(_ line: [UInt8]) -> Bool { line.withUnsafeBytes { append($0) } }

    /// Has the file opened anew under its name, after what was logged so far.
    public func reopen() {
        wantsReopen.store(true, ordering: .sequentiallyConsistent)
        wakeIfAsleep()
    }

    /// Waits until everything is written, at most `milliseconds`; whether it was. For the end of the process.
    @discardableResult
    public func flush(milliseconds: Int) -> Bool {
        let deadline = Clock.monotonicMilliseconds() + Int64(milliseconds)
        while !ring.isEmpty || isWriting.load(ordering: .sequentiallyConsistent) {
            if Clock.monotonicMilliseconds() >= deadline { return false }
            usleep(500)
        }
        return true
    }

    /// Writes what is there, then ends the thread and closes the file. Nothing may be appended after that.
    public func stop() {
        isStopped.store(true, ordering: .sequentiallyConsistent)
        wakeIfAsleep()
    }

    private func wakeIfAsleep() {
        guard isAsleep.load(ordering: .sequentiallyConsistent),
            isAsleep.exchange(false, ordering: .sequentiallyConsistent)
        else { return }
        var one: UInt64 = 1
        _ = write(bell, &one, 8)
    }

    // MARK: The thread

    private func serve(_ opened: consuming LogOutput) {
        var output = opened
        _ = clinux_set_name("log")
        let batch = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.maximumWrite, alignment: 16)
        defer { batch.deallocate() }
        while true {
            isWriting.store(true, ordering: .sequentiallyConsistent)
            let count = ring.take(into: batch)
            if count > 0 { put(UnsafeRawBufferPointer(rebasing: batch[..<count]), to: &output) }
            isWriting.store(false, ordering: .sequentiallyConsistent)
            if count > 0 { continue }
            if wantsReopen.exchange(false, ordering: .sequentiallyConsistent) { reopen(&output) }
            if isStopped.load(ordering: .sequentiallyConsistent), ring.isEmpty { return }
            sleep()
        }
    }

    private func put(_ lines: UnsafeRawBufferPointer, to output: inout LogOutput) {
        do throws(LogFailure) {
            try output.write(lines)
            lastErrno.store(0, ordering: .relaxed)
        } catch {
            lastErrno.store(error.errno, ordering: .relaxed)
            var count = 0
            for byte in lines where byte == 0x0a { count += 1 }
            droppedLines.wrappingAdd(count, ordering: .relaxed)
        }
    }

    private func reopen(_ output: inout LogOutput) {
        do throws(LogFailure) { try output.reopen() } catch {
            lastErrno.store(error.errno, ordering: .relaxed)
        }
    }

    private func sleep() {
        isAsleep.store(true, ordering: .sequentiallyConsistent)
        let hasWork =
            !ring.isEmpty || wantsReopen.load(ordering: .sequentiallyConsistent)
            || isStopped.load(ordering: .sequentiallyConsistent)
        if hasWork, isAsleep.exchange(false, ordering: .sequentiallyConsistent) { return }
        var count: UInt64 = 0
        while read(bell, &count, 8) < 0, errno == EINTR {}
        // One system call for many lines: those that follow at once need not wake anybody.
        if !isStopped.load(ordering: .relaxed), !ring.isHalfFull { usleep(Self.gatherMicroseconds) }
    }
}
