import CLinux
import Glibc
import Synchronization
import Transport

/// The memory that master and workers share: the gauges of the whole gateway, and a slot for each worker.
final class CounterMap: @unchecked Sendable {
    // Unchecked: all that is ever read or written through `base` is atomic.
    static let slotCount = 1_024
    /// Buckets in each of the two rows that count connections by address.
    static let rowWidth = 16_384
    static let rowCount = 2

    private static let gaugeStride = 128
    private static let gaugeRoom = 16
    private static let counterRoom = 112
    private static let sketchBytes = rowWidth * rowCount * MemoryLayout<UInt32>.stride
    private static let seedOffset = gaugeRoom * gaugeStride
    private static let sketchOffset = 4_096
    private static let firstSlot = sketchOffset + sketchBytes
    private static let slotSketch = 4_096
    private static let slotBytes = slotSketch + sketchBytes
    /// Bytes of the map. Only pages that are written to take memory.
    static let size = rateOffset + RateTable.size
    private static let rateOffset = firstSlot + slotCount * slotBytes

    /// What follows from all of these.
    static let layout =
        "\(size).\(gaugeStride).\(gaugeRoom).\(counterRoom).\(firstSlot).\(slotBytes).\(rateOffset)"

    let descriptor: Int32
    private let base: UnsafeMutableRawPointer

    /// Maps `descriptor`, which the map then owns.
    init(descriptor: Int32) throws(SystemError) {
        let mapped = mmap(nil, Self.size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, descriptor, 0)
        guard let mapped, mapped != MAP_FAILED else {
            let code = errno
            close(descriptor)
            throw SystemError(call: "mmap", code: code)
        }
        base = mapped
        self.descriptor = descriptor
    }

    /// A new map, all zero but for the seed of the address hash.
    static func create() throws(SystemError) -> CounterMap {
        let descriptor = clinux_memfd_create("gatehouse-counters")
        guard descriptor >= 0 else { throw SystemError(call: "memfd_create") }
        guard ftruncate(descriptor, off_t(size)) == 0 else {
            let code = errno
            close(descriptor)
            throw SystemError(call: "ftruncate", code: code)
        }
        let map = try CounterMap(descriptor: descriptor)
        for offset in [seedOffset, seedOffset + 8] {
            map.base.storeBytes(of: UInt64.random(in: .min ... .max), toByteOffset: offset, as: UInt64.self)
        }
        return map
    }

    deinit {
        munmap(base, Self.size)
        close(descriptor)
    }

    /// The gauge of the whole gateway; each has its cache line.
    func gauge(_ gauge: Gauge) -> UnsafeMutablePointer<Atomic<Int>> {
        (base + gauge.rawValue * Self.gaugeStride).assumingMemoryBound(to: Atomic<Int>.self)
    }

    /// What a worker holds of a gauge.
    func share(_ gauge: Gauge, slot: Int) -> UnsafeMutablePointer<Atomic<Int>> {
        (slotBase(slot) + gauge.rawValue * 8).assumingMemoryBound(to: Atomic<Int>.self)
    }

    /// What a worker has counted.
    func counter(_ counter: Counter, slot: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        counters(slot: slot) + counter.rawValue
    }

    /// All that a worker has counted, in the order of `Counter`.
    func counters(slot: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        (slotBase(slot) + Self.gaugeRoom * 8).assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    /// A bucket of the whole gateway's connections by address.
    func bucket(_ index: Int) -> UnsafeMutablePointer<Atomic<UInt32>> {
        (base + Self.sketchOffset + index * 4).assumingMemoryBound(to: Atomic<UInt32>.self)
    }

    /// What a worker holds of a bucket.
    func bucket(_ index: Int, slot: Int) -> UnsafeMutablePointer<Atomic<UInt32>> {
        (slotBase(slot) + Self.slotSketch + index * 4).assumingMemoryBound(to: Atomic<UInt32>.self)
    }

    /// The buckets of requests.
    var rates: RateTable { RateTable(base + Self.rateOffset) }

    /// The key of hashes over what clients choose.
    var hashKey: (UInt64, UInt64) {
        let seeds = base + Self.seedOffset
        return (seeds.load(as: UInt64.self), seeds.load(fromByteOffset: 8, as: UInt64.self))
    }

    /// The buckets of an address, one in each row. Nobody outside can choose addresses that meet in both.
    func buckets(of address: UInt64) -> (Int, Int) {
        let seeds = base + Self.seedOffset
        let first = Self.mix(address ^ seeds.load(as: UInt64.self))
        let second = Self.mix(address ^ seeds.load(fromByteOffset: 8, as: UInt64.self))
        let mask = UInt64(Self.rowWidth - 1)
        return (Int(first & mask), Self.rowWidth + Int(second & mask))
    }

    private func slotBase(_ slot: Int) -> UnsafeMutableRawPointer {
        precondition(slot >= 0 && slot < Self.slotCount)
        return base + Self.firstSlot + slot * Self.slotBytes
    }

    /// The finaliser of MurmurHash3.
    private static func mix(_ value: UInt64) -> UInt64 {
        var hash = value
        hash = (hash ^ hash >> 33) &* 0xff51_afd7_ed55_8ccd
        hash = (hash ^ hash >> 33) &* 0xc4ce_b9fe_1a85_ec53
        return hash ^ hash >> 33
    }
}
