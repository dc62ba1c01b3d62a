/// Everything that reading a configuration asks the outside for. A load through the same answers gives the same
/// result, so answers can be recorded in one process and replayed in another.
public protocol ConfigSource {
    /// The bytes of the file at `path` (absolute, or relative to the working directory).
    func read(path: String) -> Result<[UInt8], ConfigSourceError>
    /// The paths that `glob` (`*`, `?` and `[...]` within one path segment) names, sorted bytewise; none is no error.
    func list(glob: String) -> [String]
    /// The environment variable `name`; nil if it is not set.
    func environment(_ name: String) -> String?
    /// The permission bits (`st_mode & 0o7777`) of the file at `path`; nil if they are not known. Only for the
    /// warning about key files that others can read.
    func permissions(path: String) -> UInt16?
    /// What the PEM texts of a certificate and of its key show. Only for messages: the settings do not depend on it.
    /// nil if nobody looks.
    func inspect(certificate: [UInt8], key: [UInt8]) -> Result<CertificateFacts, CertificateFault>?
    /// What is wrong with the PEM text of some authorities, in words for a message; nil if nothing is, or nobody looks.
    func inspect(authorities: [UInt8]) -> String?
}

extension ConfigSource {
    /// Not known.
    public func permissions(path: String) -> UInt16? { nil }
    /// Nobody looks.
    public func inspect(certificate: [UInt8], key: [UInt8]) -> Result<CertificateFacts, CertificateFault>? {
        nil
    }
    /// Nobody looks.
    public func inspect(authorities: [UInt8]) -> String? { nil }
}

/// Why a file could not be read.
public struct ConfigSourceError: Error, Sendable, Equatable {
    /// The system's words, without the path: `No such file or directory`.
    public var message: String
    /// Whether there is no such file (ENOENT), as opposed to one that cannot be read.
    public var isMissing: Bool

    /// An error in the system's words.
    public init(message: String, isMissing: Bool = false) {
        self.message = message
        self.isMissing = isMissing
    }

    /// There is no such file.
    public static let missing = ConfigSourceError(message: "No such file or directory", isMissing: true)
}
