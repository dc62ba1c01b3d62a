/// A value in a process log line.
public enum LogValue: Sendable, Equatable {
    /// Any text, escaped when written.
    case text(String)
    /// A whole number.
    case number(Int)
    /// A truth value.
    case flag(Bool)
    /// A JSON value, written as it is: without line ends or controls, and not from outside.
    case json([UInt8])
}

extension LogValue: ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral
{
    /// Text.
    public init(stringLiteral value: String) { self = .text(value) }
    /// A number.
    public init(integerLiteral value: Int) { self = .number(value) }
    /// A truth value.
    public init(booleanLiteral value: Bool) { self = .flag(value) }
}
