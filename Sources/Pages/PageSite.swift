/// What all pages of a realm have in common.
public struct PageSite: Sendable, Equatable {
    /// Name of the site in headings: its host, where nothing better is known.
    public var title: String
    /// Prefix of the realm's endpoints, without trailing slash.
    public var prefix: String

    /// The site a page belongs to.
    public init(title: String, prefix: String) {
        self.title = title
        self.prefix = prefix
    }

    func address(_ path: String, returnTo: String? = nil) -> String {
        guard let returnTo, returnTo != "/" else { return prefix + path }
        return "\(prefix)\(path)?return_to=\(URLEncoding.encoded(returnTo))"
    }
}

extension PageShell {
    /// A whole document. `title` is plain text.
    static func document(title: String, isWide: Bool = false, _ content: Markup) -> [UInt8] {
        let opening: Markup = """
            <!doctype html>
            <html lang="en" dir="ltr">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta name="robots" content="noindex">
            <title>\(title)</title>
            <style>
            """
        let closing: Markup = """
            </style>
            </head>
            <body>
            <main\(isWide ? #" class="wide""# : Markup.none)>
            \(content)
            </main>
            </body>
            </html>

            """
        return opening.bytes + styleSheet + closing.bytes
    }
}
