extension SessionRecord {
    /// The record as one line of JSON without a line end, at most `maximumCount` bytes: a long user agent is cut,
    /// roles beyond their room are left out. What a rotation adds to it later fits as well.
    ///
    /// - Throws: `SessionRecordFailure` for content that could not be read back.
    public func encoded() throws(SessionRecordFailure) -> [UInt8] {
        guard Self.isUserID(userID.span) else { throw .badUserID }
        guard Self.isText(name, 1...Self.nameLimit), Self.isPlain(realm, 1...Self.fieldLimit),
            Self.isHandle(handle.span), Self.isPlain(address, 0...Self.fieldLimit),
            [created, absoluteEnd, idleSeconds, graceEnd ?? 0].allSatisfy({ 0...JSONScanner.largest ~= $0 })
        else { throw .badField }
        var line: [UInt8] = []
        line.reserveCapacity(512)
        line += "{\"v\":\(Self.version),\"k\":".utf8
        JSONText.append(hash.array, to: &line)
        Self.append("u", userID, to: &line)
        Self.append("n", name, to: &line)
        line += ",\"r\":".utf8
        Self.appendRoles(roles, to: &line)
        Self.append("rl", realm, to: &line)
        line += ",\"c\":\(created),\"a\":\(absoluteEnd),\"i\":\(idleSeconds),\"m\":\(isRemembered)".utf8
        if let graceEnd { line += ",\"g\":\(graceEnd)".utf8 }
        if let previous { Self.append("p", previous.array, to: &line) }
        if let successor { Self.append("nx", successor.array, to: &line) }
        Self.append("h", handle, to: &line)
        Self.append("ip", address, to: &line)
        Self.append("ua", Self.printable(agent, limit: Self.agentLimit), to: &line)
        line.append(UInt8(ascii: "}"))
        // The limits above add up to less; this guards the sum against the next change of one.
        guard line.count <= Self.maximumCount - Self.rotationRoom else { throw .badField }
        return line
    }

    private static func append(_ key: StaticString, _ value: [UInt8], to line: inout [UInt8]) {
        line += ",\"\(key)\":".utf8
        JSONText.append(value, to: &line)
    }

    /// Appends `roles` as a JSON array. What cannot be a role, and what is beyond their room, is left out.
    static func appendRoles(_ roles: [[UInt8]], to line: inout [UInt8]) {
        line.append(UInt8(ascii: "["))
        let start = line.count
        for role in roles where isRole(role.span) {
            let before = line.count
            if before > start { line.append(UInt8(ascii: ",")) }
            JSONText.append(role, to: &line)
            guard line.count - start > roleLimit else { continue }
            line.removeLast(line.count - before)
            break
        }
        line.append(UInt8(ascii: "]"))
    }

    /// Whether `bytes` are UTF-8 of allowed length without control bytes.
    private static func isText(_ bytes: [UInt8], _ counts: ClosedRange<Int>) -> Bool {
        counts ~= bytes.count && !bytes.contains { $0 < 0x20 || $0 == 0x7f }
            && String(validating: bytes, as: UTF8.self) != nil
    }

    /// Whether `bytes` are text that JSON needs no escape for.
    private static func isPlain(_ bytes: [UInt8], _ counts: ClosedRange<Int>) -> Bool {
        isText(bytes, counts) && !bytes.contains(UInt8(ascii: "\"")) && !bytes.contains(UInt8(ascii: "\\"))
    }

    /// The start of `bytes`, with `?` for what is no printable text: a peer chose them.
    static func printable(_ bytes: [UInt8], limit: Int) -> [UInt8] {
        var head = [UInt8](bytes.prefix(limit))
        // A character cut in two goes as a whole.
        if head.count < bytes.count, bytes[head.count] & 0xc0 == 0x80 {
            while let last = head.popLast(), last & 0xc0 == 0x80 {}
        }
        let isUTF8 = String(validating: head, as: UTF8.self) != nil
        return head.map { $0 < 0x20 || $0 == 0x7f || ($0 >= 0x80 && !isUTF8) ? UInt8(ascii: "?") : $0 }
    }
}
