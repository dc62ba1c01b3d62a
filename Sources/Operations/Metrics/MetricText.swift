/// What `/metrics` answers.
public struct MetricText {
    /// How it is written.
    public enum Format: Sendable {
        /// Prometheus' text format, version 0.0.4.
        case prometheus
        /// OpenMetrics 1.0.
        case openMetrics

        /// The format that `accept`, the field's value, asks for.
        public init(accept: String?) {
            self = accept?.contains("application/openmetrics-text") == true ? .openMetrics : .prometheus
        }

        /// The media type.
        public var type: String {
            switch self {
            case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
            case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
            }
        }
    }

    private let format: Format
    private var out: [UInt8] = []

    private init(_ format: Format) { self.format = format }

    /// Everything there is to say.
    ///
    /// - Parameters:
    ///   - totals: What workers have counted that are gone.
    ///   - live: The latest generation's memory first, each with the numbers of its workers that live.
    ///   - known: What only the master knows: label values and the number, in the metric's unit, of each series.
    public static func write(
        _ format: Format, _ totals: MetricTotals, live: [(map: MetricMap, workers: [Int])],
        known: [Metric: [(labels: [String], value: UInt64)]]
    ) -> [UInt8] {
        var text = MetricText(format)
        for metric in Metric.allCases {
            let series =
                metric.isCountedByWorkers
                ? totals.series(metric, live)
                : (known[metric] ?? []).map { MetricSeries(labels: $0.labels, cells: [$0.value]) }
            if !series.isEmpty { text.add(metric.definition, series) }
        }
        if format == .openMetrics { text.append("# EOF\n") }
        return text.out
    }

    private mutating func add(_ definition: MetricDefinition, _ series: [MetricSeries]) {
        var family = definition.name
        let kind: String
        switch definition.kind {
        case .counter:
            kind = "counter"
            if format == .openMetrics, family.hasSuffix("_total") { family.removeLast("_total".count) }
        case .gauge: kind = "gauge"
        case .histogram: kind = "histogram"
        }
        append("# HELP \(family) \(definition.help)\n# TYPE \(family) \(kind)\n")
        for one in series {
            if case .histogram(let buckets) = definition.kind {
                histogram(definition, buckets, one)
            } else {
                line(definition.name, definition.labels, one.labels, nil)
                number(one.cells[0], definition.unit)
            }
        }
    }

    private mutating func histogram(
        _ definition: MetricDefinition, _ buckets: MetricBuckets, _ series: MetricSeries
    ) {
        var count: UInt64 = 0
        for (index, bound) in buckets.bounds.enumerated() {
            count &+= series.cells[index]
            line(definition.name + "_bucket", definition.labels, series.labels, boundText(bound))
            number(count, .one)
        }
        count &+= series.cells[buckets.bounds.count]
        line(definition.name + "_bucket", definition.labels, series.labels, "+Inf")
        number(count, .one)
        line(definition.name + "_sum", definition.labels, series.labels, nil)
        number(series.cells[buckets.bounds.count + 1], definition.unit)
        line(definition.name + "_count", definition.labels, series.labels, nil)
        number(count, .one)
    }

    /// OpenMetrics wants numbers with a point here.
    private func boundText(_ microseconds: UInt64) -> String {
        let text = Self.decimal(microseconds)
        return format == .openMetrics && !text.utf8.contains(UInt8(ascii: ".")) ? text + ".0" : text
    }

    private mutating func line(_ name: String, _ labels: [String], _ values: [String], _ bound: String?) {
        append(name)
        if !values.isEmpty || bound != nil {
            var separator = "{"
            for (label, value) in zip(labels, values) {
                append("\(separator)\(label)=\"")
                for byte in value.utf8 { escape(byte) }
                append("\"")
                separator = ","
            }
            if let bound { append("\(separator)le=\"\(bound)\"") }
            append("}")
        }
        append(" ")
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\\"): append("\\\\")
        case UInt8(ascii: "\""): append("\\\"")
        case 0x0a: append("\\n")
        default: out.append(byte)
        }
    }

    private mutating func number(_ value: UInt64, _ unit: MetricDefinition.Unit) {
        switch unit {
        // A gauge that went below zero between two readings of several workers' memories.
        case .one: append("\(Int64(bitPattern: value))\n")
        case .microseconds, .millionths: append(Self.decimal(value) + "\n")
        }
    }

    /// Millionths as a decimal number without needless digits.
    private static func decimal(_ millionths: UInt64) -> String {
        let whole = "\(millionths / 1_000_000)"
        var rest = Array("\(millionths % 1_000_000 + 1_000_000)".utf8.dropFirst())
        while rest.last == UInt8(ascii: "0") { rest.removeLast() }
        return rest.isEmpty ? whole : whole + "." + String(decoding: rest, as: UTF8.self)
    }

    private mutating func append(_ text: String) { out.append(contentsOf: text.utf8) }
}
