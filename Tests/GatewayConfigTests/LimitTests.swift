import Testing

@testable import GatewayConfig

@Suite("Limits")
struct LimitTests {
    private func realm(_ lines: String, users: String = "") -> LoadResult {
        load(
            Sample.head + "\nusers people {\nstore sqlite u.db\n\(users)\n}\nrealm main {\nusers people\n"
                + lines + "\n}\n" + Sample.upstream + "site * { route /* app user }\n")
    }

    @Test func `logins are limited unless said otherwise`() {
        let limits = realm("").settings?.realms[0].loginLimits

        #expect(
            limits == [
                LoginLimitSettings(rate: Rate(count: 10, window: 300_000), subject: .accountAndIP),
                LoginLimitSettings(rate: Rate(count: 100, window: 300_000), subject: .ip),
            ])
    }

    @Test func `limits that are given take the place of the usual ones`() {
        let limits = realm("login_limit 5/h per account\nlogin_limit 1000/1d per ip").settings?.realms[0]
            .loginLimits

        #expect(
            limits == [
                LoginLimitSettings(rate: Rate(count: 5, window: 3_600_000), subject: .account),
                LoginLimitSettings(rate: Rate(count: 1000, window: 86_400_000), subject: .ip),
            ])
    }

    @Test func `limits can be off, with a warning`() {
        #expect(realm("login_limit off").settings?.realms[0].loginLimits == [])
        #expect(codes(realm("login_limit off")) == ["W516"])
        #expect(codes(realm("login_limit off", users: "register open")) == ["W507"])
    }

    @Test(arguments: [
        ("login_limit 10 per ip", "E205"), ("login_limit 10/ per ip", "E205"),
        ("login_limit 0/5m per ip", "E205"),
        ("login_limit 10/0s per ip", "E205"), ("login_limit /5m per ip", "E205"),
        ("login_limit +10/5m per ip", "E205"),
        ("login_limit 10/5 per ip", "E205"), ("login_limit 10/5m/1 per ip", "E205"),
        ("login_limit 10/40d per ip", "E205"),
        ("login_limit 9999999/5m per ip", "E205"), ("login_limit 10/5m", "E202"),
        ("login_limit 10/5m per", "E202"),
        ("login_limit 10/5m by ip", "E202"), ("login_limit 10/5m per network", "E203"),
        ("login_limit", "E202"),
        ("login_limit 10/5m per ip account", "E208"),
        ("login_limit 10/5m per ip\nlogin_limit 5/5m per ip", "E204"),
    ])
    func `refuses limits that cannot be`(_ line: String, _ code: String) {
        #expect(codes(realm(line)) == [code])
    }

    @Test func `off stands alone`() {
        #expect(codes(realm("login_limit off per ip")).contains("E208"))
        #expect(codes(realm("login_limit off\nlogin_limit 10/5m per ip")).contains("E204"))
    }

    @Test(arguments: [
        ("20/s", 20, 1_000), ("10/5m", 10, 300_000), ("1/250ms", 1, 250),
        ("1000000/1d", 1_000_000, 86_400_000),
        ("3/h", 3, 3_600_000),
    ])
    func `reads rates`(text: String, count: Int, window: Int) {
        #expect(Number.rate(Array(text.utf8)) == Rate(count: count, window: window))
    }

    private func route(_ lines: String) -> LoadResult {
        load(Sample.routes("route /* app user {\n\(lines)\n}"))
    }

    @Test func `a route has as many limits as are given`() {
        let limits = route("limit 20/s burst 40 per user\nlimit 100/5m per ip\nlimit 5/s per session")
            .settings?
            .sites[0].routes[0].limits

        #expect(
            limits == [
                RouteLimitSettings(rate: Rate(count: 20, window: 1_000), burst: 40, subject: .user),
                RouteLimitSettings(rate: Rate(count: 100, window: 300_000), burst: 100, subject: .ip),
                RouteLimitSettings(rate: Rate(count: 5, window: 1_000), burst: 5, subject: .session),
            ])
    }

    @Test(arguments: [
        ("limit 20 per user", "E205"), ("limit 20/s", "E202"), ("limit 20/s burst per user", "E203"),
        ("limit 20/s burst 0 per user", "E205"), ("limit 20/s burst x per user", "E205"),
        ("limit 20/s rate 5 per user", "E203"), ("limit 20/s per account", "E203"),
        ("limit 20/s burst 5 5 per user", "E208"), ("limit off", "E205"),
    ])
    func `refuses limits of routes that cannot be`(_ line: String, _ code: String) {
        #expect(codes(route(line)) == [code])
    }

    @Test func `a route's word on origins wins over the realm's`() {
        let text =
            Sample.head + "\nusers people { store sqlite u.db }\nrealm main {\nusers people\ncsrf off\n}\n"
            + Sample.upstream + "site * {\nroute /* app user\nroute /a app user { csrf same_origin }\n}\n"

        #expect(load(text).settings?.sites[0].routes.map(\.csrf) == [false, true])
        #expect(load(Sample.routes("route /* app user")).settings?.sites[0].routes[0].csrf == true)
        #expect(route("origins https://app.example.org").settings?.sites[0].routes[0].origins.count == 1)
    }
}
