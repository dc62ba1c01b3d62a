import Accounts
import HTTP1
import HTTPCore
import Operations
import Pages
import Throttling

extension Exchange {
    func showRegister() {
        guard let endpoint, let target = queryTarget() else { return }
        guard endpoint.realm.isRegistrationOpen else {
            refuse(403, .registerClosed, "New accounts are not made here.")
            return
        }
        respond(
            registerPage(
                endpoint.realm, status: 200, target: target.map { checkedTarget($0, endpoint.realm) }))
    }

    func registerPage(
        _ realm: Realm, status: Int, target: [UInt8]?, name: [UInt8] = [], problem: Problem? = nil
    ) -> Reply {
        var reply = Reply(status: status)
        var page = RegisterPage(
            site: pageSite(realm), token: worker.formTokens.make(),
            returnTo: target.map { String(decoding: $0, as: UTF8.self) },
            passwordMin: realm.accounts.passwordMinimum)
        page.name = String(decoding: name, as: UTF8.self)
        page.problem = problem
        page.warnsOfPlainHTTP = isPlainHTTPElsewhere
        setPage(&reply, page.render())
        return reply
    }

    func register(_ form: FormFields) {
        guard let endpoint else { return }
        guard endpoint.realm.isRegistrationOpen else {
            refuse(403, .registerClosed, "New accounts are not made here.")
            return
        }
        guard let name = form.text("username"), let password = form.text("password") else {
            refuseIncomplete(form)
            return
        }
        // A taken name counts for the network: registering must not be a quicker way to find names.
        askLeave(endpoint, form, name: name, kinds: [.registration]) { [self] attempt in
            register(endpoint, name, password, form, attempt)
        }
    }

    private func register(
        _ endpoint: EndpointRequest, _ name: [UInt8], _ password: [UInt8], _ form: FormFields,
        _ attempt: LoginAttempt
    ) {
        let epoch = self.epoch
        let throttle = endpoint.realm.throttle
        let trail = auditTrail(endpoint.realm)
        let accepted = endpoint.realm.accounts.register(name: name, password: password) { [self] outcome in
            throttle.settle(attempt, outcome.settlement)
            guard epoch == self.epoch, isRunning else {
                if case .user(let user) = outcome { trail.recordAccount(user) }
                return
            }
            onRegistered(outcome, form)
        }
        if !accepted {
            throttle.settle(attempt, .withdrawn)
            refuse(503, .overloaded, "Too many logins are waiting.", retryAfter: 2_000)
        }
    }

    private func onRegistered(_ outcome: AccountsDesk.Outcome, _ form: FormFields) {
        guard let endpoint else { return }
        countRegistration(outcome, endpoint.realm.meter)
        switch outcome {
        case .user(let user): createSession(user, endpoint.realm, form, created: 201)
        case .nameTaken: refuseRegistration(.nameTaken, .nameTaken, "username", form)
        case .invalidName: refuseFields(form, .invalidName)
        case .weakPassword(let reason):
            refuseRegistration(.weakPassword, PasswordWording.reason(reason), "password", form)
        case .rejected, .unavailable:
            refuse(503, .storeUnavailable, "The account could not be saved.", retryAfter: 2_000)
        }
    }

    /// One that succeeds is counted with its session.
    private func countRegistration(_ outcome: AccountsDesk.Outcome, _ meter: RealmMeter) {
        switch outcome {
        case .user: break
        case .nameTaken, .invalidName, .weakPassword: meter.registrations.count(LoginLabel.refused)
        case .rejected, .unavailable: meter.registrations.count(LoginLabel.storeError)
        }
    }

    private func refuseRegistration(
        _ code: ProblemCode, _ reason: FieldReason, _ field: String, _ form: FormFields
    ) {
        guard let endpoint else { return }
        let problem = Problem(
            code, instance: requestIDText, errors: [FieldError(field: field, reason)])
        respond(formReply(endpoint, form, problem))
    }
}
