internal import Secrets

/// The kinds of hash that other programs made and that are only compared with.
extension PasswordHash {
    /// What crypt(5) takes when a text names no rounds.
    static let defaultRounds = 5_000

    /// The parameters of yescrypt that crypt_gensalt(3) makes, by cost less 1. No others are run: the form allows
    /// any amount of memory.
    private static let yescryptParameters = [
        "j75", "j85", "j7T", "j8T", "j9T", "jAT", "jBT", "jCT", "jDT", "jET", "jFT",
    ]

    static func yescryptPrefix(cost: Int) -> String {
        let index = min(max(cost, 1), yescryptParameters.count) - 1
        return "$y$\(yescryptParameters[index])$"
    }

    /// `$y$j9T$salt$hash`.
    static func parseYescrypt(_ fields: [ArraySlice<UInt8>]) throws(HashFailure) -> (HashKind, Content) {
        guard fields.count == 5, isSalt(fields[3], upTo: 86), isSalt(fields[4], upTo: 43),
            fields[4].count == 43
        else { throw .unusable(reason: "yescrypt not of the form $y$parameters$salt$ and 43 characters") }
        guard let index = yescryptParameters.firstIndex(where: { fields[2].elementsEqual($0.utf8) }) else {
            throw .unusable(reason: "yescrypt parameters that crypt_gensalt(3) does not make")
        }
        return (.yescrypt(cost: index + 1), .crypt(digestCount: 43))
    }

    /// The rounds of `$6$salt$hash` or `$6$rounds=N$salt$hash`.
    static func parseSHACrypt(
        _ fields: [ArraySlice<UInt8>], digestCount: Int
    ) throws(HashFailure) -> Int {
        var rest = fields.dropFirst(2)
        var rounds = defaultRounds
        if let first = rest.first, first.starts(with: "rounds=".utf8) {
            let text = first.dropFirst(7)
            guard (4...9).contains(text.count), text.first != UInt8(ascii: "0"), let number = digits(text)
            else {
                throw .unusable(reason: "SHA crypt rounds not of the form rounds=N")
            }
            rounds = number
            rest = rest.dropFirst()
        }
        guard rest.count == 2, let salt = rest.first, let digest = rest.last, isSalt(salt, upTo: 16),
            isSalt(digest, upTo: digestCount), digest.count == digestCount
        else { throw .unusable(reason: "SHA crypt not of the form $salt$ and \(digestCount) characters") }
        return rounds
    }

    /// `$apr1$salt$hash`.
    static func parseAPR1(_ fields: [ArraySlice<UInt8>]) throws(HashFailure) -> (HashKind, Content) {
        guard fields.count == 4, isSalt(fields[2], upTo: 8), let digest = APR1.decode(fields[3]) else {
            throw .unusable(reason: "apr1 not of the form $apr1$salt$ and 22 characters")
        }
        return (.apr1, .apr1(salt: Array(fields[2]), digest: digest))
    }

    /// What stands behind `{SHA}`.
    static func parseSHA1(_ text: ArraySlice<UInt8>) throws(HashFailure) -> (HashKind, Content) {
        guard text.count == 28, text.last == UInt8(ascii: "="), let digest = decode(text.dropLast()),
            digest.count == 20
        else { throw .unusable(reason: "{SHA} is not followed by base64 of 20 bytes") }
        return (.sha1, .sha1(digest: digest))
    }

    private static func isSalt(_ text: ArraySlice<UInt8>, upTo count: Int) -> Bool {
        ASCII.consists(text, ofAlphanumericsAnd: "./", upTo: count)
    }
}
