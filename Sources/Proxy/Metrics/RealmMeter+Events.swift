import Operations

/// Logins and ends of sessions are counted where they are written down.
extension RealmMeter {
    /// Counts what `event` says; `fields` are those of its line.
    func note(_ event: AuditEvent, _ fields: AuditLog.Fields) {
        switch event {
        case .login: noteBegun(fields, of: logins)
        case .register: noteBegun(fields, of: registrations)
        case .loginFailed: noteFailure(fields)
        case .logout: ended.add(number("sessions", fields), at: SessionEndLabel.logout.rawValue)
        case .sessionRevoked: ended.add(number("sessions", fields), at: SessionEndLabel.revoked.rawValue)
        case .sessionEvicted: ended.add(number("sessions", fields), at: SessionEndLabel.evicted.rawValue)
        case .passwordChanged: ended.count(SessionEndLabel.password)
        default: break
        }
    }

    /// A login or a registration without a session says why there is none.
    private func noteBegun(_ fields: AuditLog.Fields, of kind: MetricCells) {
        if text("reason", fields) == nil { kind.count(LoginLabel.ok) }
        if text("session", fields) != nil { created.add() }
    }

    private func noteFailure(_ fields: AuditLog.Fields) {
        if text("during", fields) != nil { return }
        let label: LoginLabel =
            switch text("reason", fields) {
            case "unknown_name"?, "wrong_password"?: .badCredentials
            case "disabled"?: .disabled
            case "session_limit"?, "overloaded"?: .refused
            default: .storeError
            }
        logins.count(label)
    }

    private func text(_ name: String, _ fields: AuditLog.Fields) -> String? {
        for field in fields where field.key == name {
            if case .text(let text) = field.value { return text }
        }
        return nil
    }

    private func number(_ name: String, _ fields: AuditLog.Fields) -> UInt64 {
        for field in fields where field.key == name {
            if case .number(let number) = field.value { return UInt64(clamping: number) }
        }
        return 1
    }
}
