import GatewayConfig

/// A problem as a page.
public struct ErrorPage: Sendable, Equatable {
    /// The site; without a realm a site that has only a name.
    public var site: PageSite
    /// What is wrong.
    public var problem: Problem
    /// Address to try again, a path; nil: no link, since what failed was no plain GET.
    public var retryPath: String?
    /// The request came with a session that this does not touch: say so, since a person who sees an error asks
    /// first whether everything is lost.
    public var isStillSignedIn: Bool

    /// The page for a problem.
    public init(
        _ problem: Problem, site: PageSite = PageSite(title: "", prefix: ""), retryPath: String? = nil,
        isStillSignedIn: Bool = false
    ) {
        self.site = site
        self.problem = problem
        self.retryPath = retryPath
        self.isStillSignedIn = isStillSignedIn
    }

    /// The page as UTF-8 HTML.
    public func render() -> [UInt8] {
        let title = words.title(problem)
        let calm: Markup = isStillSignedIn ? "<p>\(words.text(.stillSignedIn))</p>\n" : .none
        let wait: Markup = problem.wait(words).map { "<p>\($0)</p>\n" } ?? .none
        let signIn: Markup =
            problem.loginURL.map { "<a class=\"button\" href=\"\($0)\">\(words.text(.signIn))</a>\n" }
            ?? .none
        let retry: Markup =
            retryPath.map { "<a class=\"button\" href=\"\($0)\">\(words.text(.tryAgain))</a>\n" } ?? .none
        let reference: Markup =
            problem.instance.map {
                "<p class=\"more\">\(words.markup(.reference, "<code>\($0)</code>"))</p>\n"
            } ?? .none
        return PageDocument(site: site, page: .error, title: words.text(.errorTitle, title)).render(
            """
            <p class="status">\(words.text(.errorStatus, "\(problem.status)"))</p>
            <h1>\(title)</h1>
            <p>\(words.detail(problem))</p>
            \(calm)\(wait)\(list)\(signIn)\(retry)\(reference)
            """)
    }

    private var words: Wording { site.words }

    private var list: Markup {
        guard !problem.errors.isEmpty else { return .none }
        let items = problem.errors.map { error -> Markup in
            "<li><strong>\(error.field)</strong>: \(words.message(error))</li>\n"
        }
        return "<ul>\n\(Markup(joining: items))</ul>\n"
    }
}

extension Problem {
    /// What a form's summary says: the detail, and how long to wait.
    func message(_ words: Wording) -> String {
        let detail = words.detail(self)
        return wait(words).map { "\(detail) \($0)" } ?? detail
    }

    /// "You can try again in 2 minutes."; nil where no time is known, or so little that reading this takes
    /// longer.
    func wait(_ words: Wording) -> String? {
        guard let retryAfter, retryAfter > 5 else { return nil }
        guard retryAfter >= 120 else { return words.text(.waitSeconds, "\(retryAfter)") }
        return words.text(.waitMinutes, "\(retryAfter / 60 + (retryAfter % 60 == 0 ? 0 : 1))")
    }
}
