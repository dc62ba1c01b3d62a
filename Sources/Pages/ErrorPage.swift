/// A problem as a page.
public struct ErrorPage: Sendable, Equatable {
    /// What is wrong.
    public var problem: Problem
    /// Address to try again, a path; nil: no link, since what failed was no plain GET.
    public var retryPath: String?
    /// The request came with a session that this does not touch: say so, since a person who sees an error asks
    /// first whether everything is lost.
    public var isStillSignedIn: Bool

    /// The page for a problem.
    public init(_ problem: Problem, retryPath: String? = nil, isStillSignedIn: Bool = false) {
        self.problem = problem
        self.retryPath = retryPath
        self.isStillSignedIn = isStillSignedIn
    }

    /// The page as UTF-8 HTML.
    public func render() -> [UInt8] {
        let calm: Markup = isStillSignedIn ? "<p>You are still signed in; nothing is lost.</p>\n" : .none
        let wait: Markup = problem.wait.map { "<p>\($0)</p>\n" } ?? .none
        let signIn: Markup =
            problem.loginURL.map { "<a class=\"button\" href=\"\($0)\">Sign in</a>\n" } ?? .none
        let retry: Markup =
            retryPath.map { "<a class=\"button\" href=\"\($0)\">Try again</a>\n" } ?? .none
        let reference: Markup =
            problem.instance.map { "<p class=\"more\">Reference: <code>\($0)</code></p>\n" } ?? .none
        return PageShell.document(
            title: "Error: \(problem.title)",
            """
            <p class="status">Error \(problem.status)</p>
            <h1>\(problem.title)</h1>
            <p>\(problem.detail)</p>
            \(calm)\(wait)\(list)\(signIn)\(retry)\(reference)
            """)
    }

    private var list: Markup {
        guard !problem.errors.isEmpty else { return .none }
        let items = problem.errors.map { error -> Markup in
            "<li><strong>\(error.field)</strong>: \(error.message)</li>\n"
        }
        return "<ul>\n\(Markup(joining: items))</ul>\n"
    }
}

extension Problem {
    /// What a form's summary says: the detail, and how long to wait.
    var message: String {
        wait.map { "\(detail) \($0)" } ?? detail
    }

    /// "You can try again in 2 minutes."; nil where no time is known, or so little that reading this takes
    /// longer.
    var wait: String? {
        guard let retryAfter, retryAfter > 5 else { return nil }
        guard retryAfter >= 120 else { return "You can try again in \(retryAfter) seconds." }
        return "You can try again in \(retryAfter / 60 + (retryAfter % 60 == 0 ? 0 : 1)) minutes."
    }
}
