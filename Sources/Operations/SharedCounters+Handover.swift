public import Transport

/// Counters that outlive the program that made them.
extension SharedCounters {
    /// How the map is laid out; two programs share one only if they agree on it.
    public static var layout: String {
        let names = Gauge.allCases.map { "\($0)" } + Counter.allCases.map { "\($0)" }
        // FNV-1a.
        let hash = names.joined(separator: " ").utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01b3
        }
        return "\(CounterMap.layout).\(String(hash, radix: 16))"
    }

    /// What workers that are gone have counted, by name.
    public var retiredTotals: [String: UInt64] { byName { retired[$0.rawValue] } }

    /// What all workers have counted, by name.
    public var totals: [String: UInt64] { byName { total($0) } }

    /// Maps `descriptor`, which is then owned: a map of this layout in which `slots` are taken.
    public convenience init(
        descriptor: Int32, slots: [Int], retired: [String: UInt64]
    ) throws(SystemError) {
        self.init(map: try CounterMap(descriptor: descriptor))
        for slot in slots where isTaken.indices.contains(slot) { isTaken[slot] = true }
        add(retired)
    }

    /// A new map that goes on from `totals`.
    public convenience init(totals: [String: UInt64]) throws(SystemError) {
        try self.init()
        add(totals)
    }

    private func add(_ values: [String: UInt64]) {
        for counter in Counter.allCases { retired[counter.rawValue] &+= values["\(counter)"] ?? 0 }
    }

    private func byName(_ value: (Counter) -> UInt64) -> [String: UInt64] {
        Dictionary(uniqueKeysWithValues: Counter.allCases.map { ("\($0)", value($0)) })
    }
}
