import Glibc
import Synchronization

/// Word from other threads: a value for whoever waits under a number. Any thread may post; only the loop reads.
public final class Mailbox: Sendable {
    struct Message: Sendable {
        let number: UInt64
        let value: any Sendable
    }

    private let messages = Mutex<[Message]>([])
    private let bell: Int32

    init(bell: Int32) { self.bell = bell }

    deinit { close(bell) }

    /// Leaves `value` for the receiver that the loop keeps under `number`; a receiver that is gone gets nothing.
    public func post(_ number: UInt64, _ value: any Sendable) {
        let isFirst = messages.withLock { queue in
            queue.append(Message(number: number, value: value))
            return queue.count == 1
        }
        guard isFirst else { return }
        var one: UInt64 = 1
        _ = retryingInterrupted { write(bell, &one, 8) }
    }

    func take() -> [Message] {
        var count: UInt64 = 0
        _ = retryingInterrupted { read(bell, &count, 8) }
        return messages.withLock { queue in
            let taken = queue
            queue = []
            return taken
        }
    }
}

/// The loop's end of the mailbox. Receivers never leave the loop's thread; only their numbers travel.
final class MailboxSource: EventSource {
    private let mailbox: Mailbox
    private var receivers: [UInt64: (any Sendable) -> Void] = [:]
    private var nextNumber: UInt64 = 0

    init(_ mailbox: Mailbox) { self.mailbox = mailbox }

    func expect(_ receiver: @escaping (any Sendable) -> Void) -> UInt64 {
        nextNumber += 1
        receivers[nextNumber] = receiver
        return nextNumber
    }

    override func onReady(_ readiness: Readiness) {
        for message in mailbox.take() {
            receivers.removeValue(forKey: message.number)?(message.value)
        }
    }
}
