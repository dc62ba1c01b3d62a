internal import CHiredis

/// A command and its arguments. They are counted, so they may hold any bytes.
public struct RedisCommand: Sendable, Equatable {
    /// The command's name first.
    public var arguments: [[UInt8]]
    /// Whether it changes nothing, so that it may be sent again when a connection died under it.
    public var isRead: Bool

    /// A command of `arguments`, the name first.
    public init(_ arguments: [[UInt8]], isRead: Bool = false) {
        self.arguments = arguments
        self.isRead = isRead
    }

    /// A command called `name`.
    public init(_ name: StaticString, _ arguments: [[UInt8]] = [], isRead: Bool = false) {
        let bytes = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        self.init([[UInt8](bytes)] + arguments, isRead: isRead)
    }

    /// Calls `body` with the command as it goes over the wire; false if there was no memory for it.
    /// The bytes that go to the server, as hiredis' formatter makes them; empty if it has no memory.
    public var wireForm: [UInt8] {
        var form: [UInt8] = []
        _ = withWireForm { form = [UInt8]($0) }
        return form
    }

    func withWireForm(_ body: (UnsafeRawBufferPointer) -> Void) -> Bool {
        withUnsafeTemporaryAllocation(of: UnsafeRawBufferPointer.self, capacity: arguments.count) { parts in
            _ = parts.initialize(fromContentsOf: arguments.lazy.map { _ in .init(start: nil, count: 0) })
            return Self.gather(arguments, 0, parts) { Self.format(UnsafeBufferPointer(parts), body) }
        }
    }

    /// Pins argument after argument, so that all pointers are good while `body` runs.
    private static func gather(
        _ arguments: [[UInt8]], _ index: Int, _ parts: UnsafeMutableBufferPointer<UnsafeRawBufferPointer>,
        _ body: () -> Bool
    ) -> Bool {
        guard index < arguments.count else { return body() }
        return arguments[index].withUnsafeBytes { bytes in
            parts[index] = bytes
            return gather(arguments, index + 1, parts, body)
        }
    }

    /// Calls `body` with the wire form of a command whose arguments are `parts`.
    static func format(
        _ parts: UnsafeBufferPointer<UnsafeRawBufferPointer>, _ body: (UnsafeRawBufferPointer) -> Void
    ) -> Bool {
        withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: parts.count) { pointers in
            withUnsafeTemporaryAllocation(of: Int.self, capacity: parts.count) { counts in
                for index in parts.indices {
                    let base = parts[index].baseAddress?.assumingMemoryBound(to: CChar.self)
                    pointers.initializeElement(at: index, to: base)
                    counts.initializeElement(at: index, to: parts[index].count)
                }
                var command: UnsafeMutablePointer<CChar>?
                let count = redisFormatCommandArgv(
                    &command, CInt(clamping: parts.count), pointers.baseAddress, counts.baseAddress)
                guard count > 0, let command else { return false }
                body(UnsafeRawBufferPointer(start: command, count: Int(count)))
                redisFreeCommand(command)
                return true
            }
        }
    }
}

extension RedisCommand {
    /// What it is to the statistics.
    var kind: RedisCommandKind {
        guard let name = arguments.first else { return .other }
        if name.elementsEqual("EVAL".utf8) || name.elementsEqual("EVALSHA".utf8) { return .eval }
        return name.elementsEqual("GET".utf8) ? .get : .other
    }
}
