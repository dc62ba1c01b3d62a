import Access
import HTTP1
import HTTPCore

extension Exchange {
    /// Whether a request for the application comes from a page of its own origin or a listed one (decision 25).
    func comesFromHere(_ route: CompiledRoute) -> Bool {
        let verdict = originVerdict(route.access.origins)
        // Only what says nothing of where it comes from is judged by its body.
        if verdict != .unstated { return verdict == .allowed }
        let type = field(.contentType)?.bindMemory(to: UInt8.self)
        let isEmpty = !head.isChunked && head.contentLength ?? 0 == 0
        return verdict.permitsToApplication(OriginPolicy.Body(contentType: type?.span, isEmpty: isEmpty))
    }

    /// Whether the request comes from a page of its own origin, or of one that `policy` lists. `host` is what the
    /// client asked for, if not this request's own.
    func originVerdict(
        _ policy: OriginPolicy, host asked: UnsafeRawBufferPointer? = nil
    ) -> OriginPolicy.Verdict {
        let raw = headBytes.bindMemory(to: UInt8.self)
        let all = raw.span
        var origin: Range<Int>?
        var site: Range<Int>?
        for line in head.fields {
            // Given twice, it says nothing that could be trusted: an empty value is nobody's origin.
            if line.id == .origin { origin = origin == nil ? line.value : 0..<0 }
            if line.id == .secFetchSite { site = site == nil ? line.value : 0..<0 }
        }
        let hostBytes = (asked ?? bytes(head.host)).bindMemory(to: UInt8.self)
        let host = hostBytes.span
        switch (origin, site) {
        case (let origin?, let site?):
            return policy.verdict(
                origin: all.extracting(origin), fetchSite: all.extracting(site), host: host,
                scheme: knownScheme)
        case (let origin?, nil):
            return policy.verdict(
                origin: all.extracting(origin), fetchSite: nil, host: host, scheme: knownScheme)
        case (nil, let site?):
            return policy.verdict(
                origin: nil, fetchSite: all.extracting(site), host: host, scheme: knownScheme)
        case (nil, nil):
            return policy.verdict(origin: nil, fetchSite: nil, host: host, scheme: knownScheme)
        }
    }
}
