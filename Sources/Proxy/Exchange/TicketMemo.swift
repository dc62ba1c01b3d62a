import Secrets
import Sessions

/// The last ticket of ours that came over a connection. The next request mostly brings the same: then the signature
/// need not be computed again, nor the session's name. Whether the session lives is asked of Redis all the same.
struct TicketMemo {
    private var text = InlineArray<94, UInt8>(repeating: 0)
    private var hash = SessionHash()
    /// The realm under whose keys it was checked; -1 = there is none yet.
    private var realm = -1

    /// What the session of `ticket` is called, if this very ticket was found good for `realm` before. Takes the same
    /// time wherever a wrong one differs.
    func session(of ticket: UnsafeRawBufferPointer, realm: Int) -> SessionHash? {
        guard realm == self.realm else { return nil }
        let isSame = withUnsafeBytes(of: text) { ConstantTime.areEqual($0, ticket) }
        return isSame ? hash : nil
    }

    /// Keeps a ticket that was found good.
    mutating func note(_ ticket: UnsafeRawBufferPointer, realm: Int, hash: SessionHash) {
        guard ticket.count == text.count else { return }
        withUnsafeMutableBytes(of: &text) { $0.copyMemory(from: ticket) }
        self.hash = hash
        self.realm = realm
    }
}
