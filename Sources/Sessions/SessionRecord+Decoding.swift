extension SessionRecord {
    /// Reads a record as it was found in Redis; nil if it is longer than `maximumCount` or not of the form that
    /// `encoded()` writes. Unknown fields are passed over. For lists and commands; a request uses
    /// `SessionCheck.decodeIdentity`.
    public init?(decoding record: UnsafeRawBufferPointer) {
        guard record.count <= Self.maximumCount else { return nil }
        let bytes = record.bindMemory(to: UInt8.self).span
        var fields = RecordFields()
        guard fields.scan(bytes), !fields.hasUnusableUserID,
            let hash = SessionHash(text: fields.hash.bytes(in: record)),
            let name = JSONText.value(bytes, fields.view.name.range),
            let realm = JSONText.value(bytes, fields.realm.range),
            let address = JSONText.value(bytes, fields.address.range),
            let agent = JSONText.value(bytes, fields.agent.range)
        else { return nil }
        let view = fields.view
        var roles: [[UInt8]] = []
        view.forEachRole(in: record) { roles.append([UInt8]($0)) }
        self.init(
            hash: hash, userID: [UInt8](view.userID.bytes(in: record)), name: name, roles: roles,
            realm: realm,
            handle: [UInt8](view.handle.bytes(in: record)), created: view.created,
            absoluteEnd: view.absoluteEnd,
            idleSeconds: view.idleSeconds)
        isRemembered = view.isRemembered
        graceEnd = view.graceEnd
        previous = SessionHash(text: fields.previous.bytes(in: record))
        successor = SessionHash(text: fields.successor.bytes(in: record))
        self.address = address
        self.agent = agent
    }

    /// Reads a record as it was found in Redis; nil if it is not one.
    public init?(decoding record: [UInt8]) {
        let decoded = record.withUnsafeBytes { SessionRecord(decoding: $0) }
        guard let decoded else { return nil }
        self = decoded
    }
}
