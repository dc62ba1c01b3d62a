/// The answers of a source, and their binary form: a magic line, then records of a kind byte and fields, each field
/// a 32-bit big-endian length and its bytes. Sorted by kind and key, so equal answers are equal bytes.
struct SourceAnswers: Sendable {
    var files: [String: Result<[UInt8], ConfigSourceError>] = [:]
    var globs: [String: [String]] = [:]
    var variables: [String: String?] = [:]
    var modes: [String: UInt16?] = [:]

    private static let magic = Array("gatehouse-config 1\n".utf8)

    private enum Kind: UInt8 {
        case file = 1
        case unreadable, missing, glob, variable, unset, mode, unknownMode
    }

    init() {}

    func encoded() -> [UInt8] {
        var out = Self.magic
        for (path, answer) in files.sorted(by: Self.byKey) {
            switch answer {
            case .success(let bytes): Self.append(.file, [Array(path.utf8), bytes], to: &out)
            case .failure(let error):
                let kind = error.isMissing ? Kind.missing : .unreadable
                Self.append(kind, [Array(path.utf8), Array(error.message.utf8)], to: &out)
            }
        }
        for (glob, paths) in globs.sorted(by: Self.byKey) {
            Self.append(.glob, ([glob] + paths).map { Array($0.utf8) }, to: &out)
        }
        for (name, value) in variables.sorted(by: Self.byKey) {
            let kind = value == nil ? Kind.unset : .variable
            Self.append(kind, [name, value ?? ""].map { Array($0.utf8) }, to: &out)
        }
        for (path, mode) in modes.sorted(by: Self.byKey) {
            let bits = mode.map { [UInt8($0 >> 8), UInt8($0 & 0xff)] } ?? []
            Self.append(mode == nil ? .unknownMode : .mode, [Array(path.utf8), bits], to: &out)
        }
        return out
    }

    init?(encoded bytes: [UInt8]) {
        guard bytes.starts(with: Self.magic) else { return nil }
        var reader = FieldReader(bytes: bytes, position: Self.magic.count)
        while !reader.isAtEnd {
            guard let kind = reader.byte().flatMap(Kind.init(rawValue:)), let fields = reader.fields(),
                fields.count >= 1, kind == .glob || fields.count == 2
            else { return nil }
            guard add(kind, fields) else { return nil }
        }
    }

    private mutating func add(_ kind: Kind, _ fields: [[UInt8]]) -> Bool {
        let texts = fields.map { String(decoding: $0, as: UTF8.self) }
        switch kind {
        case .file: files[texts[0]] = .success(fields[1])
        case .unreadable: files[texts[0]] = .failure(ConfigSourceError(message: texts[1]))
        case .missing: files[texts[0]] = .failure(ConfigSourceError(message: texts[1], isMissing: true))
        case .glob: globs[texts[0]] = Array(texts[1...])
        case .variable: variables[texts[0]] = .some(texts[1])
        case .unset: variables[texts[0]] = .some(nil)
        case .mode:
            guard fields[1].count == 2 else { return false }
            modes[texts[0]] = .some(UInt16(fields[1][0]) << 8 | UInt16(fields[1][1]))
        case .unknownMode: modes[texts[0]] = .some(nil)
        }
        return true
    }

    private static func byKey<Value>(
        _ left: (key: String, value: Value), _ right: (key: String, value: Value)
    )
        -> Bool
    {
        left.key.utf8.lexicographicallyPrecedes(right.key.utf8)
    }

    private static func append(_ kind: Kind, _ fields: [[UInt8]], to out: inout [UInt8]) {
        out.append(kind.rawValue)
        append(count: fields.count, to: &out)
        for field in fields {
            append(count: field.count, to: &out)
            out += field
        }
    }

    private static func append(count: Int, to out: inout [UInt8]) {
        let value = UInt32(clamping: count)
        for shift: UInt32 in [24, 16, 8, 0] { out.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }
}

/// Reads the records back; never beyond the end, whatever the lengths say.
private struct FieldReader {
    let bytes: [UInt8]
    var position: Int

    var isAtEnd: Bool { position == bytes.count }

    mutating func byte() -> UInt8? {
        guard position < bytes.count else { return nil }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func fields() -> [[UInt8]]? {
        guard let count = number() else { return nil }
        var fields: [[UInt8]] = []
        for _ in 0..<count {
            guard let length = number(), length <= bytes.count - position else { return nil }
            fields.append(Array(bytes[position..<position + length]))
            position += length
        }
        return fields
    }

    private mutating func number() -> Int? {
        guard bytes.count - position >= 4 else { return nil }
        defer { position += 4 }
        return bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
    }
}
