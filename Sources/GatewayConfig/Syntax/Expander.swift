/// Makes expansions: `env:NAME`, `env:NAME:-default`, `file:/path`, `cred:name`.
struct Expander {
    private static let maximumCount = 64 << 10

    let source: any ConfigSource
    let log: DiagnosticLog

    /// Value of what stands between `${` and `}`.
    func expand(_ body: ArraySlice<UInt8>, at position: Position) -> Expansion {
        guard let colon = body.firstIndex(of: UInt8(ascii: ":")) else { return unknown(body, position) }
        let rest = body[(colon + 1)...]
        switch String(decoding: body[..<colon], as: UTF8.self) {
        case "env": return environment(rest, position)
        case "file": return file(rest, position)
        case "cred": return credential(rest, position)
        default: return unknown(body, position)
        }
    }

    private func unknown(_ body: ArraySlice<UInt8>, _ position: Position) -> Expansion {
        let text = String(decoding: body.prefix(60), as: UTF8.self)
        var hints = ["known are ${env:NAME} ${env:NAME:-default} ${file:/path} ${cred:name}"]
        if body.allSatisfy(ASCII.isVariable) { hints = ["write ${env:\(text)} for an environment variable"] }
        log.error("E112", position, "unknown expansion \(Printable.quoted("${" + text + "}"))", hints)
        return .failed
    }

    private func environment(_ body: ArraySlice<UInt8>, _ position: Position) -> Expansion {
        let colon = body.firstIndex(of: UInt8(ascii: ":")) ?? body.endIndex
        let name = String(decoding: body[..<colon], as: UTF8.self)
        let fallback = body[colon...]
        let isName = !name.isEmpty && body[..<colon].allSatisfy(ASCII.isVariable)
        guard isName, fallback.isEmpty || fallback.starts(with: Array(":-".utf8)) else {
            log.error(
                "E112", position,
                "not a variable: \(Printable.quoted(String(decoding: body, as: UTF8.self)))",
                ["write ${env:NAME} or ${env:NAME:-default}"])
            return .failed
        }
        let value = source.environment(name)
        if let value, fallback.isEmpty || !value.isEmpty {
            return Expansion(bytes: Array(value.utf8), hasDefault: !fallback.isEmpty)
        }
        if !fallback.isEmpty {
            return Expansion(bytes: Array(fallback.dropFirst(2)), hasDefault: true)
        }
        log.error(
            "E110", position, "environment variable \(name) is not set",
            ["set it, or give a default: ${env:\(name):-value}"])
        return .failed
    }

    private func file(_ body: ArraySlice<UInt8>, _ position: Position) -> Expansion {
        guard !body.isEmpty, !body.contains(0) else { return unknown(Array("file:".utf8)[...], position) }
        let path = FilePath.join(log.files[position.file].directory, String(decoding: body, as: UTF8.self))
        return content(of: path, position)
    }

    private func credential(_ body: ArraySlice<UInt8>, _ position: Position) -> Expansion {
        let name = String(decoding: body, as: UTF8.self)
        guard !body.isEmpty, !body.contains(UInt8(ascii: "/")), !body.contains(0), name != "..", name != "."
        else {
            log.error("E112", position, "not the name of a credential: \(Printable.quoted(name))")
            return .failed
        }
        guard let directory = source.environment("CREDENTIALS_DIRECTORY"), !directory.isEmpty else {
            log.error(
                "E110", position, "no credentials: CREDENTIALS_DIRECTORY is not set",
                [
                    """
                    systemd sets it for a unit with LoadCredential=; for a command beside the unit, set it to \
                    /run/credentials/UNIT
                    """
                ])
            return .failed
        }
        return content(of: FilePath.join(directory, name), position)
    }

    private func content(of path: String, _ position: Position) -> Expansion {
        switch source.read(path: path) {
        case .failure(let error):
            log.error("E111", position, "cannot read \(Printable.quoted(path)): \(error.message)")
            return .failed
        case .success(let bytes) where bytes.count > Self.maximumCount:
            log.error("E111", position, "\(Printable.quoted(path)) has more than 64k")
            return .failed
        case .success(let bytes):
            let value = LineEnd.dropped(bytes)
            log.hide(value)
            return Expansion(bytes: value, path: path)
        }
    }
}

/// The line end that editors and `echo` leave in a file of one value.
enum LineEnd {
    /// `bytes` without one trailing line end.
    static func dropped(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.last == 0x0a else { return bytes }
        let line = bytes.dropLast()
        return Array(line.last == 0x0d ? line.dropLast() : line)
    }
}
