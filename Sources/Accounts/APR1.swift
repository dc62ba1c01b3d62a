internal import Secrets

/// Apache's MD5 crypt, as htpasswd makes it: kept for old files, weak by today's measure.
enum APR1 {
    private static let alphabet = [UInt8](
        "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
    /// The order in which the bytes of a digest are written, three to a group.
    private static let order = [0, 6, 12, 1, 7, 13, 2, 8, 14, 3, 9, 15, 4, 10, 5]

    /// The digest of `password` under `salt`, 16 bytes.
    static func digest(of password: [UInt8], salt: [UInt8]) -> [UInt8] {
        let inner = MD5.hash(password + salt + password)
        var input = password + [UInt8]("$apr1$".utf8) + salt
        var left = password.count
        while left > 0 {
            input += inner.prefix(left)
            left -= 16
        }
        var bits = password.count
        while bits > 0 {
            input.append(bits & 1 == 1 ? 0 : password[0])
            bits >>= 1
        }
        var digest = MD5.hash(input)
        for round in 0..<1_000 {
            input.removeAll(keepingCapacity: true)
            input += round & 1 == 1 ? password : digest
            if round % 3 != 0 { input += salt }
            if round % 7 != 0 { input += password }
            input += round & 1 == 1 ? digest : password
            digest = MD5.hash(input)
        }
        return digest
    }

    /// The 16 bytes that 22 characters stand for; nil for any other text, so that each digest has one spelling.
    static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        guard text.count == 22 else { return nil }
        var values: [Int] = []
        for byte in text {
            guard let value = alphabet.firstIndex(of: byte) else { return nil }
            values.append(value)
        }
        var digest = [UInt8](repeating: 0, count: 16)
        for group in 0..<5 {
            var number = 0
            for index in 0..<4 { number |= values[group * 4 + index] << (6 * index) }
            digest[order[group * 3]] = UInt8(number >> 16 & 0xFF)
            digest[order[group * 3 + 1]] = UInt8(number >> 8 & 0xFF)
            digest[order[group * 3 + 2]] = UInt8(number & 0xFF)
        }
        let last = values[20] | values[21] << 6
        guard last <= 0xFF else { return nil }
        digest[11] = UInt8(last)
        return digest
    }
}
