import GatewayConfig

/// The words of one language.
struct Wording: Sendable, Equatable {
    var language: PageLanguage

    /// A phrase, its `{0}`, `{1}` filled.
    func text(_ phrase: Phrase, _ values: String...) -> String {
        var result = ""
        for piece in Self.pieces(template(phrase)) {
            switch piece {
            case .words(let words): result += words
            case .value(let index): result += values.indices.contains(index) ? values[index] : ""
            }
        }
        return result
    }

    /// A phrase as markup: its words are escaped, what it is filled with is markup already.
    func markup(_ phrase: Phrase, _ values: Markup...) -> Markup {
        Markup(
            joining: Self.pieces(template(phrase)).map { piece in
                switch piece {
                case .words(let words): "\(words)"
                case .value(let index): values.indices.contains(index) ? values[index] : .none
                }
            })
    }

    /// Short summary of a problem.
    func title(_ problem: Problem) -> String {
        if language == .english || problem.title != problem.code.title { return problem.title }
        return switch language {
        case .english: problem.title
        case .german: problem.code.germanTitle
        case .french: problem.code.frenchTitle
        case .spanish: problem.code.spanishTitle
        }
    }

    /// What happened: the problem's own sentence where there are words for it, else what its code says.
    func detail(_ problem: Problem) -> String {
        if language == .english { return problem.detail }
        if let phrase = Self.sentences[problem.detail] { return text(phrase) }
        return switch language {
        case .english: problem.detail
        case .german: problem.code.germanDetail
        case .french: problem.code.frenchDetail
        case .spanish: problem.code.spanishDetail
        }
    }

    /// What is wrong with a field.
    func message(_ error: FieldError) -> String {
        if language == .english { return error.message }
        return error.reason.map { $0.text(self) } ?? error.message
    }

    // MARK: Templates

    private func template(_ phrase: Phrase) -> String {
        switch language {
        case .english: phrase.english
        case .german: phrase.german
        case .french: phrase.french
        case .spanish: phrase.spanish
        }
    }

    /// Phrases by their English words, for sentences that programs read too and that are English there.
    private static let sentences: [String: Phrase] = Dictionary(
        Phrase.allCases.map { ($0.english, $0) }, uniquingKeysWith: { first, _ in first })

    enum Piece: Equatable {
        case words(String)
        case value(Int)
    }

    static func pieces(_ template: String) -> [Piece] {
        var pieces: [Piece] = []
        var rest = template.utf8[...]
        while let open = rest.firstIndex(of: UInt8(ascii: "{")) {
            let close = rest.index(open, offsetBy: 2, limitedBy: rest.endIndex)
            guard let close, close < rest.endIndex, rest[close] == UInt8(ascii: "}") else { break }
            pieces.append(.words(String(Substring(rest[..<open]))))
            pieces.append(.value(Int(rest[rest.index(after: open)]) - 0x30))
            rest = rest[rest.index(after: close)...]
        }
        return pieces + [.words(String(Substring(rest)))]
    }
}
