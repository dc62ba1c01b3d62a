internal import CHiredis

/// Takes in what hiredis' reader finds, within limits. Its storage is used again for each reply, so a plain value
/// costs no allocation.
final class ReplyBuilder {
    /// Most bytes of one value.
    static let valueLimit = 64 << 10
    /// Most bytes of all values of one reply.
    static let totalLimit = 1 << 20
    /// Most elements of a reply, nested ones counted.
    static let elementLimit = 10_000

    private enum Node {
        case null
        case integer(Int64)
        case text(Kind, offset: Int, count: Int)
        case array(count: Int)
    }
    private enum Kind { case bulk, status, error }

    /// Whether a reply was refused because it is over a limit.
    private(set) var isOverLimit = false
    private var nodes: ContiguousArray<Node> = []
    private var storage = UnsafeMutableRawBufferPointer.allocate(byteCount: 4 << 10, alignment: 8)
    private var used = 0

    deinit { storage.deallocate() }

    /// The functions that hiredis calls; the reader's private data must be a builder.
    static func makeFunctions() -> redisReplyObjectFunctions {
        redisReplyObjectFunctions(
            createString: { task, text, count in
                ReplyBuilder.add(task) { $0.addText(task, text, count) }
            },
            createArray: { task, count in ReplyBuilder.add(task) { $0.addArray(count: Int(count)) } },
            createInteger: { task, value in ReplyBuilder.add(task) { $0.add(.integer(Int64(value))) } },
            createNil: { task in ReplyBuilder.add(task) { $0.add(.null) } },
            // A reply's parts belong to the builder.
            freeObject: { _ in })
    }

    /// What was built, which starts the next reply. Its bytes stay until that one's first part.
    func finish() -> RedisReply {
        var index = 0
        let reply = make(&index)
        nodes.removeAll(keepingCapacity: true)
        used = 0
        return reply
    }

    /// Runs one step; what is returned only has to be no null pointer as long as all is well.
    private static func add(
        _ task: UnsafePointer<redisReadTask>?, _ step: (ReplyBuilder) -> Bool
    ) -> UnsafeMutableRawPointer? {
        guard let context = task?.pointee.privdata else { return nil }
        let builder = Unmanaged<ReplyBuilder>.fromOpaque(context)
        return builder._withUnsafeGuaranteedRef(step) ? context : nil
    }

    private func add(_ node: Node) -> Bool {
        guard nodes.count <= Self.elementLimit else { return refuse() }
        nodes.append(node)
        return true
    }

    private func addArray(count: Int) -> Bool {
        guard count <= Self.elementLimit else { return refuse() }
        return add(.array(count: max(count, 0)))
    }

    private func addText(
        _ task: UnsafePointer<redisReadTask>?, _ text: UnsafeMutablePointer<CChar>?, _ count: Int
    ) -> Bool {
        guard count <= Self.valueLimit, used + count <= Self.totalLimit else { return refuse() }
        if used + count > storage.count { grow(to: used + count) }
        let offset = used
        if let text, count > 0, let base = storage.baseAddress {
            (base + offset).copyMemory(from: text, byteCount: count)
        }
        used += count
        switch task?.pointee.type {
        case REDIS_REPLY_STATUS: return add(.text(.status, offset: offset, count: count))
        case REDIS_REPLY_ERROR: return add(.text(.error, offset: offset, count: count))
        default: return add(.text(.bulk, offset: offset, count: count))
        }
    }

    private func refuse() -> Bool {
        isOverLimit = true
        return false
    }

    private func grow(to count: Int) {
        let larger = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(count, storage.count * 2), alignment: 8)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage[..<used]))
        storage.deallocate()
        storage = larger
    }

    private func make(_ index: inout Int) -> RedisReply {
        guard index < nodes.count else { return .null }
        let node = nodes[index]
        index += 1
        switch node {
        case .null: return .null
        case .integer(let value): return .integer(value)
        case .array(let count): return .array((0..<count).map { _ in make(&index) })
        case .text(let kind, let offset, let count):
            let bytes = UnsafeRawBufferPointer(rebasing: storage[offset..<offset + count])
            switch kind {
            case .bulk: return .bulk(bytes)
            case .status: return .status(bytes)
            case .error: return .error(bytes)
            }
        }
    }
}
