/// The fields of a record in one pass over its bytes.
struct RecordFields {
    var view = SessionView()
    var hash = RecordSlice()
    var realm = RecordSlice()
    var address = RecordSlice()
    var agent = RecordSlice()
    var previous = RecordSlice()
    var successor = RecordSlice()
    /// The user's id is text, but not of the alphabet of ids: no header may carry it.
    private(set) var hasUnusableUserID = false
    /// One bit a known field.
    private var seen: UInt16 = 0
    private static let required: UInt16 = 0b0000_0111_1111_1111

    /// Reads a whole record. False unless it is one JSON object and nothing more, of our version, with every
    /// required field once and of the right type. Fields we do not know are passed over.
    mutating func scan(_ bytes: Span<UInt8>) -> Bool {
        var position = 0
        guard JSONScanner.skip("{", bytes, &position) else { return false }
        repeat {
            JSONScanner.skipSpace(bytes, &position)
            guard let key = JSONScanner.string(bytes, &position), !key.isEscaped else { return false }
            JSONScanner.skipSpace(bytes, &position)
            guard JSONScanner.skip(":", bytes, &position) else { return false }
            JSONScanner.skipSpace(bytes, &position)
            guard field(bytes, key.range, &position) else { return false }
            JSONScanner.skipSpace(bytes, &position)
        } while JSONScanner.skip(",", bytes, &position)
        guard JSONScanner.skip("}", bytes, &position), position == bytes.count else { return false }
        return seen & Self.required == Self.required
    }

    /// Reads the value of the field whose name stands at `key`.
    private mutating func field(_ bytes: Span<UInt8>, _ key: Range<Int>, _ position: inout Int) -> Bool {
        switch key.count {
        case 1: return short(bytes[key.lowerBound], bytes, &position)
        case 2: return long(bytes[key.lowerBound], bytes[key.lowerBound + 1], bytes, &position)
        default: return JSONScanner.skipValue(bytes, &position)
        }
    }

    private mutating func short(_ key: UInt8, _ bytes: Span<UInt8>, _ position: inout Int) -> Bool {
        switch key {
        case UInt8(ascii: "v"):
            return once(0) && JSONScanner.integer(bytes, &position) == Int64(SessionRecord.version)
        case UInt8(ascii: "k"): return once(1) && Self.plain(bytes, &position, &hash)
        case UInt8(ascii: "u"): return once(2) && userID(bytes, &position)
        case UInt8(ascii: "r"): return once(3) && roles(bytes, &position)
        case UInt8(ascii: "n"): return once(4) && name(bytes, &position)
        case UInt8(ascii: "c"): return once(5) && Self.integer(bytes, &position, &view.created)
        case UInt8(ascii: "a"): return once(6) && Self.integer(bytes, &position, &view.absoluteEnd)
        case UInt8(ascii: "i"): return once(7) && Self.integer(bytes, &position, &view.idleSeconds)
        case UInt8(ascii: "m"): return once(8) && remembered(bytes, &position)
        case UInt8(ascii: "h"): return once(9) && handle(bytes, &position)
        case UInt8(ascii: "g"): return once(13) && grace(bytes, &position)
        case UInt8(ascii: "p"): return once(14) && Self.plain(bytes, &position, &previous)
        default: return JSONScanner.skipValue(bytes, &position)
        }
    }

    private mutating func long(
        _ first: UInt8, _ second: UInt8, _ bytes: Span<UInt8>, _ position: inout Int
    ) -> Bool {
        switch (first, second) {
        case (UInt8(ascii: "r"), UInt8(ascii: "l")): return once(10) && Self.plain(bytes, &position, &realm)
        case (UInt8(ascii: "i"), UInt8(ascii: "p")): return once(11) && Self.plain(bytes, &position, &address)
        case (UInt8(ascii: "u"), UInt8(ascii: "a")):
            guard once(12), let text = JSONScanner.string(bytes, &position) else { return false }
            agent = RecordSlice(text.range)
            return true
        case (UInt8(ascii: "n"), UInt8(ascii: "x")):
            return once(15) && Self.plain(bytes, &position, &successor)
        default: return JSONScanner.skipValue(bytes, &position)
        }
    }

    /// Notes that a field came; false if it is there for the second time.
    private mutating func once(_ bit: UInt16) -> Bool {
        let isNew = seen & (1 << bit) == 0
        seen |= 1 << bit
        return isNew
    }

    private static func plain(_ bytes: Span<UInt8>, _ position: inout Int, _ slice: inout RecordSlice) -> Bool
    {
        guard let text = JSONScanner.string(bytes, &position), !text.isEscaped else { return false }
        slice = RecordSlice(text.range)
        return true
    }

    private static func integer(_ bytes: Span<UInt8>, _ position: inout Int, _ field: inout Int64) -> Bool {
        guard let value = JSONScanner.integer(bytes, &position) else { return false }
        field = value
        return true
    }

    private mutating func userID(_ bytes: Span<UInt8>, _ position: inout Int) -> Bool {
        guard let text = JSONScanner.string(bytes, &position) else { return false }
        view.userID = RecordSlice(text.range)
        hasUnusableUserID = !SessionRecord.isUserID(bytes.extracting(text.range))
        return true
    }

    private mutating func handle(_ bytes: Span<UInt8>, _ position: inout Int) -> Bool {
        guard Self.plain(bytes, &position, &view.handle) else { return false }
        return SessionRecord.isHandle(bytes.extracting(view.handle.range))
    }

    private mutating func name(_ bytes: Span<UInt8>, _ position: inout Int) -> Bool {
        guard let text = JSONScanner.string(bytes, &position), !text.range.isEmpty else { return false }
        view.name = RecordSlice(text.range)
        view.nameIsEscaped = text.isEscaped
        return true
    }

    private mutating func remembered(_ bytes: Span<UInt8>, _ position: inout Int) -> Bool {
        guard let value = JSONScanner.boolean(bytes, &position) else { return false }
        view.isRemembered = value
        return true
    }

    private mutating func grace(_ bytes: Span<UInt8>, _ position: inout Int) -> Bool {
        guard let value = JSONScanner.integer(bytes, &position) else { return false }
        view.graceEnd = value
        return true
    }

    /// An array of strings that need no escapes and hold no comma, since a header lists them by commas.
    private mutating func roles(_ bytes: Span<UInt8>, _ position: inout Int) -> Bool {
        guard JSONScanner.skip("[", bytes, &position) else { return false }
        let start = position
        JSONScanner.skipSpace(bytes, &position)
        if JSONScanner.skip("]", bytes, &position) { return true }
        repeat {
            JSONScanner.skipSpace(bytes, &position)
            guard let role = JSONScanner.string(bytes, &position), !role.isEscaped,
                SessionRecord.isRole(bytes.extracting(role.range))
            else { return false }
            view.roleCount += 1
            JSONScanner.skipSpace(bytes, &position)
        } while JSONScanner.skip(",", bytes, &position)
        view.roles = RecordSlice(start..<position)
        return JSONScanner.skip("]", bytes, &position)
    }
}
