extension Schema {
    static let loginPage: [DirectiveRule] = [
        DirectiveRule(
            "title", in: .loginPage, [ArgumentRule("TEXT", .headerText)], default: "the site's host",
            "Name of the site in the headings of its pages.", example: "title \"Example Shop\""),
        DirectiveRule(
            "footer", in: .loginPage, [ArgumentRule("TEXT", .headerText)], default: "none",
            "Last line of every page.", example: "footer \"Example Ltd, Sample Street 1\""),
        DirectiveRule(
            "logo", in: .loginPage, [ArgumentRule("FILE", .path)], default: "none",
            "Picture above the heading: SVG without scripts, PNG or WebP, at most 256k.",
            example: "logo logo.svg"),
        DirectiveRule(
            "icon", in: .loginPage, [ArgumentRule("FILE", .path)], default: "none",
            "Picture of the browser's tab, of the same kinds.", example: "icon icon.svg"),
        DirectiveRule(
            "accent", in: .loginPage, [ArgumentRule("#RRGGBB", .word)], default: "#1f5fbf",
            "Colour of buttons and links; needs quotes, since # begins a comment.",
            example: "accent \"#1f5fbf\""),
        DirectiveRule(
            "link", in: .loginPage, [ArgumentRule("TEXT", .headerText), ArgumentRule("URL", .uri)],
            default: "none", "Link at the bottom of every page: a path here, or an https: or mailto: URL.",
            example: "link Privacy /privacy"
        ).written("link TEXT URL").repeating,
        DirectiveRule(
            "languages", in: .loginPage,
            [ArgumentRule("TAG", .choice(PageLanguage.allCases.map(\.rawValue), later: []), 1...16)],
            default: "en",
            "What the pages speak (en de fr es), as the browser prefers; the first where it prefers none of them.",
            example: "languages en de"),
        DirectiveRule(
            "css", in: .loginPage, [ArgumentRule("FILE", .path)], default: "none",
            "Style sheet behind the built-in one, at most 32k; pages load nothing from elsewhere.",
            example: "css login.css"),
        DirectiveRule(
            "templates", in: .loginPage, [ArgumentRule("DIRECTORY", .path)], default: "the built-in pages",
            "Pages in HTML of your own: page.html for all, login.html register.html logout.html account.html "
                + "error.html for one kind, with {{style}} and {{content}}, and as wanted {{title}} {{language}} "
                + "{{site}} {{logo}} {{icon}} {{footer}}.",
            example: "templates pages"),
    ]
}
