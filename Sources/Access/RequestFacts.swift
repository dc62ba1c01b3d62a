/// What access decisions need to know of a request head. Made from the method, then told of header lines.
public struct RequestFacts: Sendable, Equatable {
    /// The header fields that count.
    public enum Field: String, Sendable, CaseIterable {
        case accept
        case authorization
        case origin
        case preflightMethod = "access-control-request-method"
        case requestedWith = "x-requested-with"
        case fetchMode = "sec-fetch-mode"
        case fetchDestination = "sec-fetch-dest"
        case upgrade

        /// The field of that name, in any case; nil: it does not count.
        public init?(name: Span<UInt8>) {
            for field in Self.allCases where Bytes.equalIgnoringCase(name, field.rawValue) {
                self = field
                return
            }
            return nil
        }
    }

    private var isGetOrHead: Bool
    private var isOptions: Bool
    private var hasOrigin = false
    private var hasPreflightMethod = false
    private var isScripted = false
    private var asksForWebSocket = false
    private var accept = AcceptPreference()

    /// Facts of a request with this method and no header fields.
    public init(method: Span<UInt8>) {
        isGetOrHead = Bytes.equal(method, "GET") || Bytes.equal(method, "HEAD")
        isOptions = Bytes.equal(method, "OPTIONS")
    }

    /// Takes in one header line; a field may come in several.
    public mutating func note(_ field: Field, _ value: Span<UInt8>) {
        switch field {
        case .accept: accept.add(value)
        case .authorization, .requestedWith: isScripted = true
        case .origin: hasOrigin = true
        case .preflightMethod: hasPreflightMethod = true
        case .fetchMode: isScripted = isScripted || !Bytes.equalIgnoringCase(value, "navigate")
        case .fetchDestination: isScripted = isScripted || !Bytes.equalIgnoringCase(value, "document")
        case .upgrade: asksForWebSocket = asksForWebSocket || Self.lists(value, "websocket")
        }
    }

    /// A CORS preflight as the Fetch standard defines it.
    public var isPreflight: Bool { isOptions && hasOrigin && hasPreflightMethod }

    /// The request asks to become a WebSocket (RFC 6455 section 4.1).
    public var isWebSocket: Bool { asksForWebSocket }

    /// The client would rather have a page than JSON.
    public var prefersHTML: Bool { accept.prefersHTML }

    /// A person's browser is about to show the answer: GET or HEAD, not made by a script, and for a page.
    public var isNavigation: Bool { isGetOrHead && !isScripted && prefersHTML }

    private static func lists(_ value: Span<UInt8>, _ token: String) -> Bool {
        var list = ListScanner(0..<value.count)
        while let element = list.next(UInt8(ascii: ","), in: value) {
            let name = Bytes.trimmed(value, element)
            if Bytes.equalIgnoringCase(value, name, token.utf8.span) { return true }
        }
        return false
    }
}
