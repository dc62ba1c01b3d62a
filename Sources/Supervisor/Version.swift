import CBuild

/// What this build is.
public enum Version {
    /// The version number.
    public static let text = "0.1.0"
    /// The compiler's version.
    public static let swift: String = {
        #if compiler(>=6.4)
            "6.4"
        #else
            "6.3"
        #endif
    }()
    /// The commit it was built from, where the build says so.
    public static let commit = String(cString: cbuild_commit())
}
