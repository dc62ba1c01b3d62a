/// Bodies and queries that the gateway's own endpoints read.
public enum FormBody {
    /// Fields of a body of the given type.
    public static func parse(_ body: Span<UInt8>, as type: MediaType) throws(FormError) -> FormFields {
        switch type {
        case .json:
            var parser = FlatJSON(body)
            return try parser.parse()
        case .form:
            return try form(body)
        }
    }

    /// Value of one parameter of a query (without its `?`); nil: it is not there. A parameter that is there
    /// twice is an error, whichever way its name is encoded; the others are not looked at.
    public static func queryValue(_ name: String, in query: Span<UInt8>) throws(FormError) -> [UInt8]? {
        var found: [UInt8]?
        var pairs = PairScanner(count: query.count)
        while let (key, value) = pairs.next(in: query) {
            guard let decoded = URLEncoding.decoded(query, key), decoded.elementsEqual(name.utf8) else {
                continue
            }
            guard found == nil else { throw .duplicate(decoded) }
            found = try text(query, value)
        }
        return found
    }

    private static func form(_ body: Span<UInt8>) throws(FormError) -> FormFields {
        var fields = FormFields()
        var pairs = PairScanner(count: body.count)
        while let (key, value) = pairs.next(in: body) {
            try fields.add(try text(body, key), .text(try text(body, value)))
        }
        return fields
    }

    private static func text(_ source: Span<UInt8>, _ range: Range<Int>) throws(FormError) -> [UInt8] {
        guard let decoded = URLEncoding.decoded(source, range) else { throw .malformed }
        guard UTF8Check.isValid(decoded.span) else { throw .invalidUTF8 }
        return decoded
    }
}

/// Cuts `a=b&c=d` into pairs; empty ones (`&&`) are passed over, as the URL standard has it.
private struct PairScanner {
    private var position = 0
    private let count: Int

    init(count: Int) { self.count = count }

    mutating func next(in text: Span<UInt8>) -> (key: Range<Int>, value: Range<Int>)? {
        while position < count {
            let start = position
            var equals: Int?
            while position < count, text[position] != UInt8(ascii: "&") {
                if equals == nil, text[position] == UInt8(ascii: "=") { equals = position }
                position += 1
            }
            let end = position
            position += 1
            guard start < end else { continue }
            return equals.map { (start..<$0, ($0 + 1)..<end) } ?? (start..<end, end..<end)
        }
        return nil
    }
}
