import GatewayConfig
import Testing

@Suite struct AccountTests {
    private func users(_ lines: String) -> LoadResult {
        load(Sample.with("users more {\nstore sqlite more.db\n\(lines)\n}"))
    }

    private func realm(_ lines: String) -> LoadResult {
        load(
            Sample.head + "\n" + Sample.upstream
                + "users people { store sqlite p.db }\nrealm main {\nusers people\n\(lines)\n}\n"
                + "site * { route /* app user }\n")
    }

    @Test func `reads accounts`() throws {
        let result = users(
            "register open\ndefault_roles member guest\npassword max 64 min 12\nhash argon2id 64m 3 4")

        #expect(render(result) == "")
        let users = try #require(result.settings?.users[1])
        #expect(users.name == "more")
        #expect(users.register == .open)
        #expect(users.defaultRoles == ["member", "guest"])
        #expect(users.passwordMin == 12)
        #expect(users.passwordMax == 64)
        #expect(users.hash == .argon2id(memoryKiB: 65_536, passes: 3, lanes: 4))
    }

    @Test(arguments: [
        ("register invite", "E212"), ("register closed", "E203"), ("identifier email", "E212"),
        ("password min", "E202"), ("password min 0", "E205"), ("password min 20 max 10", "E205"),
        ("password min 5 min 6", "E204"), ("password minimum 5", "E203"),
        ("password min 5 blocklist", "E202"), ("password blocklist missing.txt", "E409"),
        ("password max", "E202"), ("hash bcrypt", "E202"), ("hash bcrypt 3", "E205"),
        ("hash bcrypt 31", "E205"),
        ("hash bcrypt 9", "W514"), ("hash bcrypt 12 1", "E208"), ("hash argon2id 19m 2", "E202"),
        ("hash argon2id 16k 1 4", "E205"), ("hash argon2id 19m 0 1", "E205"),
        ("hash argon2id 1m 1 1", "W514"),
        ("hash scrypt 1", "E203"), ("default_roles ad,min", "E205"),
        ("default_roles a b a", "E204"), ("default_roles", "E202"),
        ("find 'select 1'", "E305"), ("watch on", "E305"), ("store sqlite again.db", "E204"),
    ])
    func `refuses accounts that cannot be`(_ line: String, _ code: String) {
        #expect(codes(users(line)) == [code])
    }

    @Test func `reads the blocklist beside the file that names it`() {
        let text = Sample.with("include conf/*.conf")
        let files = [
            "conf/a.conf": "users more {\nstore sqlite more.db\npassword min 12 blocklist bad.txt max 20\n}",
            "conf/bad.txt": "Zyxwvutsrqpo\n",
        ]
        let users = load(text, files: files).settings?.users.last

        #expect(users?.passwordBlocklist == Array("Zyxwvutsrqpo\n".utf8))
        #expect(users?.passwordMax == 20)
    }

    @Test(arguments: [
        ("store file staff.users", []), ("store file", ["E202"]), ("store redis", ["E212"]),
        ("store postgres x", ["E205"]), ("store postgres postgresql://db/app", []),
        ("store sqlite", ["E202"]), ("store mysql x", ["E203"]), ("store sqlite state/users.db", ["E204"]),
        ("", ["E303"]),
    ])
    func `a store is needed, and one of its own`(_ line: String, _ expected: [String]) {
        #expect(codes(load(Sample.with("users more {\n\(line)\n}"))) == expected)
    }

    @Test func `reads realms`() throws {
        let result = realm(
            """
            endpoints /_login
            cookie __Host-sid
            samesite strict
            idle 30m
            absolute 7d
            remember 90d
            bearer on
            sessions_per_user 3 reject
            after_login /start
            after_logout /bye/
            """)

        #expect(render(result) == "")
        let realm = try #require(result.settings?.realms.first)
        #expect(realm.endpoints == "/_login")
        #expect(realm.cookie == "__Host-sid")
        #expect(realm.sameSite == .strict)
        #expect(realm.idle == 1_800_000)
        #expect(realm.absolute == 604_800_000)
        #expect(realm.remember == 7_776_000_000)
        #expect(realm.bearer)
        #expect(realm.sessionsPerUser == 3)
        #expect(realm.sessionLimitPolicy == .reject)
        #expect(realm.afterLogin == "/start")
        #expect(realm.afterLogout == "/bye/")
    }

    @Test(arguments: [
        ("", RealmSettings.SessionLimitPolicy.evictOldest), (" evict oldest", .evictOldest),
        (" evict idle", .evictIdle),
        (" reject", .reject),
    ])
    func `what a session too many does is in the words behind the number`(
        words: String, policy: RealmSettings.SessionLimitPolicy
    ) {
        let result = realm("sessions_per_user 5\(words)")

        #expect(render(result) == "")
        #expect(result.settings?.realms.first?.sessionLimitPolicy == policy)
    }

    @Test func `a cookie that is not secure has a plain name and a warning`() {
        let result = realm("cookie_secure off")

        #expect(codes(result) == ["W513"])
        #expect(result.settings?.realms[0].cookie == "main")
        #expect(result.settings?.realms[0].cookieSecure == false)
        #expect(codes(realm("cookie_secure off\ncookie __Host-x")) == ["W513", "E305"])
    }

    @Test(arguments: [
        ("remember 30", "E205"), ("remember 2h", "W504"), ("bearer maybe", "E203"),
        ("return_to x", "E212"),
        ("csrf on", "E203"), ("samesite none", "E203"), ("cookie a=b", "E205"),
        ("cookie sid", "W515"),
        ("idle 0", "E205"), ("idle 24h", "W504"), ("absolute 500d", "E205"), ("sessions_per_user 0", "E205"),
        ("sessions_per_user 5 evict", "E202"),
        ("sessions_per_user 5 evict newest", "E203"), ("sessions_per_user 5 refuse", "E203"),
        ("sessions_per_user 5 reject all", "E208"), ("after_login //evil", "E205"),
        ("after_login https://evil", "E205"), ("endpoints /a/", "E205"), ("endpoints /*", "E205"),
        ("title x", "E201"),
    ])
    func `refuses realms that cannot be`(_ line: String, _ code: String) {
        #expect(codes(realm(line)) == [code])
    }

    @Test func `two realms never share a cookie`() {
        let result = load(Sample.with("realm other {\nusers people\ncookie __Host-main\n}"))

        #expect(codes(result).contains("E204"))
    }
}
