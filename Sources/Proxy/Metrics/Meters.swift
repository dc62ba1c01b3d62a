import Operations

/// What a worker counts besides what belongs to a route, a realm or an upstream. Nothing but addresses, so that a use
/// of it costs no more than the addition.
struct Meters {
    let rejections: MetricCells
    let badRequests: MetricCells
    let overhead: Histogram<ShortScale>
    let sessionCheck: Histogram<ShortScale>
    let webSocketEnds: MetricCells
    let handshake: Histogram<LongScale>
    /// Requests that are for no site of ours.
    let nowhere: RouteMeter
    /// By status less 100, its place among the labels.
    let codes: UnsafePointer<UInt8>

    init(_ region: MetricRegion) {
        rejections = region.cells(.connectionsRejected)
        badRequests = region.cells(.badRequests)
        overhead = Histogram(region.cells(.overhead))
        sessionCheck = Histogram(region.cells(.sessionCheckDuration))
        handshake = Histogram(region.cells(.tlsDuration))
        webSocketEnds = region.cells(.webSocketsClosed)
        nowhere = RouteMeter(region, row: region.layout.row(site: nil, route: nil))
        codes = StatusLabel.places
    }

    /// The place of `status` among the labels; one that is none of HTTP is a 5xx.
    func code(_ status: Int) -> Int {
        status >= 100 && status < 600 ? Int(codes[status - 100]) : Int(codes[599 - 100])
    }
}

/// What is counted of one route, or of what else a site serves.
struct RouteMeter {
    let requests: MetricCells
    let duration: Histogram<LongScale>
    let bytesIn: MetricCells
    let bytesOut: MetricCells
    let decisions: MetricCells

    init(_ region: MetricRegion, row: Int) {
        requests = region.cells(.requests, row)
        duration = Histogram(region.cells(.requestDuration, row))
        bytesIn = region.cells(.requestBytes, row)
        bytesOut = region.cells(.responseBytes, row)
        decisions = region.cells(.authDecisions, row)
    }

    /// One answered request. `method` is its place among the labels, `code` that of the answer's status.
    @inline(__always)
    func count(method: Int, code: Int, microseconds: Int64) {
        requests.add(at: method * StatusLabel.count + code)
        duration.observe(microseconds)
    }

    @inline(__always)
    func count(bytesIn: Int, bytesOut: Int) {
        if bytesIn > 0 { self.bytesIn.add(UInt64(bytesIn)) }
        if bytesOut > 0 { self.bytesOut.add(UInt64(bytesOut)) }
    }
}

/// What is counted of one upstream.
struct UpstreamMeter {
    let responses: MetricCells
    let errors: MetricCells
    let retries: MetricCells
    let connect: Histogram<ShortScale>
    let firstByte: Histogram<LongScale>

    init(_ region: MetricRegion, upstream: Int) {
        responses = region.cells(.upstreamResponses, upstream)
        errors = region.cells(.upstreamErrors, upstream)
        retries = region.cells(.upstreamRetries, upstream)
        connect = Histogram(region.cells(.connectDuration, upstream))
        firstByte = Histogram(region.cells(.firstByteDuration, upstream))
    }
}

/// What is counted of one realm.
struct RealmMeter {
    let checks: MetricCells
    let created: MetricCells
    let ended: MetricCells
    let logins: MetricCells
    let registrations: MetricCells

    init(_ region: MetricRegion, realm: Int) {
        checks = region.cells(.sessionChecks, realm)
        created = region.cells(.sessionsCreated, realm)
        ended = region.cells(.sessionsEnded, realm)
        logins = region.cells(.logins, realm)
        registrations = region.cells(.registrations, realm)
    }
}
