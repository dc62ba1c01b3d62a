/// The difference of two texts in the unified form of diff(1).
enum LineDiff {
    private static let context = 3

    private enum Edit {
        case same(ArraySlice<UInt8>), gone(ArraySlice<UInt8>), new(ArraySlice<UInt8>)

        var isSame: Bool { if case .same = self { true } else { false } }
    }

    /// Empty if they are the same.
    static func text(_ before: [UInt8], _ after: [UInt8], path: String) -> String {
        let edits = edits(lines(before), lines(after))
        guard edits.contains(where: { !$0.isSame }) else { return "" }
        var text = "--- \(path)\n+++ \(path)\n"
        var (old, new, index) = (1, 1, 0)
        while let first = edits[index...].firstIndex(where: { !$0.isSame }) {
            let start = max(index, first - context)
            old += start - index
            new += start - index
            let end = endOfHunk(edits, first)
            let hunk = edits[start..<end]
            let removed = hunk.count { if case .new = $0 { false } else { true } }
            let added = hunk.count { if case .gone = $0 { false } else { true } }
            text += "@@ -\(old),\(removed) +\(new),\(added) @@\n"
            for edit in hunk { text += line(edit) }
            old += removed
            new += added
            index = end
        }
        return text
    }

    /// The hunk goes on while changes are close to each other.
    private static func endOfHunk(_ edits: [Edit], _ first: Int) -> Int {
        var last = first
        for index in first..<edits.count where !edits[index].isSame {
            if index - last > 2 * context { break }
            last = index
        }
        return min(edits.count, last + context + 1)
    }

    private static func line(_ edit: Edit) -> String {
        switch edit {
        case .same(let line): " " + String(decoding: line, as: UTF8.self) + "\n"
        case .gone(let line): "-" + String(decoding: line, as: UTF8.self) + "\n"
        case .new(let line): "+" + String(decoding: line, as: UTF8.self) + "\n"
        }
    }

    private static func lines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        let parts = bytes.split(separator: 0x0a, omittingEmptySubsequences: false)
        return parts.last?.isEmpty == true ? parts.dropLast() : parts
    }

    private static func edits(_ old: [ArraySlice<UInt8>], _ new: [ArraySlice<UInt8>]) -> [Edit] {
        let difference = new.difference(from: old)
        var removed: Set<Int> = []
        var added: Set<Int> = []
        for change in difference {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): added.insert(offset)
            }
        }
        var edits: [Edit] = []
        var (left, right) = (0, 0)
        while left < old.count || right < new.count {
            if removed.contains(left) {
                edits.append(.gone(old[left]))
                left += 1
            } else if added.contains(right) {
                edits.append(.new(new[right]))
                right += 1
            } else {
                edits.append(.same(old[left]))
                left += 1
                right += 1
            }
        }
        return edits
    }
}
