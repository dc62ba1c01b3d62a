extension SettingsBuilder {
    private static let maximumPicture = 256 << 10
    private static let maximumStyle = 32 << 10
    private static let maximumTemplate = 64 << 10

    func loginPage(_ block: Block) -> LoginPageSettings {
        var look = LoginPageSettings()
        look.title = block.text("title")
        look.footer = block.text("footer")
        look.logo = block.value("logo").flatMap(picture)
        look.icon = block.value("icon").flatMap(picture)
        look.accent = block.value("accent").flatMap { accent($0.word) }
        look.links = block.all("link").compactMap(link)
        if let languages = block.first("languages") { look.languages = self.languages(languages) }
        if let style = block.value("css") { look.styleSheet = styleSheet(style) }
        if let directory = block.value("templates") { look.templates = templates(directory) }
        return look
    }

    private func languages(_ item: Item) -> [PageLanguage] {
        var list: [PageLanguage] = []
        for value in item.values {
            guard let language = PageLanguage(rawValue: value.text) else { continue }
            if list.contains(language) {
                log.error("E204", value.word.position, "language \(value.word.shown) is given twice")
            } else {
                list.append(language)
            }
        }
        return list
    }

    private func accent(_ word: Word) -> PageColour? {
        guard let colour = PageColour(word.bytes) else {
            _ = reader.wrong(word, "a colour: \"#rrggbb\", in quotes")
            return nil
        }
        let contrast = colour.contrast(with: .white)
        if contrast < 4.5 {
            let tenths = Int((contrast * 10).rounded(.down))
            let near = colour.mixed(with: .black, untilContrast: 4.5, on: .white)
            log.warning(
                "W510", word.position,
                "white on \(colour.text) has a contrast of \(tenths / 10).\(tenths % 10) to 1, under 4.5: "
                    + "the buttons' text is black there",
                ["white text can be read on \(near.text)"])
        }
        return colour
    }

    private func link(_ item: Item) -> PageLink? {
        let (text, url) = (item.values[0], item.values[1])
        let bytes = url.word.bytes.map { $0 >= 0x41 && $0 <= 0x5a ? $0 | 0x20 : $0 }
        let isPath = bytes.first == UInt8(ascii: "/") && bytes.dropFirst().first != UInt8(ascii: "/")
        let schemes = ["https://", "http://", "mailto:"]
        guard
            isPath || schemes.contains(where: { bytes.starts(with: $0.utf8) && bytes.count > $0.utf8.count })
        else {
            _ = reader.wrong(url.word, "a link: a path here, or an https:, http: or mailto: URL")
            return nil
        }
        guard !text.text.isEmpty else {
            _ = reader.wrong(text.word, "the text of a link")
            return nil
        }
        return PageLink(text: text.text, url: url.text)
    }

    // MARK: Files

    private func file(_ value: Value, _ code: String, atMost maximum: Int) -> [UInt8]? {
        switch source.read(path: value.text) {
        case .failure(let error):
            log.error(
                code, value.word.position, "cannot read \(Printable.quoted(value.text)): \(error.message)")
            return nil
        case .success(let bytes) where bytes.count > maximum:
            log.error(
                code, value.word.position,
                "\(Printable.quoted(value.text)) has more than \(Number.sizeText(maximum))")
            return nil
        case .success(let bytes): return bytes
        }
    }

    private func picture(_ value: Value) -> PagePicture? {
        guard let bytes = file(value, "E408", atMost: Self.maximumPicture) else { return nil }
        do throws(PictureCheck.Fault) {
            return PagePicture(kind: try PictureCheck.kind(of: bytes), bytes: bytes)
        } catch {
            let what =
                switch error {
                case .unknown: "is neither SVG, PNG nor WebP"
                case .script: "is an SVG with a script, an event handler or a javascript: link in it"
                }
            log.error("E408", value.word.position, "\(Printable.quoted(value.text)) \(what)")
            return nil
        }
    }

    private func styleSheet(_ value: Value) -> [UInt8] {
        guard let bytes = file(value, "E410", atMost: Self.maximumStyle) else { return [] }
        let number = log.add(SourceFile(path: value.text, bytes: bytes))
        guard String(validating: bytes, as: UTF8.self) != nil, !bytes.contains(0) else {
            log.error("E410", value.word.position, "\(Printable.quoted(value.text)) is not UTF-8 text")
            return []
        }
        // It stands in the page itself, where the first "</style" would end it.
        if let offset = bytes.firstIndex(of: UInt8(ascii: "<")) {
            log.error("E410", place(offset, number), "a style sheet has no \"<\" in it")
        }
        for word: StaticString in [
            "@import", "@font-face", "url(http", "url(\"http", "url('http", "url(data",
        ] {
            guard let offset = bytes[...].firstOffset(of: word) else { continue }
            log.warning(
                "W518", place(offset, number),
                "\(word): the pages load no style sheets, fonts or pictures of others",
                ["their Content-Security-Policy forbids it"])
        }
        // As HTML parsers read it; else the hash of the policy is another one.
        return bytes.filter { $0 != 0x0d }
    }

    private func templates(_ value: Value) -> PageTemplates {
        var found = PageTemplates()
        for page in PageTemplates.Page.allCases {
            let path = FilePath.join(value.text, "\(page.rawValue).html")
            if let template = template(path, value.word) { found.pages[page] = template }
        }
        let known = PageTemplates.Page.allCases.map { "\($0.rawValue).html" }
        let names = source.list(glob: FilePath.join(value.text, "*.html")).map {
            $0.utf8.split(separator: UInt8(ascii: "/")).last.flatMap { String($0) } ?? ""
        }
        for name in names where !known.contains(name) {
            let near = Suggestion.nearest(to: name, in: known).map { "did you mean \(Printable.quoted($0))?" }
            log.error(
                "E411", value.word.position, "no page is called \(Printable.quoted(name))",
                [near ?? "known are: \(known.joined(separator: " "))"])
        }
        if names.isEmpty, found.pages.isEmpty {
            log.error(
                "E411", value.word.position, "there are no templates in \(Printable.quoted(value.text))",
                ["known are: \(known.joined(separator: " "))"])
        }
        return found
    }

    private func template(_ path: String, _ word: Word) -> PageTemplate? {
        let bytes: [UInt8]
        switch source.read(path: path) {
        case .failure(let error) where error.isMissing: return nil
        case .failure(let error):
            log.error("E411", word.position, "cannot read \(Printable.quoted(path)): \(error.message)")
            return nil
        case .success(let content): bytes = content
        }
        guard bytes.count <= Self.maximumTemplate else {
            log.error(
                "E411", word.position,
                "\(Printable.quoted(path)) has more than \(Number.sizeText(Self.maximumTemplate))")
            return nil
        }
        let number = log.add(SourceFile(path: path, bytes: bytes))
        do throws(PageTemplate.Fault) {
            return try PageTemplate.parse(bytes)
        } catch {
            report(error, number, path, word)
            return nil
        }
    }

    private func report(_ fault: PageTemplate.Fault, _ number: Int, _ path: String, _ word: Word) {
        let places = PageTemplate.Place.allCases.map { "{{\($0.rawValue)}}" }
        switch fault {
        case .unclosed(let offset): log.error("E411", place(offset, number), "\"{{\" without \"}}\"")
        case .unknown(let offset, let name):
            let near = Suggestion.nearest(to: "{{\(name)}}", in: places)
            log.error(
                "E411", place(offset, number), "unknown place \(Printable.quoted("{{\(name)}}"))",
                [
                    near.map { "did you mean \(Printable.quoted($0))?" }
                        ?? "known are: \(places.joined(separator: " "))"
                ])
        case .twice(let offset, let name):
            log.error("E411", place(offset, number), "{{\(name.rawValue)}} is there twice")
        case .script(let offset):
            log.error(
                "E411", place(offset, number),
                "the pages run no scripts: their Content-Security-Policy forbids it")
        case .missing(let name):
            let why = name == .content ? "the forms are in it" : "no other styles are let through"
            log.error(
                "E411", Position(file: number, line: 1, offset: 0),
                "the template has no {{\(name.rawValue)}}: \(why)")
        case .notText: log.error("E411", word.position, "\(Printable.quoted(path)) is not UTF-8 text")
        }
    }

    /// Where the byte at `offset` of a file stands.
    private func place(_ offset: Int, _ number: Int) -> Position {
        let starts = log.files[number].lineStarts
        let line = starts.lastIndex { $0 <= offset } ?? 0
        return Position(file: number, line: line + 1, offset: offset - starts[line])
    }
}
