/// Decides which repeats of a message are written: the first `burst` in a window, and then one line that counts
/// the rest.
struct RepeatFold {
    /// Milliseconds that repeats are counted for.
    static let window: Int64 = 10_000
    /// Lines of one message written in a window.
    static let burst = 10
    /// Messages counted at the same time; more are written unfolded.
    private static let limit = 256

    /// A message whose repeats were held back.
    struct Summary: Equatable {
        var key: String
        var count: Int
    }

    private struct Entry {
        var start: Int64
        var count: Int
    }

    private var entries: [String: Entry] = [:]
    private var nextExpiry = Int64.max

    /// Whether the line of message `key` at `now` is to be written.
    mutating func admit(_ key: String, now: Int64) -> Bool {
        guard var entry = entries[key] else {
            guard entries.count < Self.limit else { return true }
            entries[key] = Entry(start: now, count: 1)
            nextExpiry = min(nextExpiry, now + Self.window)
            return true
        }
        entry.count += 1
        entries[key] = entry
        return entry.count <= Self.burst
    }

    /// Ends the windows that are over at `now`, or all, and gives what they held back.
    mutating func expire(now: Int64, all: Bool = false) -> [Summary] {
        guard all || now >= nextExpiry else { return [] }
        var summaries: [Summary] = []
        nextExpiry = .max
        for (key, entry) in entries {
            if !all, now < entry.start + Self.window {
                nextExpiry = min(nextExpiry, entry.start + Self.window)
                continue
            }
            entries[key] = nil
            if entry.count > Self.burst {
                summaries.append(Summary(key: key, count: entry.count - Self.burst))
            }
        }
        return summaries.sorted { $0.key < $1.key }
    }
}
