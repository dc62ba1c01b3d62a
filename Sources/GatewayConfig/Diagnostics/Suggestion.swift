/// Finds the word that was probably meant.
enum Suggestion {
    /// The nearest of `candidates`, if at most a third of the letters of `word` are off; the first of equals.
    static func nearest(to word: String, in candidates: [String]) -> String? {
        let letters = Array(word.lowercased().utf8)
        guard letters.count >= 2, letters.count <= 64 else { return nil }
        let allowed = max(1, letters.count / 3)
        var best: (distance: Int, candidate: String)?
        for candidate in candidates {
            let other = Array(candidate.lowercased().utf8)
            guard other.count <= letters.count + allowed, letters.count <= other.count + allowed else {
                continue
            }
            let distance = distance(letters, other)
            // A word of two letters is one edit away from too much.
            guard distance <= allowed, distance < letters.count - 1 || distance == 0 else { continue }
            if let known = best, known.distance <= distance { continue }
            best = (distance, candidate)
        }
        return best?.candidate
    }

    /// Insertions, deletions and replacements; a swap of neighbours counts one.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var older: [Int] = []
        var last = Array(0...right.count)
        for row in 0..<left.count {
            var next = [row + 1]
            for column in 0..<right.count {
                let isSame = left[row] == right[column]
                var cost = min(last[column + 1] + 1, next[column] + 1, last[column] + (isSame ? 0 : 1))
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    cost = min(cost, older[column - 1] + 1)
                }
                next.append(cost)
            }
            older = last
            last = next
        }
        return last[right.count]
    }
}
