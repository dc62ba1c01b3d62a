import GatewayConfig
import Testing

@testable import Pages

private let site = PageSite(title: "shop.example", prefix: "/_auth")
private let evil = "\"><script>alert('x')</script>&"

private func text(_ bytes: [UInt8]) -> String {
    String(decoding: bytes, as: UTF8.self)
}

/// Every page in every state, for what must hold for all of them.
private func everyPage(_ words: String = "words") -> [String] {
    let problem = Problem(
        .invalidField, detail: words, instance: words, loginURL: "/" + words, retryAfter: 30,
        errors: [FieldError(field: "username", message: words), FieldError(field: words, message: words)])
    let site = PageSite(title: words, prefix: "/_auth")
    var pages: [[UInt8]] = []
    for problem in [nil, problem, Problem(.badCredentials), Problem(.nameTaken)] {
        var login = LoginPage(site: site, token: words, returnTo: words)
        (login.name, login.problem, login.notice, login.remember) = (words, problem, .relogin, 2_592_000)
        (login.offersRegistration, login.warnsOfPlainHTTP, login.isRemembered) = (true, true, true)
        var register = RegisterPage(site: site, token: words, returnTo: words, passwordMin: 10)
        (register.name, register.problem, register.warnsOfPlainHTTP) = (words, problem, true)
        var logout = LogoutPage(site: site, token: words, name: words)
        logout.problem = problem
        pages += [login.render(), register.render(), logout.render()]
    }
    for cause in [CookieLostPage.Cause.plainHTTP, .unknown] {
        pages.append(CookieLostPage(site: site, cause: cause, host: words, returnTo: words).render())
    }
    pages.append(ErrorPage(problem, retryPath: words, isStillSignedIn: true).render())
    pages.append(ErrorPage(Problem(.notFound)).render())
    return pages.map(text)
}

/// Names of tags left open, or closed without being open.
private func unbalanced(_ page: String) -> [String] {
    let void = ["meta", "input", "!doctype"]
    var open: [String] = []
    var wrong: [String] = []
    for piece in page.split(separator: "<").filter({ $0.contains(">") }) {
        let tag = String(piece.prefix { $0 != ">" && $0 != " " && $0 != "\n" })
        if tag.hasPrefix("/") {
            if open.last == String(tag.dropFirst()) { open.removeLast() } else { wrong.append(tag) }
        } else if !void.contains(tag) {
            open.append(tag)
        }
    }
    return open + wrong
}

@Suite("Pages")
struct PagesTests {
    @Test func `are well-formed documents with one heading and a title`() {
        for page in everyPage() {
            #expect(page.hasPrefix("<!doctype html>\n<html lang=\"en\" dir=\"ltr\">"))
            #expect(unbalanced(page).isEmpty, "\(page)")
            #expect(page.split(separator: "<h1>").count == 2)
            #expect(page.split(separator: "<title>").count == 2)
        }
    }

    @Test func `escape everything they are given`() {
        for page in everyPage(evil) {
            #expect(!page.contains("<script"), "\(page)")
            #expect(!page.contains("('x')"))
            #expect(unbalanced(page).isEmpty, "\(page)")
        }
    }

    @Test func `hold no script, no style attribute and no address of another host`() {
        for page in everyPage() {
            #expect(!page.contains("<script") && !page.contains(" style="))
            #expect(page.firstMatch(of: #/ on[a-z]+=/#) == nil)
            #expect(!page.contains("src=") && !page.contains("url(") && !page.contains("@import"))
            #expect(!page.replacing("href=\"https://words/\"", with: "").contains("href=\"http"))
        }
    }

    @Test func `hold the style sheet byte for byte, once`() {
        let style = text(PageShell.styleSheet)

        #expect(!style.contains("<"))
        for page in everyPage() {
            #expect(page.contains("<style>\(style)</style>"))
            #expect(page.split(separator: "<style>").count == 2)
        }
    }

    @Test func `every id is unique and every reference has its id`() {
        for page in everyPage() {
            let ids = page.matches(of: #/ id="([^"]+)"/#).map { String($0.1) }
            #expect(Set(ids).count == ids.count)
            for match in page.matches(of: #/(?: for="| href="\#| aria-describedby=")([^"]+)"/#) {
                for id in match.1.split(separator: " ") { #expect(ids.contains(String(id)), "\(id)") }
            }
        }
    }

    @Test func `replace controls that HTML does not allow`() {
        var page = LoginPage(site: site, token: "t")
        page.name = "a\u{0}b\u{1b}c"

        #expect(text(page.render()).contains("value=\"a\u{fffd}b\u{fffd}c\""))
    }
}

@Suite("LoginPage")
struct LoginPageTests {
    @Test func `has the form that browsers and password managers know`() {
        let page = text(LoginPage(site: site, token: "tok", returnTo: "/cart?a=b&c").render())

        #expect(page.contains("<title>Sign in to shop.example</title>"))
        #expect(page.contains("<form method=\"post\" action=\"/_auth/login\">"))
        #expect(page.contains("<input type=\"hidden\" name=\"csrf\" value=\"tok\">"))
        #expect(page.contains("<input type=\"hidden\" name=\"return_to\" value=\"/cart?a=b&amp;c\">"))
        #expect(
            page.contains("autocomplete=\"username\"") && page.contains("autocomplete=\"current-password\""))
        #expect(!page.contains("role=\"alert\"") && !page.contains("name=\"remember\""))
        #expect(!page.contains("/register"))
    }

    @Test func `says what went wrong first, keeps the name and forgets the password`() {
        var login = LoginPage(site: site, token: "tok")
        login.name = "ada"
        login.problem = Problem(.badCredentials)
        let page = text(login.render())

        #expect(page.contains("<title>Error: Sign in to shop.example</title>"))
        #expect(page.contains("<main>\n<div class=\"note bad\" id=\"problem\" role=\"alert\">"))
        #expect(page.contains("value=\"ada\" aria-describedby=\"problem\" aria-invalid=\"true\">"))
        #expect(page.split(separator: "aria-describedby=\"problem\"").count == 3)
        #expect(page.contains("required aria-describedby=\"problem\" aria-invalid=\"true\" autofocus>"))
    }

    @Test func `tells how long to wait`() {
        var login = LoginPage(site: site, token: "tok")
        login.problem = Problem(.throttled, retryAfter: 121)

        #expect(text(login.render()).contains("You can try again in 3 minutes."))
        login.problem = Problem(.throttled, retryAfter: 119)
        #expect(text(login.render()).contains("You can try again in 119 seconds."))
        login.problem = Problem(.throttled, retryAfter: 5)
        #expect(!text(login.render()).contains("You can try again"))
    }

    @Test func `takes the return target along to registration`() {
        var login = LoginPage(site: site, token: "tok", returnTo: "/a?b=c")
        login.offersRegistration = true

        #expect(text(login.render()).contains("href=\"/_auth/register?return_to=/a%3Fb%3Dc\""))
    }
}

@Suite("RegisterPage")
struct RegisterPageTests {
    @Test func `ties hint and error to their field`() {
        var register = RegisterPage(site: site, token: "tok", passwordMin: 12)
        register.name = "ada"
        register.problem = Problem(.weakPassword, detail: "This password is too common.")
        let page = text(register.render())

        #expect(page.contains("<title>Error: "))
        #expect(page.contains("<a href=\"#password\">This password is too common.</a>"))
        #expect(
            page.contains("aria-describedby=\"password-hint password-wrong\" aria-invalid=\"true\" autofocus")
        )
        #expect(page.contains("At least 12 characters"))
        #expect(page.contains("autocomplete=\"new-password\"") && !page.contains("maxlength"))
    }

    @Test func `a taken name is an error of the name`() {
        var register = RegisterPage(site: site, token: "tok", passwordMin: 12)
        register.name = "ada"
        register.problem = Problem(.nameTaken)
        let page = text(register.render())

        #expect(page.contains("<a href=\"#username\">This user name is taken. Choose another user name.</a>"))
        #expect(page.contains("value=\"ada\" aria-describedby=\"username-hint username-wrong\""))
    }
}

@Suite("ErrorPage")
struct ErrorPageTests {
    @Test func `tells status, cause and reference, and that nothing is lost`() {
        let problem = Problem(.storeUnavailable, instance: "0195-ab", retryAfter: 2)
        let page = text(ErrorPage(problem, retryPath: "/cart", isStillSignedIn: true).render())

        #expect(page.contains("<title>Error: Sign-in is not available right now</title>"))
        #expect(page.contains("Error 503"))
        #expect(page.contains("You are still signed in; nothing is lost."))
        #expect(!page.contains("2 seconds"))
        #expect(page.contains("<code>0195-ab</code>"))
        #expect(page.contains("<a class=\"button\" href=\"/cart\">Try again</a>"))
    }
}

@Suite("CookieLostPage")
struct CookieLostPageTests {
    @Test func `names the cause`() {
        let page = CookieLostPage(site: site, cause: .plainHTTP, host: "shop.example:8080", returnTo: "/cart")

        #expect(text(page.render()).contains("opened over plain http"))
        #expect(text(page.render()).contains("href=\"https://shop.example:8080/\""))
        #expect(text(page.render()).contains("href=\"/_auth/login?return_to=/cart\""))
    }
}
