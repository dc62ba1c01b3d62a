import Accounts
import Glibc
import Secrets
import Supervisor

/// The user that `gatehouse dev` makes, so that there is somebody to sign in as.
enum DevUser {
    static let name = "dev"

    /// The new user's password; nil if there has been one before.
    static func create(path: String) throws(ExitFailure) -> String? {
        let store = try open(path)
        let password = try makePassword()
        let accounts = Accounts(store: store, kind: .argon2id(memoryKiB: 19 << 10, passes: 2, lanes: 1))
        switch accounts.register(name: Array(name.utf8), password: Array(password.utf8)) {
        case .created: return password
        case .nameTaken: return nil
        case .readOnly(let reason), .unavailable(let reason): throw failure(reason)
        case .invalidName, .weakPassword: throw failure("the name or the password was refused")
        }
    }

    private static func open(_ path: String) throws(ExitFailure) -> SQLiteUserStore {
        let mask = umask(0o077)
        defer { umask(mask) }
        do throws(StoreError) { return try SQLiteUserStore(path: path) } catch { throw failure("\(error)") }
    }

    private static func makePassword() throws(ExitFailure) -> String {
        do throws(RandomFailure) {
            return String(decoding: Base64URL.encode(try RandomBytes.make(count: 12)), as: UTF8.self)
        } catch { throw failure("no random bytes") }
    }

    private static func failure(_ reason: String) -> ExitFailure {
        ExitFailure(status: ExitStatus.cannotCreate, message: "cannot make the user \(name): \(reason)")
    }
}
