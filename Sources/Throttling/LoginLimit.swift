/// How many failed logins there may be in a time.
public struct LoginLimit: Sendable, Equatable {
    /// What is counted together.
    public enum Kind: String, Sendable, CaseIterable {
        /// One account, from wherever.
        case account
        /// One network, for whatever accounts.
        case ip
        /// One account from one network.
        case accountAndIP = "account_ip"
        /// One network that tries to register names which are taken: a way to find out which accounts there are. Comes
        /// with the limit of `ip`.
        case registration = "register"

        /// Those that count logins, and that bans are made of.
        public static let ofLogins: [Kind] = [.account, .ip, .accountAndIP]
    }

    /// How many times as many names may be found taken as logins may fail: people try some before one is free.
    public static let registrationFactor = 3

    /// What is counted together.
    public var kind: Kind
    /// Failures that are allowed.
    public var count: Int
    /// Milliseconds from the first of them until all are forgotten.
    public var window: Int

    /// A limit.
    public init(kind: Kind, count: Int, window: Int) {
        self.kind = kind
        self.count = count
        self.window = window
    }
}

/// Who tries to log in.
public struct LoginSubject: Sendable, Equatable {
    /// What no account is called: names that cannot be one are counted together by network.
    static let noAccount = Array("?".utf8)
    /// The network of clients that come over a unix socket.
    static let noNetwork = Array("unix".utf8)

    /// The canonical login name, whether or not there is such an account; nil for text that can be none.
    public var account: [UInt8]?
    /// The client's network; see `ClientNetwork.name`.
    public var network: [UInt8]

    /// A subject.
    public init(account: [UInt8]?, network: [UInt8]) {
        self.account = account
        self.network = network
    }

    /// What `kind` counts it under; nil: not at all.
    public func name(_ kind: LoginLimit.Kind) -> [UInt8]? {
        switch kind {
        case .account: account
        // All clients of a unix socket look alike, and must not be held up for each other.
        case .ip, .registration: network == Self.noNetwork ? nil : network
        // A login name has no colon.
        case .accountAndIP: (account ?? Self.noAccount) + [UInt8(ascii: ":")] + network
        }
    }
}
