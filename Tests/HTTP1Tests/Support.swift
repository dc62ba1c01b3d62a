import HTTP1
import HTTPCore
import RandomTestSupport

/// The default limits of the `limits` block.
let defaultLimits = HeadLimits(headerSize: 16_384, headerCount: 100, uri: 8_192)

/// Bytes of a message as the tables write it: `⏎` is CRLF, `␊` a bare LF, `␍` a bare CR, `␀` NUL, `⇥` a tab;
/// any character up to U+00FF is that byte, others are their UTF-8.
func wire(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    for scalar in text.unicodeScalars {
        switch scalar {
        case "⏎": bytes += [0x0d, 0x0a]
        case "␊": bytes.append(0x0a)
        case "␍": bytes.append(0x0d)
        case "␀": bytes.append(0)
        case "⇥": bytes.append(0x09)
        default:
            if scalar.value < 256 {
                bytes.append(UInt8(scalar.value))
            } else {
                bytes += Array(String(scalar).utf8)
            }
        }
    }
    return bytes
}

func text(_ bytes: [UInt8], _ range: Range<Int>) -> String {
    String(decoding: bytes[range], as: UTF8.self)
}

/// A parsed request head, its bytes and what the parser said.
struct Parsed {
    let head: RequestHead
    let result: RequestParse
    let bytes: [UInt8]

    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    /// Status and reason of a refusal; nil for anything else.
    var refusal: RequestRefusal? {
        if case .refused(let refusal) = result { refusal } else { nil }
    }

    var isComplete: Bool {
        if case .complete = result { true } else { false }
    }
}

func parse(_ bytes: [UInt8], limits: HeadLimits = defaultLimits) -> Parsed {
    var head = RequestHead()
    let result = head.parse(bytes.span, limits: limits)
    return Parsed(head: head, result: result, bytes: bytes)
}

func parse(_ message: String, limits: HeadLimits = defaultLimits) -> Parsed {
    parse(wire(message), limits: limits)
}

/// Parses `bytes` as they would arrive, cut at `cuts`, until there is an answer.
func parse(_ bytes: [UInt8], cutAt cuts: some Sequence<Int>, limits: HeadLimits = defaultLimits) -> Parsed {
    var head = RequestHead()
    for count in cuts {
        let result = head.parse(bytes.span.extracting(0..<count), limits: limits)
        if result != .incomplete { return Parsed(head: head, result: result, bytes: bytes) }
    }
    let result = head.parse(bytes.span, limits: limits)
    return Parsed(head: head, result: result, bytes: bytes)
}

/// All that a head says, for comparing two of them.
func summary(_ parsed: Parsed) -> String {
    guard parsed.isComplete else { return "\(parsed.result)" }
    let head = parsed.head
    let fields = head.fields.map {
        "\(parsed.text($0.name))|\(parsed.text($0.value))|\($0.id)|\($0.isHopByHop)|\($0.hasUnderscoreOrDot)"
    }
    return """
        \(parsed.result) \(head.method) \(head.methodRange) \(head.target) \(head.path) \(head.query as Any) \
        \(head.authority as Any) \(head.host) \(head.minorVersion) \(head.framing) \(head.keepsAlive) \
        \(head.expectsContinue) \(head.upgradesToWebSocket) \(head.hasUpgrade) \(head.isAsteriskForm) \
        \(head.cookieLineCount) \(head.maxForwards as Any) \(head.mayHaveSuspiciousFields) \(fields)
        """
}

extension SeededRandom {
    /// Rising positions in `bytes` to cut at.
    mutating func cuts(_ count: Int) -> [Int] {
        (0..<Int.random(in: 0...8, using: &self)).map { _ in Int.random(in: 0...count, using: &self) }
            .sorted()
    }

    /// A few bytes changed, taken out, doubled or put in, mostly ones that mean something to a parser.
    mutating func mutate(_ bytes: [UInt8]) -> [UInt8] {
        var result = bytes
        for _ in 0..<Int.random(in: 1...4, using: &self) where !result.isEmpty {
            let index = Int.random(in: 0..<result.count, using: &self)
            let telling = Array("\r\n\0\t :;,/?#%\\.=\"[]0159afAF+-_~".utf8)
            let byte =
                Bool.random(using: &self)
                ? telling[Int.random(in: 0..<telling.count, using: &self)]
                : UInt8.random(in: 0...255, using: &self)
            switch Int.random(in: 0..<4, using: &self) {
            case 0: result[index] = byte
            case 1: result.remove(at: index)
            case 2: result.insert(byte, at: index)
            default:
                let end = min(index + Int.random(in: 1...20, using: &self), result.count)
                result.insert(contentsOf: result[index..<end], at: index)
            }
        }
        return result
    }
}
