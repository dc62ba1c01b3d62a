public import GatewayConfig
import Glibc
import Transport

/// The files and the environment of this machine, for reading the configuration.
public struct SystemSource: ConfigSource {
    /// Most bytes of one file; no configuration is larger, and a wrong path may be.
    static let maximumCount = 16 << 20

    /// This machine.
    public init() {}

    /// The file's bytes.
    public func read(path: String) -> Result<[UInt8], ConfigSourceError> {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else { return .failure(Self.error(errno)) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return .failure(Self.error(errno)) }
            if count == 0 { return .success(bytes) }
            bytes.append(contentsOf: chunk[..<count])
            if bytes.count > Self.maximumCount {
                return .failure(ConfigSourceError(message: "File too large"))
            }
        }
    }

    /// The paths that `pattern` names.
    public func list(glob pattern: String) -> [String] {
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(pattern, GLOB_NOSORT, nil, &found) == 0 else { return [] }
        let paths = (0..<Int(found.gl_pathc)).compactMap { found.gl_pathv[$0].map { String(cString: $0) } }
        return paths.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// The environment variable.
    public func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    /// The file's mode.
    public func permissions(path: String) -> UInt16? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return UInt16(truncatingIfNeeded: status.st_mode & 0o7777)
    }

    /// What OpenSSL sees in them.
    public func inspect(certificate: [UInt8], key: [UInt8]) -> Result<CertificateFacts, CertificateFault>? {
        do throws(TLSFailure) {
            let pair = try TLSCertificate(certificate: certificate, key: key)
            try pair.check()
            return .success(
                CertificateFacts(
                    names: pair.names, addresses: pair.addresses, secondsLeft: pair.secondsLeft,
                    secondsAhead: pair.secondsAhead))
        } catch {
            let text = error.description
            return .failure(error.concernsKey ? .key(text) : .certificate(text))
        }
    }

    /// What OpenSSL has against them.
    public func inspect(authorities: [UInt8]) -> String? {
        do throws(TLSFailure) {
            _ = try TrustStore(pem: authorities)
            return nil
        } catch { return error.description }
    }

    private static func error(_ code: Int32) -> ConfigSourceError {
        ConfigSourceError(message: SystemError.text(code), isMissing: code == ENOENT)
    }
}
