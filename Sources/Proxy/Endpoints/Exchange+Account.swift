import Accounts
import GatewayConfig
import HTTP1
import HTTPCore
import Pages
import Sessions
import Transport

/// The account page, and its buttons.
extension Exchange {
    // MARK: Page

    /// `GET account`: the page, whatever Accept says (decision 26).
    func showAccount() {
        guard let done = queryValue("done") else { return }
        let notice = AccountPage.Notice(rawValue: done.map { String(decoding: $0, as: UTF8.self) } ?? "")
        withSession { exchange in
            exchange.makeAccountPage(status: 200, notice: notice) { $0.respond($1) }
        }
    }

    func makeAccountPage(
        status: Int, notice: AccountPage.Notice? = nil, problem: Problem? = nil,
        _ then: @escaping (Exchange, Reply) -> Void
    ) {
        askSessions { exchange, sessions in
            guard let endpoint = exchange.endpoint else { return }
            var page = AccountPage(
                site: exchange.pageSite(endpoint.realm), token: exchange.worker.formTokens.make(),
                name: String(decoding: exchange.identity.name, as: UTF8.self), sessions: sessions,
                passwordMin: endpoint.realm.accounts.passwordMinimum,
                now: Int(exchange.worker.loop.wallNow / 1_000))
            page.roles = exchange.identity.roles.map { String(decoding: $0, as: UTF8.self) }
            page.changesPassword = !endpoint.realm.accounts.isReadOnly
            page.notice = notice
            page.problem = problem
            var reply = Reply(status: status)
            exchange.setPage(&reply, page.render())
            then(exchange, reply)
        }
    }

    // MARK: Its buttons

    /// `POST account`: what `DELETE sessions` does, for pages without script. `end` is a handle or `others`.
    func changeAccount(_ form: FormFields) {
        guard let end = form.text("end") else {
            refuse(
                422, .invalidField, "The field \"end\" must name a session, or be \"others\".")
            return
        }
        withSession { exchange in
            if end == Array("others".utf8) {
                exchange.endOtherSessions { $0.answerEnded("?done=others") }
            } else {
                exchange.endSession(called: end) { exchange, isCurrent in
                    if isCurrent { exchange.answerLogout() } else { exchange.answerEnded("?done=session") }
                }
            }
        }
    }

    private func answerEnded(_ query: StaticString) {
        if prefersHTML { redirectToAccount(status: 303, query) } else { respond(Reply(status: 204)) }
    }
}
