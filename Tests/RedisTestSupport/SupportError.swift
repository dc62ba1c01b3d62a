import Glibc

/// What a test needs and could not have.
public struct SupportError: Error, CustomStringConvertible {
    let message: String
    /// The message.
    public var description: String { message }
}

/// Makes a directory that nobody else uses.
func makeDirectory(_ name: String) throws -> String {
    var template = [CChar]("/tmp/\(name)-XXXXXX".utf8CString)
    guard let path = mkdtemp(&template) else { throw SupportError(message: "no directory in /tmp") }
    return String(cString: path)
}
