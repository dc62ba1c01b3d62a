import GatewayConfig
import Glibc
import RandomTestSupport
import Testing
import Transport

@testable import Operations

@Suite struct MetricTests {
    static func settings(routes: String) throws -> Settings {
        let text = """
            listen 127.0.0.1:8080
            redis managed
            session { key \(String(repeating: "0123456789abcdef", count: 4)) }
            upstream app { server 127.0.0.1:3000 }
            users people { store sqlite users.db }
            realm main { users people }
            site shop.example.org {
                realm main
            \(routes)
            }

            """
        return try #require(
            loadSettings(path: "gateway.conf", source: TextSource(files: ["gateway.conf": text])).settings)
    }

    /// The workers of one generation, and what is known of them.
    final class Generation {
        let map: MetricMap
        var regions: [MetricRegion] = []

        init(_ routes: String, workers: Int = 2) throws {
            let layout = MetricLayout(try MetricTests.settings(routes: routes), workers: workers)
            map = try MetricMap(layout, workers: workers)
            for worker in 0..<workers {
                regions.append(try MetricRegion(descriptor: dup(map.descriptor), layout, worker: worker))
            }
        }

        func count(_ worker: Int, route: Int, method: MethodLabel = .get, status: Int = 200) {
            let row = map.layout.row(site: 0, route: route)
            regions[worker].cells(.requests, row, method.rawValue).add(at: StatusLabel.place(status))
            Histogram<LongScale>(regions[worker].cells(.requestDuration, row)).observe(1_500)
        }
    }

    static func text(
        _ totals: MetricTotals, _ live: [(map: MetricMap, workers: [Int])],
        _ format: MetricText.Format = .prometheus
    ) -> [Substring] {
        let bytes = MetricText.write(format, totals, live: live, known: [:])
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    }

    static func requests(_ lines: [Substring]) -> [Substring] {
        lines.filter { $0.hasPrefix("gatehouse_http_requests_total{") }
    }

    @Test func `workers are summed, and routes of one pattern are one`() throws {
        let generation = try Generation(
            "route /a app public { methods GET }\nroute /a app user { methods POST }\nroute /b app public")
        generation.count(0, route: 0)
        generation.count(1, route: 0)
        generation.count(1, route: 1, method: .post, status: 503)
        generation.count(1, route: 1, method: .other, status: 299)

        #expect(
            Self.requests(Self.text(MetricTotals(), [(generation.map, [0, 1])])) == [
                #"gatehouse_http_requests_total{site="shop.example.org",route="/a",method="GET",code="200"} 2"#,
                #"gatehouse_http_requests_total{site="shop.example.org",route="/a",method="POST",code="503"} 1"#,
                #"gatehouse_http_requests_total{site="shop.example.org",route="/a",method="OTHER",code="2xx"} 1"#,
            ])
    }

    @Test func `a histogram adds up`() throws {
        let generation = try Generation("route /a app public", workers: 1)
        let histogram = Histogram<ShortScale>(generation.regions[0].cells(.overhead))
        for value: Int64 in [-5, 0, 50, 51, 300_000] { histogram.observe(value) }

        let lines = Self.text(MetricTotals(), [(generation.map, [0])], .openMetrics).filter {
            $0.hasPrefix("gatehouse_overhead_seconds")
        }
        #expect(lines.first == #"gatehouse_overhead_seconds_bucket{le="0.00005"} 3"#)
        #expect(lines.contains(#"gatehouse_overhead_seconds_bucket{le="0.0001"} 4"#))
        #expect(lines.contains(#"gatehouse_overhead_seconds_bucket{le="+Inf"} 5"#))
        #expect(lines.contains("gatehouse_overhead_seconds_sum 0.300101"))
        #expect(lines.last == "gatehouse_overhead_seconds_count 5")
    }

    @Test func `buckets are where their bounds say`() {
        Self.check(LongScale.self, .long)
        Self.check(ShortScale.self, .short)
        Self.check(SlowScale.self, .slow)
    }

    static func check<Scale: HistogramScale>(_ scale: Scale.Type, _ buckets: MetricBuckets) {
        #expect(Scale.buckets == buckets.bounds.count + 1)
        for (index, bound) in buckets.bounds.enumerated() {
            #expect(Scale.bucket(bound) == index && Scale.bucket(bound + 1) == index + 1)
        }
        #expect(Scale.bucket(.max) == buckets.bounds.count && Scale.bucket(0) == 0)
    }

    @Test func `every status has its label`() {
        #expect(StatusLabel.count == StatusLabel.labels.count)
        for status in 100...599 {
            let label = StatusLabel.labels[StatusLabel.place(status)]
            #expect(label == "\(status)" || label == "\(status / 100)xx")
        }
        #expect(StatusLabel.labels[StatusLabel.place(99)] == "5xx")
        #expect(StatusLabel.labels[StatusLabel.place(600)] == "5xx")
    }

    @Test func `names, labels and helps are as Prometheus wants them`() {
        var names: Set<String> = []
        for metric in Metric.allCases {
            let definition = metric.definition
            #expect(names.insert(definition.name).inserted && !definition.help.isEmpty)
            #expect(definition.name.utf8.allSatisfy { $0 == 0x5f || 0x61...0x7a ~= $0 })
            #expect(!definition.help.utf8.contains(0x0a) && !definition.help.utf8.contains(0x5c))
            #expect(Set(definition.labels).count == definition.labels.count)
            if case .counter = definition.kind {
                #expect(definition.name.hasSuffix("_total"))
            } else {
                #expect(!definition.name.hasSuffix("_total"))
            }
        }
    }

    @Test func `label values are escaped`() throws {
        let generation = try Generation(#"route "/a\"b" app public"#)
        generation.count(0, route: 0)
        let line = try #require(Self.requests(Self.text(MetricTotals(), [(generation.map, [0])])).first)
        #expect(line.contains(#"route="/a\"b""#))
    }

    @Test func `so many routes that they share a place`() throws {
        let count = MetricLayout.routeLimit + 10
        let routes = (0..<count).map { "route /r\($0) app public" }.joined(separator: "\n")
        let generation = try Generation(routes, workers: 1)
        generation.count(0, route: 0)
        generation.count(0, route: count - 1)
        generation.count(0, route: count - 2)

        let lines = Self.requests(Self.text(MetricTotals(), [(generation.map, [0])]))
        #expect(lines.count == 2)
        #expect(lines.contains { $0.contains(#"route="_other""#) && $0.hasSuffix(" 2") })
        #expect(generation.map.layout.cellCount * 8 < 40 << 20)
    }

    /// Workers die and are replaced, configurations with other routes come and go: a number that was seen once is
    /// never seen smaller, and in the end nothing is lost.
    @Test(arguments: [1, 2, 3])
    func `nothing that is cumulative goes down`(_ seed: Int) throws {
        var random = SeededRandom(seed)
        var totals = MetricTotals()
        var current = try Generation("route /a app public\nroute /b app public")
        var old: [Generation] = []
        var isB = true
        var counted = 0
        var seen: [String: Double] = [:]
        for _ in 0..<400 {
            switch Int.random(in: 0..<20, using: &random) {
            case 0:
                totals.retire(current.map, worker: Int.random(in: 0..<2, using: &random))
            case 1:
                old.append(current)
                isB.toggle()
                current = try Generation(
                    isB ? "route /a app public\nroute /b app public" : "route /a app public")
            case 2 where !old.isEmpty:
                let gone = old.removeFirst()
                for worker in 0..<2 { totals.retire(gone.map, worker: worker) }
            default:
                let generation = Bool.random(using: &random) ? current : old.last ?? current
                generation.count(Int.random(in: 0..<2, using: &random), route: 0)
                counted += 1
            }
            let live = [(current.map, [0, 1])] + old.map { ($0.map, [0, 1]) }
            for line in Self.text(totals, live) where !line.hasPrefix("#") && line.contains("http_request") {
                let parts = line.split(separator: " ")
                guard !parts[0].contains("in_flight"), let value = Double(parts[1]) else { continue }
                #expect(value >= seen[String(parts[0])] ?? 0, "\(line)")
                seen[String(parts[0])] = value
            }
        }
        let last = Self.requests(Self.text(totals, [(current.map, [0, 1])] + old.map { ($0.map, [0, 1]) }))
        #expect(last.count == 1 && last[0].hasSuffix(" \(counted)"))
    }

    @Test func `a worker that has not begun says nothing about how things are`() throws {
        let generation = try Generation("route /a app public")
        generation.regions[0].cells(.redisUp).set(1)
        generation.regions[0].begin()
        let live = [(generation.map, [0, 1])]
        #expect(Self.text(MetricTotals(), live).contains("gatehouse_redis_up 1"))
        generation.regions[1].begin()
        #expect(Self.text(MetricTotals(), live).contains("gatehouse_redis_up 0"))
    }
}
