/// Where a request that changes something may come from.
public struct OriginPolicy: Sendable, Equatable {
    /// Kind of a request's body, by its length and Content-Type.
    public enum Body: Sendable, Equatable {
        /// No body.
        case empty
        /// `application/json`: a page of another origin cannot send it without a preflight.
        case json
        /// `application/x-www-form-urlencoded`: any page can send it.
        case form
        /// Anything else.
        case other
    }

    /// What the header fields say.
    public enum Verdict: Sendable, Equatable {
        /// From our own origin, from a listed one, or from the address bar.
        case allowed
        /// From another origin.
        case refused
        /// Neither field is there: not a browser of these days, or one on a plain-http host.
        case unstated

        /// Whether the request may pass. Unstated ones pass where no other site's page can have made them: no
        /// body, a JSON body, or a form that carries a token we signed.
        public func permits(_ body: Body, hasSignedToken: Bool) -> Bool {
            switch self {
            case .allowed: true
            case .refused: false
            case .unstated: body == .empty || body == .json || (body == .form && hasSignedToken)
            }
        }
    }

    /// Origins that count as our own.
    public let listed: [WebOrigin]

    /// A policy with origins allowed besides the own one; text that is no origin is left out, since the
    /// configuration refuses it.
    public init(_ origins: [String] = []) {
        listed = origins.compactMap { WebOrigin($0.utf8.span) }
    }

    /// Verdict on an unsafe request. `origin` and `fetchSite` (Sec-Fetch-Site) are nil where the field is absent;
    /// pass an empty value for a field that is there more than once, and it is refused. `host` is the
    /// Host field, `scheme` what the request came over, nil if that is not known.
    public func verdict(
        origin: Span<UInt8>?, fetchSite: Span<UInt8>?, host: Span<UInt8>, scheme: WebScheme?
    ) -> Verdict {
        let stated = if let origin { WebOrigin(origin) } else { WebOrigin?.none }
        if let stated, listed.contains(stated) { return .allowed }
        // The browser's own statement; unlike Origin it cannot be confused by proxies that rewrite Host.
        if let fetchSite {
            let isOurs = Bytes.equal(fetchSite, "same-origin") || Bytes.equal(fetchSite, "none")
            return isOurs ? .allowed : .refused
        }
        guard origin != nil else { return .unstated }
        return stated?.isOwn(host: host, scheme: scheme) == true ? .allowed : .refused
    }

    /// Whether a WebSocket handshake may pass. Browsers always send Origin with it, so one without comes from no
    /// page; `null` is a sandboxed page of anybody's.
    public func permitsWebSocket(origin: Span<UInt8>?, host: Span<UInt8>, scheme: WebScheme?) -> Bool {
        guard let origin else { return true }
        guard let stated = WebOrigin(origin) else { return false }
        return listed.contains(stated) || stated.isOwn(host: host, scheme: scheme)
    }
}
