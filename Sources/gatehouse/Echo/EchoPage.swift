import Operations
import Supervisor

/// What the sample API shows, as a page and as JSON.
enum EchoPage {
    static func json(_ request: PlainRequest) -> [UInt8] {
        var json: [UInt8] = Array("{\"method\":".utf8)
        JSONText.append(request.method, to: &json)
        json.append(contentsOf: ",\"path\":".utf8)
        JSONText.append(request.path, to: &json)
        if let query = request.query {
            json.append(contentsOf: ",\"query\":".utf8)
            JSONText.append(query, to: &json)
        }
        json.append(contentsOf: ",\"body_bytes\":\(request.bodyCount),\"user\":".utf8)
        append(identity(request), to: &json)
        json.append(contentsOf: ",\"headers\":".utf8)
        append(request.fields, to: &json)
        json.append(contentsOf: "}\n".utf8)
        return json
    }

    static func html(_ request: PlainRequest) -> String {
        let identity = identity(request)
        let name = identity.first { $0.name.lowercased() == "x-user-name" } ?? identity.first
        return """
            <!doctype html>
            <html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
            <title>Sample API</title>
            <style>
            body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 3rem auto; padding: 0 1rem }
            table { border-collapse: collapse; width: 100% }
            td, th { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #ddd; vertical-align: top }
            td { font-family: ui-monospace, monospace; font-size: .9rem; overflow-wrap: anywhere }
            .who { background: #eef5ff; padding: 1rem; border-radius: .5rem }
            button { font: inherit; padding: .4rem 1rem; cursor: pointer }
            </style>
            <h1>Sample API</h1>
            <div class="who">\(who(name?.value))</div>
            <h2>The request</h2>
            <table><tr><th>Method<td>\(escape(request.method))
            <tr><th>Path<td>\(escape(request.path))\(request.query.map { "?" + escape($0) } ?? "")
            <tr><th>Body<td>\(request.bodyCount) bytes</table>
            <h2>Who asks, as the gateway says</h2>
            \(table(identity, empty: "Nobody is signed in."))
            <h2>All headers received</h2>
            \(table(request.fields, empty: "None."))
            """ + "\n"
    }

    private static func who(_ name: String?) -> String {
        guard let name else { return "Not signed in. <a href=\"/_auth/login\">Sign in</a>" }
        return "Signed in as <strong>\(escape(name))</strong>"
            + "<form method=\"post\" action=\"/_auth/logout\"><button>Sign out</button></form>"
    }

    private static func identity(_ request: PlainRequest) -> [(name: String, value: String)] {
        request.fields.filter { $0.name.lowercased().hasPrefix("x-user-") }
    }

    private static func table(_ fields: [(name: String, value: String)], empty: String) -> String {
        if fields.isEmpty { return "<p>\(empty)</p>" }
        let rows = fields.map { "<tr><th>\(escape($0.name))<td>\(escape($0.value))" }
        return "<table>\(rows.joined(separator: "\n"))</table>"
    }

    private static func append(_ fields: [(name: String, value: String)], to json: inout [UInt8]) {
        json.append(UInt8(ascii: "{"))
        var seen: Set<String> = []
        for field in fields where seen.insert(field.name.lowercased()).inserted {
            if seen.count > 1 { json.append(UInt8(ascii: ",")) }
            JSONText.append(field.name, to: &json)
            json.append(UInt8(ascii: ":"))
            // A name that came twice would hide a value: they are shown together.
            let values = fields.filter { $0.name.lowercased() == field.name.lowercased() }.map(\.value)
            JSONText.append(values.joined(separator: ", "), to: &json)
        }
        json.append(UInt8(ascii: "}"))
    }

    private static func escape(_ text: String) -> String {
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }
}
