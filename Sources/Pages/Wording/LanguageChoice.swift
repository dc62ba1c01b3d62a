public import GatewayConfig

/// Picks a language by the Accept-Language field (RFC 9110 section 12.5.4).
public enum LanguageChoice {
    /// The one of `offered` that weighs most in `field`; of two that weigh the same the one that comes first there.
    /// A range `de-AT` counts for `de`. The first of `offered` where nothing fits, or nothing is well-formed.
    public static func pick(_ offered: [PageLanguage], for field: [UInt8]) -> PageLanguage {
        let fallback = offered.first ?? .english
        guard offered.count > 1, field.count <= 1_024 else { return fallback }
        var best: (language: PageLanguage, weight: Int)?
        for element in field.split(separator: UInt8(ascii: ",")) {
            let parts = element.split(separator: UInt8(ascii: ";"))
            guard let range = parts.first.map(trimmed), let weight = weight(parts.dropFirst()) else {
                continue
            }
            let isAny = range.elementsEqual("*".utf8)
            let primary = range.prefix { $0 != UInt8(ascii: "-") }.map { $0 | 0x20 }
            guard
                let language = isAny
                    ? fallback : offered.first(where: { $0.rawValue.utf8.elementsEqual(primary) })
            else { continue }
            if weight > best?.weight ?? 0 { best = (language, weight) }
        }
        return best?.language ?? fallback
    }

    /// Thousandths; nil: not well-formed.
    private static func weight(_ parameters: ArraySlice<ArraySlice<UInt8>>) -> Int? {
        guard let parameter = parameters.first.map(trimmed) else { return 1_000 }
        guard parameters.count == 1, parameter.count >= 3, parameter.count <= 7,
            parameter.starts(with: "q=".utf8) || parameter.starts(with: "Q=".utf8)
        else { return nil }
        var weight = 0
        var unit = 1_000
        for (index, byte) in parameter.dropFirst(2).enumerated() {
            if index == 1 {
                guard byte == UInt8(ascii: ".") else { return nil }
                continue
            }
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            weight += Int(byte - UInt8(ascii: "0")) * unit
            unit /= 10
        }
        return weight <= 1_000 ? weight : nil
    }

    private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
        var text = text.drop(while: isBlank)
        while let last = text.last, isBlank(last) { text.removeLast() }
        return text
    }
}
