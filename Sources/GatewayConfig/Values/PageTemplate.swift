/// Pages in the operator's own HTML, by what they are.
public struct PageTemplates: Sendable, Equatable {
    /// Which page a template is for; its file is the name with `.html`.
    public enum Page: String, Sendable, CaseIterable {
        /// Every page that has no template of its own.
        case page
        /// Sign-in, also the fresh one.
        case login
        /// Registration.
        case register
        /// The button that signs out.
        case logout
        /// One's sessions and password.
        case account
        /// Errors, and the cookie that was lost.
        case error
    }

    /// Parsed templates.
    public var pages: [Page: PageTemplate] = [:]
    /// None.
    public init() {}

    /// The template of a page: its own, else the common one; nil: the built-in.
    public subscript(page: Page) -> PageTemplate? { pages[page] ?? pages[.page] }
}

/// HTML with places for what differs from page to page: `{{heading}}`.
public struct PageTemplate: Sendable, Equatable {
    /// What a place is filled with.
    public enum Place: String, Sendable, CaseIterable {
        /// Tag of the language the page speaks.
        case language
        /// Title of the document, as text.
        case title
        /// The `<style>` element: built-in styles, accent and `css`.
        case style
        /// `<link>` of the icon; nothing without one.
        case icon
        /// `<img>` of the logo; nothing without one.
        case logo
        /// Name of the site, as text.
        case site
        /// What the built-in page has between `<main>` and `</main>`: messages, heading, forms.
        case content
        /// Links and footer.
        case footer
    }

    /// A piece of a template.
    public enum Piece: Sendable, Equatable {
        /// HTML as it stands in the file.
        case markup([UInt8])
        /// To be filled.
        case place(Place)
    }

    /// In order.
    public var pieces: [Piece]
    /// Its pieces.
    public init(pieces: [Piece]) { self.pieces = pieces }

    /// What is wrong with a template, and the offset of the byte where.
    enum Fault: Error, Equatable {
        case unclosed(Int)
        case unknown(Int, String)
        case twice(Int, Place)
        case script(Int)
        case missing(Place)
        case notText
    }

    /// Places without which no page works: the forms are in one, and without the other the policy of the page
    /// blocks every style.
    static let needed: [Place] = [.style, .content]

    static func parse(_ bytes: [UInt8]) throws(Fault) -> PageTemplate {
        guard String(validating: bytes, as: UTF8.self) != nil else { throw .notText }
        if let offset = Self.scriptOffset(bytes) { throw .script(offset) }
        var pieces: [Piece] = []
        var seen: Set<Place> = []
        var start = 0
        while let open = bytes[start...].firstOffset(of: "{{") {
            guard let close = bytes[open...].firstOffset(of: "}}") else { throw .unclosed(open) }
            let name = String(decoding: bytes[(open + 2)..<close], as: UTF8.self)
            guard let place = Place(rawValue: name) else { throw .unknown(open, name) }
            let isText = place == .title || place == .site || place == .language
            guard seen.insert(place).inserted || isText else { throw .twice(open, place) }
            pieces += [.markup(Array(bytes[start..<open])), .place(place)]
            start = close + 2
        }
        pieces.append(.markup(Array(bytes[start...])))
        for place in needed where !seen.contains(place) { throw .missing(place) }
        return PageTemplate(pieces: pieces)
    }

    private static func scriptOffset(_ bytes: [UInt8]) -> Int? {
        let lower = bytes.map { $0 >= 0x41 && $0 <= 0x5a ? $0 | 0x20 : $0 }
        return lower[...].firstOffset(of: "<script")
    }
}

extension ArraySlice<UInt8> {
    /// Where `text` begins; nil: nowhere.
    func firstOffset(of text: StaticString) -> Int? {
        let wanted = Array("\(text)".utf8)
        guard count >= wanted.count, let first = wanted.first else { return nil }
        var index = startIndex
        while index <= endIndex - wanted.count {
            if self[index] == first, self[index...].starts(with: wanted) { return index }
            index += 1
        }
        return nil
    }
}
