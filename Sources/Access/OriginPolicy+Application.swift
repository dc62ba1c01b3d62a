extension OriginPolicy.Body {
    /// The kind of a body that goes to the application. `form` is what a page of another site can send by a plain
    /// HTML form, without a preflight: urlencoded, multipart and plain text (Fetch standard, CORS-safelisted).
    public init(contentType: Span<UInt8>?, isEmpty: Bool) {
        guard !isEmpty else {
            self = .empty
            return
        }
        guard let contentType else {
            self = .other
            return
        }
        var end = 0
        while end < contentType.count, contentType[end] != UInt8(ascii: ";") { end += 1 }
        let name = Bytes.trimmed(contentType, 0..<end)
        if Bytes.equalIgnoringCase(contentType, name, "application/json".utf8.span) {
            self = .json
            return
        }
        let isForm =
            Bytes.equalIgnoringCase(contentType, name, "application/x-www-form-urlencoded".utf8.span)
            || Bytes.equalIgnoringCase(contentType, name, "multipart/form-data".utf8.span)
            || Bytes.equalIgnoringCase(contentType, name, "text/plain".utf8.span)
        self = isForm ? .form : .other
    }
}

extension OriginPolicy.Verdict {
    /// Whether an unsafe request with a session's cookie may go to the application. One that says nothing about where
    /// it comes from passes unless an HTML form could have made it: no browser of these days is that silent, and
    /// programs send something else than forms.
    public func permitsToApplication(_ body: OriginPolicy.Body) -> Bool {
        switch self {
        case .allowed: true
        case .refused: false
        case .unstated: body != .form
        }
    }
}
