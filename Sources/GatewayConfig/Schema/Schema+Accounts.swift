extension Schema {
    static let users: [DirectiveRule] = [
        DirectiveRule(
            "store", in: .users,
            [
                ArgumentRule(
                    "sqlite|file|postgres", .choice(["sqlite", "file", "postgres", "sql"], later: ["redis"])),
                ArgumentRule("PATH|URL", .word, 0...1),
            ],
            "Where accounts are kept: a database of the gateway's own; a file that is only read, with "
                + "name:hash:role,role on each line, which an htpasswd file is as well; or a PostgreSQL database, there "
                + "in a table gatehouse_users, or with find in an application's own table.",
            example: "store sqlite state/users.db"
        ).written("store sqlite PATH | file PATH | postgres URL [{ ... }]").required.block(
            .store, needed: false),
        DirectiveRule(
            "identifier", in: .users, [.choice("username", later: ["email"])], default: "username",
            "What people log in with.", example: "identifier username"),
        DirectiveRule(
            "register", in: .users, [.choice("off", "open", later: ["invite", "approval"])], default: "off",
            "Whether people make accounts themselves.", example: "register off"),
        DirectiveRule(
            "default_roles", in: .users, [ArgumentRule("NAME", .role, ArgumentRule.many)],
            default: "none",
            "Roles of a new account.", example: "default_roles member"),
        DirectiveRule(
            "password", in: .users, [ArgumentRule("min N | max N | blocklist FILE", .word, 2...6)],
            default: "min 10 max 128",
            "Length of a password in characters; common ones are refused as well, and those in a file, one a line.",
            example: "password min 10 max 128"
        ).written("password [min N] [max N] [blocklist FILE]"),
        DirectiveRule(
            "hash", in: .users, [ArgumentRule("argon2id MEMORY PASSES LANES | bcrypt COST", .word, 2...4)],
            default: "argon2id 19m 2 1",
            "How passwords are stored; others verify too and are replaced at login.",
            example: "hash argon2id 19m 2 1"
        ).written("hash argon2id MEMORY PASSES LANES | bcrypt COST"),
        DirectiveRule(
            "find", in: .users, [ArgumentRule("SQL", .word)], default: "the table gatehouse_users",
            "PostgreSQL: finds a user in a table that exists by $1, the login name in lower case. Columns count by their "
                + "names: id and hash (or password, password_hash), and if they are there roles, disabled and created.",
            example: "find \"select id, password, roles from users where lower(email) = $1\""),
        DirectiveRule(
            "insert", in: .users, [ArgumentRule("SQL", .word)], default: "nobody can be added",
            "PostgreSQL, with find: adds a user with $1 the login name in lower case, $2 the hash, and as far as they are "
                + "named $3 the roles with commas, $4 the name as typed, $5 an id made here, $6 now in milliseconds since "
                + "1970. The column of the name must be unique.",
            example: "insert \"insert into users (email, password) values ($1, $2)\""),
        DirectiveRule(
            "set_password", in: .users, [ArgumentRule("SQL", .word)], default: "passwords stay as they are",
            "PostgreSQL, with find: stores a hash, with $1 the id, $2 the new hash, and if it is named $3 the old hash.",
            example: "set_password \"update users set password = $2 where id = $1\""),
        DirectiveRule(
            "watch", in: .users, [.choice("on", "off")], default: "on (store file)",
            "Follows changes of the file of a file store: they count within two seconds, and end the sessions of users "
                + "who are gone, locked (! before the hash) or have another password. A file with a wrong line is refused "
                + "as a whole, and the users stay as they were.",
            example: "watch on"),
    ]

    static let store: [DirectiveRule] = [
        DirectiveRule(
            "password", in: .store, [ArgumentRule("SECRET", .secret)], default: "none",
            "Password at PostgreSQL; not part of the URL.",
            example: "password ${file:/run/secrets/postgres_password}"),
        DirectiveRule(
            "connections", in: .store, [.count(1...64)], default: "2 (store postgres)",
            "Connections to PostgreSQL that each worker keeps at most.", example: "connections 2"),
        DirectiveRule(
            "connect_timeout", in: .store, [.duration(100...60_000)], default: "2s (store postgres)",
            "For making a connection to PostgreSQL; beyond it logins are 503.", example: "connect_timeout 2s"),
        DirectiveRule(
            "timeout", in: .store, [.duration(100...60_000)], default: "2s (store postgres)",
            "For one statement at PostgreSQL; beyond it logins are 503.", example: "timeout 2s"),
    ]

    static let realm: [DirectiveRule] = [
        DirectiveRule(
            "users", in: .realm, [.name], "Whose accounts can log in here.", example: "users people"
        ).required,
        DirectiveRule(
            "endpoints", in: .realm, [ArgumentRule("PATH", .urlPath(isPrefix: true))],
            default: "the top level's", "Prefix of this realm's pages.", example: "endpoints /_auth"),
        DirectiveRule(
            "cookie", in: .realm, [ArgumentRule("NAME", .cookieName)], default: "__Host-<realm>",
            "Name of the session cookie.", example: "cookie __Host-main"),
        DirectiveRule(
            "cookie_secure", in: .realm, [.choice("on", "off")], default: "on",
            "off lets browsers send the cookie over plain http, also to hosts that are not localhost.",
            example: "cookie_secure on"),
        DirectiveRule(
            "samesite", in: .realm, [.choice("lax", "strict")], default: "lax",
            "Whether links from other sites arrive logged in.", example: "samesite lax"),
        DirectiveRule(
            "idle", in: .realm, [.duration(Limit.life)], default: "2h",
            "A session ends after this long without a request.", example: "idle 2h"),
        DirectiveRule(
            "absolute", in: .realm, [.duration(Limit.life)], default: "24h",
            "A session ends this long after the login.", example: "absolute 24h"),
        DirectiveRule(
            "remember", in: .realm, [.duration(Limit.life, off: true)], default: "off",
            "Offers to stay logged in: such a session lives this long, used or not, in place of idle and absolute.",
            example: "remember 30d"),
        DirectiveRule(
            "sessions_per_user", in: .realm,
            [.count(1...1_000), ArgumentRule("reject | evict oldest|idle", .word, 0...2)],
            default: "20 evict oldest",
            "Sessions of one account: one more is refused, or ends the oldest or the one unused longest.",
            example: "sessions_per_user 20 evict oldest"
        ).written("sessions_per_user N [reject | evict oldest|idle]"),
        DirectiveRule(
            "login_limit", in: .realm,
            [ArgumentRule("RATE|off", .word), ArgumentRule("per ip|account|account_ip", .word, 0...2)],
            default: "10/5m per account_ip, 100/5m per ip",
            "Failed logins before a pause, counted for all gateways on the Redis; account_ip is one account from one "
                + "IPv4 address or IPv6 /64.",
            example: "login_limit 10/5m per account_ip"
        ).written("login_limit RATE per ip|account|account_ip, or login_limit off").repeating,
        DirectiveRule(
            "bearer", in: .realm, [.choice("off", "on")], default: "off",
            "Also takes sessions as Authorization: Bearer, for clients without cookies; POST token makes them.",
            example: "bearer on"),
        .later("return_to", in: .realm, "Other hosts to go back to.", example: "return_to app.example.org"),
        DirectiveRule(
            "after_login", in: .realm, [ArgumentRule("PATH", .urlPath(isPrefix: false))], default: "/",
            "Where a login leads that was not asked for by a page.", example: "after_login /"),
        DirectiveRule(
            "after_logout", in: .realm, [ArgumentRule("PATH", .urlPath(isPrefix: false))],
            default: "the login page", "Where a logout leads.", example: "after_logout /goodbye"),
        DirectiveRule(
            "csrf", in: .realm, [.choice("same_origin", "off")], default: "same_origin",
            "Whether POST, PUT, PATCH and DELETE with a session's cookie must come from the application's own pages; "
                + "else 403.",
            example: "csrf same_origin"),
        DirectiveRule(
            "login_page", in: .realm, [], default: "the built-in look", "Look of the realm's pages.",
            example: "login_page { title \"Example Shop\" }"
        ).block(.loginPage),
    ]
}
