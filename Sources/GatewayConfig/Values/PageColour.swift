/// An opaque sRGB colour.
public struct PageColour: Sendable, Equatable {
    /// 0 to 255.
    public var red: UInt8
    /// 0 to 255.
    public var green: UInt8
    /// 0 to 255.
    public var blue: UInt8

    /// A colour of three parts.
    public init(red: UInt8, green: UInt8, blue: UInt8) {
        self.red = red
        self.green = green
        self.blue = blue
    }

    /// White.
    public static let white = PageColour(red: 255, green: 255, blue: 255)
    /// Black.
    public static let black = PageColour(red: 0, green: 0, blue: 0)

    /// The colour that `#rrggbb` names; nil: not written so.
    public init?(_ text: some Collection<UInt8>) {
        guard text.count == 7, text.first == UInt8(ascii: "#") else { return nil }
        let digits = text.dropFirst().compactMap(Self.digit)
        guard digits.count == 6 else { return nil }
        self.init(
            red: digits[0] << 4 | digits[1], green: digits[2] << 4 | digits[3],
            blue: digits[4] << 4 | digits[5])
    }

    /// `#rrggbb` in small letters.
    public var text: String {
        let digits = Array("0123456789abcdef".utf8)
        let bytes = [red, green, blue].flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return "#" + String(decoding: bytes, as: UTF8.self)
    }

    /// Contrast against another colour, 1 to 21 (WCAG 2, relative luminance).
    public func contrast(with other: PageColour) -> Double {
        let (first, second) = (luminance, other.luminance)
        return (max(first, second) + 0.05) / (min(first, second) + 0.05)
    }

    /// This colour with `share` (0 to 1) of another in it.
    public func mixed(with other: PageColour, share: Double) -> PageColour {
        func part(_ own: UInt8, _ its: UInt8) -> UInt8 {
            let value = Double(own) + (Double(its) - Double(own)) * min(max(share, 0), 1)
            return UInt8(min(max(value.rounded(), 0), 255))
        }
        return PageColour(
            red: part(red, other.red), green: part(green, other.green), blue: part(blue, other.blue))
    }

    /// The nearest mixture with `other` that has at least `contrast` against `ground`; `other` if none has.
    public func mixed(with other: PageColour, untilContrast contrast: Double, on ground: PageColour)
        -> PageColour
    {
        for step in 0...19 {
            let mixture = mixed(with: other, share: Double(step) / 20)
            if mixture.contrast(with: ground) >= contrast { return mixture }
        }
        return other
    }

    private var luminance: Double {
        0.2126 * Self.linear(red) + 0.7152 * Self.linear(green) + 0.0722 * Self.linear(blue)
    }

    private static func linear(_ part: UInt8) -> Double {
        let value = Double(part) / 255
        guard value > 0.04045 else { return value / 12.92 }
        // x^2.4 is the fifth root of x^12: there is no pow() here.
        let base = (value + 0.055) / 1.055
        let square = base * base
        let power = square * square * square * square * square * square
        var root = 1.0
        for _ in 0..<40 { root = (4 * root + power / (root * root * root * root)) / 5 }
        return root
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
