import Access
import HTTP1
import HTTPCore
import Supervisor

/// A request that somebody asks about, parsed by what parses real ones.
struct ExplainedRequest {
    let bytes: [UInt8]
    let head: RequestHead
    /// The path as it is matched and forwarded.
    let path: [UInt8]
    let host: [UInt8]

    /// What keeps it from being matched at all.
    enum Fault: Error {
        case refused(status: Int, reason: String)
        case path(String)
    }

    /// The request `method url` with `headers` (`Name: value`). A URL without a host is one of `defaultHost`.
    ///
    /// - Throws: `ExitFailure` with status 64 for what is no request at all.
    static func make(
        method: String, url: String, headers: [String], defaultHost: String
    ) throws(ExitFailure) -> (host: String, target: String, bytes: [UInt8]) {
        let all = ([method, url] + headers).joined()
        guard all.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
            throw ExitFailure(status: ExitStatus.usage, message: "control characters in the request")
        }
        var rest = Substring(url.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)[0])
        var host = defaultHost
        if let scheme = ["https://", "http://"].first(where: { rest.lowercased().hasPrefix($0) }) {
            rest = rest.dropFirst(scheme.count)
            let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
            host = String(rest[..<end])
            rest = rest[end...]
        }
        if rest.isEmpty || rest.hasPrefix("?") { rest = "/" + rest }
        guard rest.hasPrefix("/") else {
            throw ExitFailure(
                status: ExitStatus.usage, message: "\"\(url)\" is no URL: https://host/path, or /path")
        }
        for header in headers where !header.contains(":") {
            throw ExitFailure(
                status: ExitStatus.usage, message: "\"\(header)\" is no header, as \"Accept: text/html\" is")
        }
        let lines = ["\(method) \(rest) HTTP/1.1", "Host: \(host)"] + headers + ["", ""]
        return (host, String(rest), Array(lines.joined(separator: "\r\n").utf8))
    }

    /// Parses `bytes`; `encoded` lets `%2F` and `;` stand in the path.
    init(_ bytes: [UInt8], limits: HeadLimits, encoded: Bool) throws(Fault) {
        self.bytes = bytes
        var head = RequestHead()
        switch head.parse(bytes.span, limits: limits) {
        case .complete: break
        case .incomplete: throw .refused(status: 400, reason: "incomplete")
        case .refused(let refusal): throw .refused(status: refusal.status, reason: refusal.reason.rawValue)
        }
        var path: [UInt8] = []
        switch CanonicalPath.make(bytes.span, head.path, encoded: encoded, into: &path) {
        case .verbatim: path = Array(bytes[head.path])
        case .rewritten: break
        case .refused(let fault): throw .path(fault.rawValue)
        }
        self.head = head
        self.path = path
        host = HostName.withName(bytes.span, head.host) { name in name.indices.map { name[$0] } }
    }

    /// What a decision looks at; `extra` fields count where the request has none of that name.
    func facts(_ extra: [(RequestFacts.Field, String)] = []) -> RequestFacts {
        var facts = RequestFacts(method: bytes.span.extracting(head.methodRange))
        var seen: Set<RequestFacts.Field> = []
        for line in head.fields {
            guard let field = RequestFacts.Field(name: bytes.span.extracting(line.name)) else { continue }
            seen.insert(field)
            facts.note(field, bytes.span.extracting(line.value))
        }
        for (field, value) in extra where !seen.contains(field) {
            let value = Array(value.utf8)
            facts.note(field, value.span)
        }
        return facts
    }

    /// Whether the rule of origins refuses it with a session's cookie.
    func isFromElsewhere(_ policy: OriginPolicy) -> Bool {
        guard !head.method.isSafe else { return false }
        let (origin, site, type) = (value("origin"), value("sec-fetch-site"), value("content-type"))
        let host = Array(bytes[head.host])
        let verdict = policy.verdict(
            origin: origin?.span, fetchSite: site?.span, host: host.span, scheme: nil)
        return !verdict.permitsToApplication(OriginPolicy.Body(contentType: type?.span, isEmpty: false))
    }

    /// The value of the field of that name, in small letters; the first, if there are several.
    func value(_ name: String) -> [UInt8]? {
        for line in head.fields
        where bytes[line.name].map(ASCII.lower).elementsEqual(name.utf8) {
            return Array(bytes[line.value])
        }
        return nil
    }
}
