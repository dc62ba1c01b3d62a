/// Every directive with its default, as a configuration that works: what `gatehouse init --full` prints. Directives
/// without a default are commented out. `upstream` is the application's address; nil = 127.0.0.1:3000.
public func fullExample(upstream: String? = nil) -> String {
    var writer = ExampleWriter(upstream: upstream)
    writer.write(.top, depth: 0)
    return writer.text
}

/// A small configuration to start from: what `gatehouse init` prints. `upstream` is the application's address;
/// nil = 127.0.0.1:3000.
public func commentedExample(upstream: String? = nil) -> String {
    """
    # gateway.conf        after editing: gatehouse check && gatehouse reload
    # One directive a line, blocks in braces. gatehouse help DIRECTIVE explains each, gatehouse init --full shows all.

    listen 127.0.0.1:8080                     # :8080 for every address
    state  state                              # what the gateway keeps itself, relative to this file
    redis  managed                            # a private Redis under state/; or: redis redis://host:6379/0
    session { key_file state/session.key }    # signs the sessions; made on first start if it is not there

    # trust_proxy 10.0.0.0/8                  # a proxy in front that ends TLS: its address

    users people {
        store    sqlite state/users.db
        register open                         # off: nobody makes an account
    }

    realm main {
        users people
        # idle 2h                             # a session ends after this long without a request
        # absolute 24h                        # and this long after the login
    }

    upstream app {
        server \(ExampleWriter.address(upstream))
    }

    # Every route says who may use it: public, optional, user, role NAME..., deny. The most specific one counts.
    site * {
        route /*        app user
        route /public/* app public
        # route /admin/* app role admin
        # route /ws/*    app user { websocket on }
    }

    """
}

/// Writes the schema as a configuration.
private struct ExampleWriter {
    private static let column = 44

    private let upstream: String
    private(set) var text = "# gateway.conf with every directive; what is active is the default.\n"

    init(upstream: String?) { self.upstream = Self.address(upstream) }

    /// What an address may consist of, so that no text can become a directive of its own.
    static func address(_ text: String?) -> String {
        let kept = (text ?? "").utf8.filter { ASCII.isLetterOrDigit($0) || "-._~:/[]@+%".utf8.contains($0) }
        return kept.isEmpty ? "127.0.0.1:3000" : String(decoding: kept, as: UTF8.self)
    }

    mutating func write(_ context: Context, depth: Int) {
        for rule in Schema.rules(in: context) where !rule.isLater {
            if let block = rule.block {
                writeBlock(rule, block, depth)
            } else {
                line(example(rule), rule, depth)
            }
        }
    }

    private mutating func writeBlock(_ rule: DirectiveRule, _ block: Context, _ depth: Int) {
        if depth == 0 { text += "\n" }
        let head =
            example(rule).utf8.split(separator: UInt8(ascii: "{")).first.flatMap { String($0) } ?? rule.name
        let margin = String(repeating: "    ", count: depth)
        text += "\(margin)# \(rule.help)\n\(margin)\(Self.trimmed(head)) {\n"
        write(block, depth: depth + 1)
        text += "\(margin)}\n"
    }

    private func example(_ rule: DirectiveRule) -> String {
        rule.name == "server" ? "server \(upstream)" : rule.example
    }

    private mutating func line(_ example: String, _ rule: DirectiveRule, _ depth: Int) {
        let isDefault = rule.defaultText.map { example == "\(rule.name) \($0)" } ?? false
        let isActive = isDefault || rule.isRequired || rule.isStarter
        let margin = String(repeating: "    ", count: depth)
        let start = margin + (isActive ? "" : "# ") + example
        let gap = String(repeating: " ", count: max(1, Self.column - start.utf8.count))
        text += start + gap + "# " + rule.help + "\n"
    }

    private static func trimmed(_ text: String) -> String {
        let end = text.utf8.lastIndex { $0 != 0x20 }
        return end.map { String(text[...$0]) } ?? ""
    }
}
