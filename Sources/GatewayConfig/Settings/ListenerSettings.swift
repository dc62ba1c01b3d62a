/// One `listen`.
public struct ListenerSettings: Sendable, Equatable {
    /// Address.
    public var endpoint: Endpoint
    /// Length of the kernel's accept queue.
    public var backlog = 1024
    /// nil = plain HTTP.
    public var tls: TLSListenerSettings?
    /// Status with which everything is sent to https; nil = off.
    public var redirect: Int?
    /// Whether connections begin with a PROXY header.
    public enum ProxyProtocol: String, Sendable { case off, on, required }
    /// Whether connections begin with a PROXY header; only peers in `trustedProxies` may send one.
    public var proxyProtocol = ProxyProtocol.off
    /// The defaults besides this.
    public init(endpoint: Endpoint) { self.endpoint = endpoint }
}
