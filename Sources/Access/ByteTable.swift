/// Hash table from (group, bytes) to an index, in three flat arrays: a lookup allocates nothing and costs the
/// same whatever the number of entries. Filled once from the configuration; peers only look things up, so
/// nobody outside decides which entries collide.
struct ByteTable: Sendable {
    /// One entry, or a free slot where `value` is negative.
    private struct Slot: Sendable {
        var hash: UInt32 = 0
        var group: Int32 = 0
        var offset: Int32 = 0
        var count: Int32 = 0
        var value: Int32 = -1
    }

    private var slots = [Slot](repeating: Slot(), count: 8)
    private var bytes: [UInt8] = []
    private var used = 0

    var isEmpty: Bool { used == 0 }

    /// Value stored for `range` of `text` in `group`, or -1. `hash` is the `ByteHash` of these bytes.
    func value(group: Int32, hash: ByteHash, _ text: Span<UInt8>, _ range: Range<Int>) -> Int32 {
        let wanted = hash.mixed(with: group)
        let mask = slots.count - 1
        var position = Int(wanted) & mask
        while true {
            let slot = slots[position]
            if slot.value < 0 { return -1 }
            if slot.hash == wanted, slot.group == group, holds(slot, text, range) { return slot.value }
            position = (position + 1) & mask
        }
    }

    /// Value stored for `range` of `text` in `group`, or -1.
    func value(group: Int32, _ text: Span<UInt8>, _ range: Range<Int>) -> Int32 {
        value(group: group, hash: ByteHash(text, range), text, range)
    }

    /// Value stored for `key` in `group`; where there is none, stores and returns what `make` says.
    mutating func value(group: Int32, _ key: [UInt8], orInsert make: () -> Int32) -> Int32 {
        let hash = ByteHash(key.span, key.indices)
        let known = value(group: group, hash: hash, key.span, key.indices)
        if known >= 0 { return known }
        // At most half full, so that a miss meets a free slot soon.
        if (used + 1) * 2 > slots.count { grow() }
        let slot = Slot(
            hash: hash.mixed(with: group), group: group, offset: Int32(bytes.count), count: Int32(key.count),
            value: make())
        bytes += key
        used += 1
        place(slot)
        return slot.value
    }

    private func holds(_ slot: Slot, _ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard Int(slot.count) == range.count else { return false }
        let offset = Int(slot.offset)
        for index in 0..<range.count where bytes[offset + index] != text[range.lowerBound + index] {
            return false
        }
        return true
    }

    private mutating func grow() {
        let old = slots
        slots = [Slot](repeating: Slot(), count: old.count * 2)
        for slot in old where slot.value >= 0 { place(slot) }
    }

    private mutating func place(_ slot: Slot) {
        let mask = slots.count - 1
        var position = Int(slot.hash) & mask
        while slots[position].value >= 0 { position = (position + 1) & mask }
        slots[position] = slot
    }
}

/// FNV-1a over some bytes, fed one by one so that a scan for the end of a segment hashes it on the way.
struct ByteHash: Sendable {
    private var state: UInt32 = 0x811c_9dc5

    init() {}

    init(_ text: Span<UInt8>, _ range: Range<Int>) {
        for index in range { add(text[index]) }
    }

    mutating func add(_ byte: UInt8) {
        state = (state ^ UInt32(byte)) &* 0x0100_0193
    }

    /// The hash for a table position: FNV's low bits alone spread short keys badly.
    func mixed(with group: Int32) -> UInt32 {
        var mixed = state ^ (UInt32(bitPattern: group) &* 0x9e37_79b9)
        mixed = (mixed ^ (mixed >> 16)) &* 0x85eb_ca6b
        return mixed ^ (mixed >> 13)
    }
}
