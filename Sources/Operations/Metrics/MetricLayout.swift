public import GatewayConfig

/// Where each number of a worker stands in its memory, and what its labels are: the same for whoever makes it from
/// the same configuration.
///
/// The size follows from the configuration: about 6 KiB for a route, of which only what is used takes memory. Routes
/// beyond the first 4,000 are counted as one, with the label `_other`.
public struct MetricLayout: Sendable {
    /// The numbers of one metric: for each combination of label values a series of `width` cells. The last axis
    /// moves fastest.
    struct Family: Sendable {
        let metric: Metric
        let offset: Int
        let width: Int
        /// Label values of each axis.
        let axes: [[[String]]]
        let seriesCount: Int
    }

    /// Routes that are told apart.
    static let routeLimit = 4_000

    /// Families that workers count, in the order of `Metric`.
    let families: [Family]
    /// The place of a metric among them.
    private let places: [Int?]
    /// The first cell says that the worker has begun to tell its gauges.
    static let firstCell = 1
    /// Cells of a worker.
    public let cellCount: Int
    private let rows: RouteRows

    /// The layout for a configuration that `workers` work on.
    public init(_ settings: Settings, workers: Int) {
        let rows = RouteRows(settings, limit: Self.routeLimit)
        var families: [Family] = []
        var places: [Int?] = []
        var offset = Self.firstCell
        for metric in Metric.allCases {
            guard metric.isCountedByWorkers else {
                places.append(nil)
                continue
            }
            let definition = metric.definition
            let axes = definition.axes.map {
                $0.closedList?.map { [$0] } ?? rows.values($0, settings, workers)
            }
            let count = axes.reduce(1) { $0 * $1.count }
            places.append(families.count)
            families.append(
                Family(
                    metric: metric, offset: offset, width: definition.width, axes: axes, seriesCount: count))
            offset += count * definition.width
        }
        self.rows = rows
        self.families = families
        self.places = places
        cellCount = offset
    }

    /// Tells one layout from another, whatever program made it.
    public var signature: String {
        // FNV-1a: nobody's attack.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for family in families {
            let text = "\(family.metric.definition.name) \(family.offset) \(family.width) \(family.axes)\n"
            for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        }
        return "\(cellCount)-" + String(hash, radix: 16)
    }

    /// The first cell of the series of `metric` with the given places along its first axes; the others at 0.
    public func offset(_ metric: Metric, _ indices: [Int]) -> Int {
        guard let place = places[metric.rawValue] else { return 0 }
        let family = families[place]
        var series = 0
        for (axis, values) in family.axes.enumerated() {
            let index = axis < indices.count ? indices[axis] : 0
            precondition(index >= 0 && index < max(values.count, 1))
            series = series * values.count + index
        }
        return family.offset + series * family.width
    }

    /// The place of a route among those of all sites; `route` nil: requests of `site` that are for no route; `site` nil
    /// as well: requests for no site.
    public func row(site: Int?, route: Int?) -> Int { rows.row(site: site, route: route) }

    /// The place of the endpoints of `realm` on `site` among the routes of all sites.
    public func row(site: Int, realm: Int) -> Int { rows.row(site: site, realm: realm) }

    /// The place of a route's pattern among all patterns.
    public func pattern(site: Int, route: Int) -> Int { rows.pattern(site: site, route: route) }

    /// The place of a site, nil for requests that are for none.
    public func site(_ site: Int?) -> Int { site.map { $0 + 1 } ?? 0 }

    /// The place of a server among those of all upstreams.
    public func server(upstream: Int, server: Int) -> Int { rows.firstServers[upstream] + server }
}

extension Metric {
    /// The others are known to the master.
    var isCountedByWorkers: Bool {
        switch self {
        case .buildInfo, .startTime, .configInfo, .configReloads, .configReloadSuccessful, .configReloadTime:
            false
        case .certificateEnd, .workers, .hashQueue, .redisConnections, .logDropped: false
        case .processCPU, .processMemory, .processOpenFiles, .processMaxFiles, .processStartTime: false
        default: true
        }
    }
}
