import GatewayConfig
import Glibc
import Supervisor
import Transport

/// Tries whether a server takes connections, and where it is to speak TLS, whether it does and who it is.
final class ServerDial: StreamHandler, DeadlineReceiver {
    private let loop: EventLoop
    private let pool = BufferPool(blockSize: 512, limit: 1)
    private var result: String??

    /// Connects to `endpoint` and hangs up again; what went wrong, nil: nothing did. `timeout` is in milliseconds.
    static func trouble(_ endpoint: Endpoint, tls: TLSClientContext? = nil, timeout: Int) -> String? {
        switch endpoint {
        case .tcp(let host, let port):
            switch Resolver.resolveBlocking(host: host, port: port) {
            case .failure(let error): return "\(error)"
            case .success(let addresses):
                // One of several is enough, as it is when the gateway connects.
                var last: String? = "cannot resolve \(host)"
                for address in addresses {
                    last = dial(address, tls, timeout)
                    if last == nil { return nil }
                }
                return last
            }
        case .unix(let path):
            do throws(SystemError) {
                let socket = try DirectorySocket(path)
                return dial(try socket.address(), tls, timeout)
            } catch { return error.reason }
        case .inherited: return nil
        }
    }

    private static func dial(_ address: SocketAddress, _ tls: TLSClientContext?, _ timeout: Int) -> String? {
        do throws(SystemError) {
            let loop = try EventLoop()
            return ServerDial(loop).run(address, tls, timeout)
        } catch { return error.reason }
    }

    private init(_ loop: EventLoop) {
        self.loop = loop
        super.init()
    }

    private func run(_ address: SocketAddress, _ tls: TLSClientContext?, _ timeout: Int) -> String? {
        do throws(SystemError) {
            let stream: Stream
            if let tls {
                stream = try TLSStream(loop: loop, connectingTo: address, pool: pool, context: tls)
            } else {
                stream = try Stream(loop: loop, connectingTo: address, pool: pool)
            }
            stream.handler = self
            let timer = DeadlineTimer(self)
            loop.arm(timer, after: timeout)
            while result == nil { loop.tick(limit: 1_000) }
            timer.disarm()
            stream.close()
            return result ?? nil
        } catch { return error.reason }
    }

    override func onConnected(_ stream: Stream) { result = .some(nil) }

    override func onFailure(_ stream: Stream, _ code: Int32) {
        result = stream.trouble ?? SystemError.text(code)
    }

    func onDeadline(_ timer: DeadlineTimer) { if result == nil { result = "no answer in time" } }
}
