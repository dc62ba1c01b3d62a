public import Redis
public import Transport

/// Hears of sessions that end, whichever gateway on this Redis ended them.
public final class RevocationFeed {
    /// Called with each revocation and the index of its realm.
    public var onRevoked: ((_ realm: Int, _ revocation: Revocation) -> Void)?
    /// Called whenever listening has begun, or begun again. Everything that is open must be looked at: what was said
    /// before that was not heard.
    public var onListening: (() -> Void)?
    /// Called when it hears nothing any more, with the reason.
    public var onDeaf: ((String) -> Void)?
    /// Whether it hears.
    public var isListening: Bool { subscriber.isSubscribed }

    private let subscriber: RedisSubscriber
    private let channels: [[UInt8]]

    /// A feed for the realms of `stores`, which are told by their index. Not started.
    public init(
        loop: EventLoop, resolver: Resolver, settings: RedisConnectionSettings, stores: [SessionStore],
        secret: @escaping () -> [UInt8]?
    ) {
        channels = stores.map { $0.commands.keys.revoked }
        subscriber = RedisSubscriber(
            loop: loop, resolver: resolver, settings: settings, channels: channels, secret: secret)
        subscriber.onMessage = { [weak self] in self?.take($0, $1) }
        subscriber.onSubscribed = { [weak self] in self?.onListening?() }
        subscriber.onTrouble = { [weak self] in self?.onDeaf?($0) }
    }

    /// Begins to listen.
    public func start() { subscriber.start() }

    /// Listens no more.
    public func close() { subscriber.close() }

    /// What is no message of ours is passed over: anybody who may write to this Redis can publish.
    private func take(_ channel: UnsafeRawBufferPointer, _ text: UnsafeRawBufferPointer) {
        guard let realm = channels.firstIndex(where: { $0.elementsEqual(channel) }),
            let revocation = Revocation(message: text)
        else { return }
        onRevoked?(realm, revocation)
    }
}
