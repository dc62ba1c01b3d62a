import GatewayConfig

/// A whole document: the frame around what a page has to say.
struct PageDocument {
    let site: PageSite
    let page: PageTemplates.Page
    /// Plain text.
    let title: String
    var isWide = false

    func render(_ content: Markup) -> [UInt8] {
        guard let template = site.look.settings.templates[page] else { return builtIn(content) }
        return template.pieces.flatMap { piece in
            switch piece {
            case .markup(let bytes): bytes
            case .place(let place): fill(place, content)
            }
        }
    }

    private func builtIn(_ content: Markup) -> [UInt8] {
        let opening: Markup = """
            <!doctype html>
            <html lang="\(site.words.language.rawValue)" dir="ltr">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta name="robots" content="noindex">
            <title>\(title)</title>
            \(icon)
            """
        let middle: Markup = """
            </head>
            <body>
            <main\(isWide ? #" class="wide""# : Markup.none)>
            \(logo)\(content)
            </main>
            \(footer)</body>
            </html>

            """
        return opening.bytes + style + Array("\n".utf8) + middle.bytes
    }

    private func fill(_ place: PageTemplate.Place, _ content: Markup) -> [UInt8] {
        switch place {
        case .language: Markup("\(site.words.language.rawValue)").bytes
        case .title: Markup("\(title)").bytes
        case .style: style
        case .icon: icon.bytes
        case .logo: logo.bytes
        case .site: Markup("\(site.title)").bytes
        case .content: content.bytes
        case .footer: footer.bytes
        }
    }

    private var style: [UInt8] {
        Array("<style>".utf8) + site.look.styleSheet + Array("</style>".utf8)
    }

    private var icon: Markup {
        site.look.icon.map { "<link rel=\"icon\" href=\"\($0)\">\n" } ?? .none
    }

    /// Says nothing to screen readers: the heading names the site.
    private var logo: Markup {
        site.look.logo.map { "<img class=\"logo\" src=\"\($0)\" alt=\"\">\n" } ?? .none
    }

    private var footer: Markup {
        let settings = site.look.settings
        guard !settings.links.isEmpty || settings.footer != nil else { return .none }
        let links = settings.links.map { link -> Markup in
            "<li><a href=\"\(link.url)\">\(link.text)</a></li>\n"
        }
        let list: Markup = links.isEmpty ? .none : "<ul>\n\(Markup(joining: links))</ul>\n"
        let text: Markup = settings.footer.map { "<p>\($0)</p>\n" } ?? .none
        return "<footer>\n\(list)\(text)</footer>\n"
    }
}
