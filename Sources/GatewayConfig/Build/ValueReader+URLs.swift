extension ValueReader {
    func urlPart(_ word: Word, _ rule: ValueRule) -> Value? {
        switch rule {
        case .urlPath(let isPrefix): return path(word, isPrefix: isPrefix)
        case .origin: return origin(word)
        default: return pattern(word)
        }
    }

    private func path(_ word: Word, isPrefix: Bool) -> Value? {
        do throws(PathText.Problem) {
            let path = try PathText.path(word.bytes)
            guard !path.utf8.contains(where: { "*{}".utf8.contains($0) }) else {
                return wrong(word, "a plain path", ["no patterns here"])
            }
            guard !isPrefix || path.utf8.last != UInt8(ascii: "/") else {
                return wrong(word, "a prefix: it has no slash at its end, and is not the root")
            }
            return Value(word: word, kind: .text(path))
        } catch {
            return wrong(word, "a path: \(Self.reason(error))")
        }
    }

    private func pattern(_ word: Word) -> Value? {
        do throws(PathText.Problem) {
            return Value(word: word, kind: .pattern(try PathText.pattern(word.bytes)))
        } catch .starNotLast {
            let parts = word.text.split(separator: "*", omittingEmptySubsequences: false)
            let isSimple = parts.count == 2 && parts[1].isEmpty && !word.isSecret && parts[0].count > 1
            log.error(
                "E206", word.position,
                "\"*\" stands for the whole rest of a path: it comes last, after a \"/\"",
                isSimple ? ["write \(parts[0])/* for the directory and all below it"] : [])
            return nil
        } catch {
            return wrong(
                word, "a path pattern: \(Self.reason(error))",
                ["patterns are /exact, /dir/*, /users/{id}/x, and /* for everything"])
        }
    }

    private static func reason(_ problem: PathText.Problem) -> String {
        switch problem {
        case .noSlash: "it starts with \"/\""
        case .starNotLast: "\"*\" comes last"
        case .badSegment: "no empty, \".\" or \"..\" segments"
        case .badCharacter: "no \"?\", \"#\", \"\\\" or control characters"
        case .badEscape: "a \"%\" that encodes nothing it may"
        case .badVariable: "{name} is a whole segment"
        case .tooLong: "at most 4096 bytes"
        }
    }

    /// `https://host[:port]`, in small letters, nothing behind it.
    private func origin(_ word: Word) -> Value? {
        let text = word.text.lowercased()
        let schemes = ["https://", "http://"]
        guard let scheme = schemes.first(where: { text.utf8.starts(with: $0.utf8) }) else {
            return wrong(word, "an origin: https://app.example.org[:port]")
        }
        let authority = Array(text.utf8.dropFirst(scheme.utf8.count))
        do throws(EndpointText.Problem) {
            let endpoint = try EndpointText.tcp(authority, defaultPort: scheme == "https://" ? 443 : 80)
            guard case .tcp(let host, _) = endpoint, !host.isEmpty else {
                return wrong(word, "an origin: https://app.example.org[:port]")
            }
            return Value(word: word, kind: .text(text))
        } catch {
            return wrong(word, "an origin: https://app.example.org[:port]", ["an origin has no path"])
        }
    }
}
