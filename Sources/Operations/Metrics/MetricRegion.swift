import CLinux
import Glibc
import Synchronization
public import Transport

/// The memory in which the workers of one generation count, a region for each.
public final class MetricMap: @unchecked Sendable {
    // Unchecked: all that is ever read or written through `base` is atomic.
    /// The memfd, for workers to inherit; stays this object's.
    public let descriptor: Int32
    let layout: MetricLayout
    let workers: Int
    /// Whether the memory is laid out as this program would do it.
    let isReadable: Bool
    /// `MetricLayout.signature` of what is in the memory.
    public let signature: String
    private let base: UnsafeMutableRawPointer
    private let size: Int

    /// New memory, all zero.
    public convenience init(_ layout: MetricLayout, workers: Int) throws(SystemError) {
        let descriptor = clinux_memfd_create("gatehouse-metrics")
        guard descriptor >= 0 else { throw SystemError(call: "memfd_create") }
        guard ftruncate(descriptor, off_t(max(workers, 1) * MetricRegion.bytes(layout))) == 0 else {
            let code = errno
            close(descriptor)
            throw SystemError(call: "ftruncate", code: code)
        }
        try self.init(descriptor: descriptor, layout, workers: workers, signature: layout.signature)
    }

    /// Memory that another program has made, as `signature` says. Its descriptor is then owned. What is laid out
    /// otherwise is kept for its workers, and not looked at.
    public init(
        descriptor: Int32, _ layout: MetricLayout, workers: Int, signature: String
    ) throws(SystemError) {
        self.descriptor = descriptor
        self.layout = layout
        self.workers = max(workers, 1)
        self.signature = signature
        size = self.workers * MetricRegion.bytes(layout)
        var status = stat()
        isReadable =
            signature == layout.signature && fstat(descriptor, &status) == 0 && Int(status.st_size) >= size
        base =
            isReadable
            ? try MetricRegion.map(descriptor, count: size, offset: 0)
            : UnsafeMutableRawPointer(mutating: MetricRegion.nothing)
    }

    deinit {
        if isReadable { munmap(base, size) }
        if descriptor >= 0 { close(descriptor) }
    }

    /// The numbers of a worker as they are now.
    func cells(worker: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        precondition(isReadable && worker >= 0 && worker < workers)
        return (base + worker * MetricRegion.bytes(layout)).assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    /// Its worker is gone: the next one starts at zero.
    func clear(worker: Int) {
        let bytes = MetricRegion.bytes(layout)
        if clinux_punch_hole(descriptor, off_t(worker * bytes), off_t(bytes)) == 0 { return }
        memset(base + worker * bytes, 0, bytes)
    }
}

/// One worker's memory, as the worker has it.
public final class MetricRegion: @unchecked Sendable {
    // Unchecked: all that is ever read or written through `base` is atomic.
    /// What stands where.
    public let layout: MetricLayout
    private let base: UnsafeMutableRawPointer

    /// Maps the region of worker number `worker` of `descriptor`, which is then owned and closed.
    public init(descriptor: Int32, _ layout: MetricLayout, worker: Int) throws(SystemError) {
        defer { close(descriptor) }
        var status = stat()
        let bytes = Self.bytes(layout)
        guard fstat(descriptor, &status) == 0, worker >= 0, Int(status.st_size) >= (worker + 1) * bytes else {
            throw SystemError(call: "metrics memory", code: EINVAL)
        }
        self.layout = layout
        base = try Self.map(descriptor, count: bytes, offset: worker * bytes)
    }

    /// Memory that nobody else sees, for a process without a master.
    public init(standalone layout: MetricLayout) {
        self.layout = layout
        base = .allocate(byteCount: Self.bytes(layout), alignment: 4_096)
        memset(base, 0, Self.bytes(layout))
        isMapped = false
    }

    private var isMapped = true

    deinit {
        if isMapped { munmap(base, Self.bytes(layout)) } else { base.deallocate() }
    }

    /// The cells of `metric` from the series on that has the given places along its first axes.
    public func cells(_ metric: Metric, _ indices: Int...) -> MetricCells {
        MetricCells(
            base.assumingMemoryBound(to: Atomic<UInt64>.self) + layout.offset(metric, indices))
    }

    /// From now on the gauges say how things are.
    public func begin() {
        base.assumingMemoryBound(to: Atomic<UInt64>.self).pointee.store(1, ordering: .relaxed)
    }

    /// An address that is never read.
    nonisolated(unsafe) static let nothing = UnsafeRawPointer(
        UnsafeMutableRawPointer.allocate(byteCount: 8, alignment: 8))

    static func bytes(_ layout: MetricLayout) -> Int { (layout.cellCount * 8 + 4_095) / 4_096 * 4_096 }

    static func map(
        _ descriptor: Int32, count: Int, offset: Int
    ) throws(SystemError) -> UnsafeMutableRawPointer {
        let mapped = mmap(
            nil, count, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, descriptor, off_t(offset))
        guard let mapped, mapped != MAP_FAILED else { throw SystemError(call: "mmap") }
        return mapped
    }
}
