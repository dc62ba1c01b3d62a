import Access
import GatewayConfig
import Pages

/// An explanation in words and as JSON.
struct ExplanationReport {
    let outcome: Explanation.Outcome
    private let explanation: Explanation
    private let asked: String
    private let identity: ExplainedIdentity?
    private let browser: Explanation.Outcome
    private let program: Explanation.Outcome

    init(_ explanation: Explanation, asked: String, identity: ExplainedIdentity?) {
        self.explanation = explanation
        self.asked = asked
        self.identity = identity
        browser = explanation.outcome(
            nil,
            [(.accept, "text/html,*/*;q=0.8"), (.fetchMode, "navigate"), (.fetchDestination, "document")])
        program = explanation.outcome(nil, [(.accept, "application/json")])
        outcome = identity == nil ? program : explanation.outcome(identity)
    }

    private var headers: [(name: String, value: String)] {
        guard case .forwarded(let withIdentity) = outcome else { return [] }
        guard withIdentity, let identity else { return explanation.fixedHeaders }
        return explanation.identityHeaders(identity) + explanation.fixedHeaders
    }

    // MARK: Words

    var text: String {
        var lines = [asked]
        func add(_ label: String, _ text: String) {
            lines.append("  " + label + String(repeating: " ", count: max(1, 12 - label.utf8.count)) + text)
        }
        if !explanation.hosts.isEmpty { add("site", explanation.hosts.joined(separator: " ")) }
        for (index, route) in explanation.candidates.enumerated() {
            let isChosen = route == explanation.route
            add(index == 0 ? "routes" : "", (isChosen ? "> " : "  ") + Self.line(route, explanation.settings))
        }
        if identity != nil { add(asker, outcome.text) }
        for (index, field) in headers.enumerated() {
            add(index == 0 ? "headers" : "", "\(field.name): \(field.value)")
        }
        add("browser", browser.text + (identity == nil ? "" : ", when not logged in"))
        add("program", program.text + (identity == nil ? "" : ", when not logged in"))
        if !explanation.detail.isEmpty { add("because", explanation.detail) }
        return lines.joined(separator: "\n") + "\n"
    }

    private var asker: String {
        guard let identity else { return "" }
        return identity.name.isEmpty ? "role" : "user"
    }

    private static func line(_ route: RouteSettings, _ settings: Settings) -> String {
        let methods = route.methods.map { " (\($0.joined(separator: " ")))" } ?? ""
        let head = "\(route.pattern.text)\(methods) \(RouteText.target(route, settings))"
        return "\(head) \(RouteText.access(route))   # line \(route.line)"
    }

    // MARK: JSON

    var json: String {
        var writer = JSONWriter()
        writer.object { object in
            object.key("request")
            object.string(asked)
            object.key("hosts")
            object.array { array in
                for host in explanation.hosts { array.string(host) }
            }
            object.key("candidates")
            object.array { array in
                for route in explanation.candidates {
                    array.object { RouteJSON.members(route, explanation.settings, &$0) }
                }
            }
            object.key("route")
            if let route = explanation.route {
                object.object { RouteJSON.members(route, explanation.settings, &$0) }
            } else {
                object.null()
            }
            object.key("allowed")
            object.boolean(outcome.isAllowed)
            Self.write("result", outcome, &object)
            object.key("headers")
            object.object { fields in
                for field in headers {
                    fields.key(field.name)
                    fields.string(field.value)
                }
            }
            object.key("anonymous")
            object.object { anonymous in
                Self.write("browser", browser, &anonymous)
                Self.write("program", program, &anonymous)
            }
        }
        return String(decoding: writer.bytes, as: UTF8.self) + "\n"
    }

    private static func write(_ key: String, _ outcome: Explanation.Outcome, _ object: inout JSONWriter) {
        object.key(key)
        object.object { result in
            result.key("what")
            result.string(outcome.word)
            result.key("status")
            if let status = outcome.status { result.integer(status) } else { result.null() }
            if case .answered(_, let code) = outcome {
                result.key("code")
                result.string(code)
            }
            if case .login(let location) = outcome {
                result.key("location")
                result.string(location)
            }
        }
    }
}

extension Explanation.Outcome {
    fileprivate var word: String {
        switch self {
        case .forwarded: "forwarded"
        case .gateway: "gateway"
        case .answered: "answered"
        case .login: "login"
        }
    }
}
