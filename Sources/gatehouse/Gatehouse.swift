import GatewayConfig
import Glibc
import Operations
import Proxy
import Transport

@main
struct Gatehouse {
    static func main() throws {
        var s = Settings()
        s.listeners = [ListenerSettings(endpoint: .tcp(host: "127.0.0.1", port: 18090))]
        s.log.access = .off
        s.limits.connections = 20000
        s.limits.connectionsPerAddress = 20000
        s.users = [UsersSettings(name: "people")]
        s.users[0].register = .open
        s.users[0].hash = .bcrypt(cost: 12)
        s.users[0].store = .sqlite(path: "/tmp/gwdev.db")
        var r = RealmSettings(name: "main"); r.cookie = "__Host-main"; s.realms = [r]
        var u = UpstreamSettings(name: "app"); u.keepalive = 512; u.maxConnections = 4096
        u.servers = [.init(endpoint: .tcp(host: "127.0.0.1", port: 19000))]
        s.upstreams = [u]
        var site = SiteSettings(hosts: ["*"]); site.realm = 0
        var route = RouteSettings(pattern: PathPattern(text: "/*", segments: [], matchesBelow: true), target: .upstream(0), access: CommandLine.arguments.contains("public") ? .public : .user)
        route.realm = 0; route.body = 10 << 20
        site.routes = [route]; s.sites = [site]
        s.session.keys = [.bytes([UInt8](repeating: 7, count: 32))]
        let fd = try Sockets.listen(SocketAddress(literal: "127.0.0.1", port: 18090)!, backlog: 1024)
        var pair = [Int32](repeating: 0, count: 2)
        socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair)
        let plan = WorkerPlan(settings: s, listenerDescriptors: [fd.release()], controlDescriptor: pair[0], counters: try .standalone(), stateDirectory: "/tmp", redisEndpoint: .tcp(host: "127.0.0.1", port: 16390), keys: [[UInt8](repeating: 7, count: 32)])
        exit(runWorker(plan))
    }
}
