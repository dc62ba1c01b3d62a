import HTTP1
import HTTPCore
import Sessions

/// `Authorization: Bearer` (RFC 6750, 2.1) as far as the token is one of ours.
enum BearerToken {
    private static let scheme = Array("bearer".utf8)

    /// The ticket in the value of an Authorization field; nil if there is none, or a token of another shape, which
    /// is the application's to read.
    static func ticket(in value: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard value.count > scheme.count + Ticket.count, value[scheme.count] == 0x20 else { return nil }
        for index in scheme.indices where value[index] | 0x20 != scheme[index] { return nil }
        var start = scheme.count
        while start < value.count, value[start] == 0x20 { start += 1 }
        let token = UnsafeRawBufferPointer(rebasing: value[start...])
        return Ticket.hasForm(token) ? token : nil
    }
}

extension Exchange {
    /// The ticket that comes as a bearer token; nil if none of our shape does. Two of them are nobody's.
    func findBearer(_ realm: Realm) -> FoundTicket? {
        var found: FoundTicket?
        for line in head.fields where line.id == .authorization {
            guard let ticket = BearerToken.ticket(in: bytes(line.value)) else { continue }
            usesBearer = true
            guard found == nil else { return .invalid }
            found = verified(bearer: ticket, realm)
        }
        return found
    }

    /// Whether a ticket comes as a bearer token, good or not.
    func carriesBearer(_ realm: Realm) -> Bool {
        realm.takesBearer
            && head.fields.contains {
                $0.id == .authorization && BearerToken.ticket(in: bytes($0.value)) != nil
            }
    }
}
