/// Fields of a submitted form or of a flat JSON object. Each name is there once.
public struct FormFields: Sendable, Equatable {
    /// One field.
    public struct Field: Sendable, Equatable {
        /// Decoded name, well-formed UTF-8.
        public let name: [UInt8]
        /// Decoded value.
        public let value: Value
    }

    /// Value of a field.
    public enum Value: Sendable, Equatable {
        /// Well-formed UTF-8; may hold any character, NUL among them.
        case text([UInt8])
        /// JSON's `true` or `false`.
        case flag(Bool)
    }

    /// Most fields of one form.
    public static let limit = 32

    /// In the order they came in.
    public private(set) var fields: [Field] = []

    /// No fields.
    public init() {}

    /// Text of a field; nil where it is missing, or is no text.
    public func text(_ name: String) -> [UInt8]? {
        guard case .text(let text)? = value(name) else { return nil }
        return text
    }

    /// Whether a field is switched on: JSON's `true`, or `1`, `true`, `on`, `yes`.
    public func flag(_ name: String) -> Bool {
        switch value(name) {
        case nil: false
        case .flag(let flag)?: flag
        case .text(let text)?: ["1", "true", "on", "yes"].contains { text.elementsEqual($0.utf8) }
        }
    }

    private func value(_ name: String) -> Value? {
        fields.first { $0.name.elementsEqual(name.utf8) }?.value
    }

    mutating func add(_ name: [UInt8], _ value: Value) throws(FormError) {
        guard fields.count < Self.limit else { throw .tooManyFields }
        guard !fields.contains(where: { $0.name == name }) else { throw .duplicate(name) }
        fields.append(Field(name: name, value: value))
    }
}

/// Why a body or a query was not accepted.
public enum FormError: Error, Equatable {
    /// Not what its Content-Type says.
    case malformed
    /// A name or a value is not well-formed UTF-8.
    case invalidUTF8
    /// The same name twice.
    case duplicate([UInt8])
    /// A JSON value other than a string, `true`, `false` or `null`.
    case unsupportedValue([UInt8])
    /// More than `FormFields.limit`.
    case tooManyFields

    /// A sentence for the `detail` of a problem.
    public var detail: String {
        switch self {
        case .malformed: "The body is not well-formed."
        case .invalidUTF8: "The body is not valid UTF-8."
        case .duplicate(let name): "The field \(Self.shown(name)) is there more than once."
        case .unsupportedValue(let name): "The field \(Self.shown(name)) must be a string, true or false."
        case .tooManyFields: "The body has more than \(FormFields.limit) fields."
        }
    }

    private static func shown(_ name: [UInt8]) -> String {
        "\"\(String(decoding: name.prefix(64), as: UTF8.self))\""
    }
}
