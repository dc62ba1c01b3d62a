import Synchronization

/// One series as it is shown.
struct MetricSeries {
    let labels: [String]
    var cells: [UInt64]
}

/// The sum over all workers, and over those that are gone.
///
/// What a worker counted stays when it ends, so nothing that is cumulative ever goes down. Its gauges go with it.
public struct MetricTotals {
    private struct Key: Hashable {
        let metric: Metric
        let labels: [String]
    }

    /// Series of workers that are gone which are kept: routes that no configuration has any more are forgotten first.
    static let retiredLimit = 50_000

    private var retired: [Key: [UInt64]] = [:]

    /// Nothing yet.
    public init() {}

    /// Worker number `worker` of the generation of `map` is gone. Keeps what it counted and clears its memory.
    public mutating func retire(_ map: MetricMap, worker: Int) {
        guard map.isReadable else { return }
        let cells = map.cells(worker: worker)
        for family in map.layout.families where family.metric.definition.isCumulative {
            family.forEachSeries(cells, map.layout) { labels, values in
                let key = Key(metric: family.metric, labels: labels())
                if retired[key] == nil, retired.count >= Self.retiredLimit { return }
                retired[key] = Self.sum(retired[key], values)
            }
        }
        map.clear(worker: worker)
    }

    /// What workers that are gone have counted.
    public var kept: [(metric: Metric, labels: [String], cells: [UInt64])] {
        retired.map { ($0.key.metric, $0.key.labels, $0.value) }
    }

    /// Adds what workers counted that another program has seen the end of. What does not fit the metric is dropped.
    public mutating func keep(_ metric: Metric, labels: [String], cells: [UInt64]) {
        let definition = metric.definition
        guard definition.isCumulative, metric.isCountedByWorkers, cells.count == definition.width,
            labels.count == definition.labels.count
        else { return }
        let key = Key(metric: metric, labels: labels)
        retired[key] = Self.sum(retired[key], cells)
    }

    /// Forgets what no worker of `maps` could go on counting, if it is too much to keep.
    public mutating func prune(_ maps: [MetricMap]) {
        guard retired.count > Self.retiredLimit / 2 else { return }
        var known: Set<Key> = []
        for map in maps {
            for family in map.layout.families where family.metric.definition.isCumulative {
                for series in 0..<family.seriesCount {
                    known.insert(Key(metric: family.metric, labels: family.labels(series)))
                }
            }
        }
        retired = retired.filter { known.contains($0.key) }
    }

    /// The first number of each series of a gauge, as it is now.
    public func values(
        _ metric: Metric, _ live: [(map: MetricMap, workers: [Int])]
    ) -> [(labels: [String], value: Int)] {
        series(metric, live).map { ($0.labels, Int(truncatingIfNeeded: $0.cells[0])) }
    }

    /// All series of `metric`: those of the workers that live, each with its generation's memory and its number, in
    /// the order of the latest generation, then what only workers had that are gone.
    func series(_ metric: Metric, _ live: [(map: MetricMap, workers: [Int])]) -> [MetricSeries] {
        var series: [MetricSeries] = []
        var places: [[String]: Int] = [:]
        let definition = metric.definition
        func add(_ labels: [String], _ cells: [UInt64]) {
            guard let place = places[labels] else {
                places[labels] = series.count
                series.append(MetricSeries(labels: labels, cells: cells))
                return
            }
            switch definition.merge {
            case .sum: series[place].cells = Self.sum(series[place].cells, cells)
            case .minimum: series[place].cells = zip(series[place].cells, cells).map { min($0, $1) }
            }
        }
        for (map, workers) in live where map.isReadable {
            guard let family = map.layout.families.first(where: { $0.metric == metric }) else { continue }
            for worker in workers {
                let cells = map.cells(worker: worker)
                // A worker that has not begun yet does not know what its gauges should say.
                if !definition.isCumulative, cells.pointee.load(ordering: .relaxed) == 0 { continue }
                family.forEachSeries(cells, map.layout, own: worker) { add($0(), $1) }
            }
        }
        if definition.isCumulative {
            for (key, cells) in retired where key.metric == metric { add(key.labels, cells) }
        }
        return series
    }

    private static func sum(_ one: [UInt64]?, _ other: [UInt64]) -> [UInt64] {
        guard let one else { return other }
        return zip(one, other).map { $0 &+ $1 }
    }
}

extension MetricLayout.Family {
    /// Label values of a series.
    func labels(_ series: Int) -> [String] {
        var rest = series
        var labels: [String] = []
        for values in axes.reversed() {
            labels = values[rest % values.count] + labels
            rest /= values.count
        }
        return labels
    }

    /// Whether series that are all zero are shown: those of metrics that have only a few, so that rates begin at the
    /// first event.
    private var showsZero: Bool { !metric.definition.axes.contains(.siteAndRoute) && seriesCount <= 64 }

    /// Calls `body` with the labels and cells of each series that is shown. Of what is counted by worker, a worker has
    /// only its own; `own` nil: not known.
    func forEachSeries(
        _ cells: UnsafeMutablePointer<Atomic<UInt64>>, _ layout: MetricLayout, own worker: Int? = nil,
        _ body: (_ labels: () -> [String], _ cells: [UInt64]) -> Void
    ) {
        let isByWorker = metric.definition.axes == [.worker]
        let hasRows = metric == .requests
        let perRow = axes.first.map { seriesCount / max($0.count, 1) } ?? seriesCount
        var index = 0
        while index < seriesCount {
            // Most routes see no request at all: their memory is not even looked at.
            if hasRows, index % perRow == 0, !isUsed(cells, layout, row: index / perRow) {
                index += perRow
                continue
            }
            let series = index
            index += 1
            if isByWorker, let worker, worker != series { continue }
            let values = (0..<width).map {
                (cells + offset + series * width + $0).pointee.load(ordering: .relaxed)
            }
            guard
                showsZero && !isByWorker || worker == series && isByWorker
                    || values.contains(where: { $0 != 0 })
            else { continue }
            body({ labels(series) }, values)
        }
    }

    /// Whether there was a request for the route at `row`.
    private func isUsed(
        _ cells: UnsafeMutablePointer<Atomic<UInt64>>, _ layout: MetricLayout, row: Int
    ) -> Bool {
        let first = cells + layout.offset(.requestDuration, [row])
        return (0..<MetricBuckets.long.width - 1).contains {
            (first + $0).pointee.load(ordering: .relaxed) != 0
        }
    }
}
