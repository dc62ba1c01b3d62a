/// One field of a form that was not accepted, and why.
public struct FieldError: Sendable, Equatable {
    /// Name of the field, as sent.
    public var field: String
    /// A whole sentence for a person.
    public var message: String
    /// The same for people who read another language; nil: only the message is there.
    public var reason: FieldReason?

    /// An error of one field.
    public init(field: String, message: String) {
        self.field = field
        self.message = message
    }

    /// An error of one field that has words in every language.
    public init(field: String, _ reason: FieldReason) {
        self.field = field
        self.reason = reason
        message = reason.english
    }
}

/// A problem detail (RFC 9457), and the content of an error page.
public struct Problem: Sendable, Equatable {
    /// What a program goes by.
    public var code: ProblemCode
    /// HTTP status.
    public var status: Int
    /// Short summary.
    public var title: String
    /// What happened this time, for a person.
    public var detail: String
    /// Reference of this occurrence: the request id. nil: none is told.
    public var instance: String?
    /// Where to sign in, a path.
    public var loginURL: String?
    /// Seconds.
    public var retryAfter: Int?
    /// Fields that were not accepted; empty: the member is left out.
    public var errors: [FieldError]

    /// A problem; what is not given is the code's own.
    public init(
        _ code: ProblemCode, status: Int? = nil, title: String? = nil, detail: String? = nil,
        instance: String? = nil, loginURL: String? = nil, retryAfter: Int? = nil, errors: [FieldError] = []
    ) {
        self.code = code
        self.status = status ?? code.status
        self.title = title ?? code.title
        self.detail = detail ?? code.detail
        self.instance = instance
        self.loginURL = loginURL
        self.retryAfter = retryAfter
        self.errors = errors
    }

    /// Body of an `application/problem+json` response. `base` is what `type` begins with, before the code.
    public func json(base: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { object in
            object.key("type")
            object.string(base + code.rawValue)
            object.key("title")
            object.string(title)
            object.key("status")
            object.integer(status)
            object.key("code")
            object.string(code.rawValue)
            object.key("detail")
            object.string(detail)
            extras(&object)
        }
        return writer.bytes
    }

    private func extras(_ object: inout JSONWriter) {
        if let instance {
            object.key("instance")
            object.string(instance)
        }
        if let loginURL {
            object.key("login_url")
            object.string(loginURL)
        }
        if let retryAfter {
            object.key("retry_after")
            object.integer(retryAfter)
        }
        guard !errors.isEmpty else { return }
        object.key("errors")
        object.array { list in
            for error in errors {
                list.object { entry in
                    entry.key("field")
                    entry.string(error.field)
                    entry.key("message")
                    entry.string(error.message)
                }
            }
        }
    }
}
