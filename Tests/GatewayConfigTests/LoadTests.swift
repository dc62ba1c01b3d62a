import GatewayConfig
import Testing

@Suite struct LoadTests {
    private let smallest = """
        listen 127.0.0.1:8080
        state  state                              # what the gateway keeps itself
        redis  managed
        session { key_file state/session.key }    # made on first start
        users people {
            store    sqlite state/users.db
            register open
        }
        realm main { users people }
        upstream app { server 127.0.0.1:3000 }
        site * {
            route /*        app user
            route /public/* app public
        }
        """

    @Test func `reads the smallest file`() throws {
        let result = load(smallest)

        #expect(render(result) == "")
        let settings = try #require(result.settings)
        #expect(settings.listeners.map(\.endpoint) == [.tcp(host: "127.0.0.1", port: 8080)])
        #expect(settings.stateDirectory == "state")
        #expect(settings.redis.server == .managed)
        #expect(settings.session.keys == [.created(path: "state/session.key")])
        #expect(settings.users.map(\.store) == [.sqlite(path: "state/users.db")])
        #expect(settings.users[0].register == .open)
        #expect(settings.realms[0].cookie == "__Host-main")
        #expect(settings.sites[0].hosts == ["*"])
        #expect(settings.sites[0].realm == 0)
        let routes = settings.sites[0].routes
        #expect(routes.map(\.access) == [.user, .public])
        #expect(routes.map(\.target) == [.upstream(0), .upstream(0)])
        #expect(routes[1].pattern.segments == [.literal(Array("public".utf8))])
        #expect(routes[1].pattern.matchesBelow)
        #expect(routes[1].line == 13)
    }

    @Test func `reads the file that the benchmark writes`() throws {
        let text = """
            # one worker, everything on but the access log
            listen 127.0.0.1:18080
            redis redis://127.0.0.1:16379
            state /tmp/x/state
            session { key_file /tmp/x/state/session.key }
            workers 1
            log { access off }
            limits {
                connections 20000
                connections_per_ip 20000
            }
            users people {
                store sqlite /tmp/x/state/users.db
                register open
                hash bcrypt 12
            }
            realm main {
                users people
            }
            upstream app {
                server 127.0.0.1:13000
                keepalive 512
                max_connections 4096
            }
            site * {
                route /* app user
            }
            """

        let result = load(text)

        #expect(render(result) == "")
        let settings = try #require(result.settings)
        #expect(settings.workers == 1)
        #expect(settings.log.access == .off)
        #expect(settings.limits.connections == 20_000)
        #expect(settings.limits.connectionsPerAddress == 20_000)
        #expect(settings.users[0].hash == .bcrypt(cost: 12))
        #expect(settings.upstreams[0].keepalive == 512)
        #expect(settings.upstreams[0].maxConnections == 4096)
        #expect(settings.redis.server == .external(.tcp(host: "127.0.0.1", port: 16379)))
        #expect(settings.session.keys == [.created(path: "/tmp/x/state/session.key")])
    }
}
