import Secrets
import Sessions
import Transport

/// The last `Cookie` line or bearer token over a connection in which a ticket of ours was found good. The next request mostly brings
/// the same: then it need not be read, the signature not be computed and the session's name not be made again.
/// Whether the session lives is asked of Redis all the same.
final class TicketMemo {
    /// What brings a ticket.
    enum Carrier { case cookie, bearer }

    /// A longer line is not kept.
    private static let limit = 4096

    private let line = ByteBuffer(capacity: 160)
    private var hash = SessionHash()
    /// The realm under whose name and keys it was read; -1 = there is none yet.
    private var realm = -1
    private var carrier = Carrier.cookie

    /// What the session of `line` is called, if this very line was found good for `realm` before. Takes the same
    /// time wherever a wrong one differs.
    func session(in line: UnsafeRawBufferPointer, of carrier: Carrier, realm: Int) -> SessionHash? {
        guard realm == self.realm, carrier == self.carrier, ConstantTime.areEqual(line, self.line.readable)
        else { return nil }
        return hash
    }

    /// Keeps a line in which the ticket of `hash` was found good.
    func note(_ line: UnsafeRawBufferPointer, of carrier: Carrier, realm: Int, hash: SessionHash) {
        guard line.count <= Self.limit else { return }
        self.line.removeAll()
        self.line.append(line)
        self.hash = hash
        self.realm = realm
        self.carrier = carrier
    }
}
