/// What goes on between this program and the one after it, or before it.
struct UpgradeState {
    /// Asked for, and to begin when nothing else is under way.
    var wanted: (path: String, waiter: ReloadQueue.Waiter)?
    /// The new program while it is tried.
    var trial: BinaryTrial?
    /// The version that the trial has found.
    var version = ""
    /// What the program before this one has handed over, until this one's workers serve: the way back.
    var previous: Handover?
    /// See `Handover.orphans`; of the map of the program before this one.
    var orphans: [Int] = []
    /// How the latest attempt ended.
    var last: (status: Int32, message: String, at: Int64)?
}

/// How to ask for an upgrade at the admin socket.
public enum UpgradeRequest {
    /// What to POST to, for the program at the absolute path `path`.
    public static func target(_ path: String) -> String { "/upgrade?binary=\(QueryItems.encode(path))" }
}
