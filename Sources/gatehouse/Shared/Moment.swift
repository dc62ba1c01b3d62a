import Pages

/// Points in time and lengths of time as tables and JSON show them.
enum Moment {
    /// `2026-11-25T12:00:00Z`.
    static func text(_ milliseconds: Int64) -> String {
        Timestamp.rfc3339(seconds: Int(clamping: milliseconds / 1_000))
    }

    /// `5m`, `3h`, `12d`: the largest unit of which there is a whole one.
    static func age(_ milliseconds: Int64) -> String {
        let seconds = max(0, milliseconds / 1_000)
        if seconds < 60 { return "\(seconds)s" }
        if seconds < 3_600 { return "\(seconds / 60)m" }
        if seconds < 86_400 { return "\(seconds / 3_600)h" }
        return "\(seconds / 86_400)d"
    }
}
