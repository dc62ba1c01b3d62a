/// Reads `host:port`, `:port`, `[::1]:port`, `unix:PATH`, `fd:NAME`.
enum EndpointText {
    /// Why a text is no endpoint: a hint, where there is one to give.
    struct Problem: Error, Equatable {
        var hint: String?
    }

    /// `directory` is where a relative socket path starts from.
    static func parse(_ text: [UInt8], directory: String) throws(Problem) -> Endpoint {
        if text.starts(with: Array("unix:".utf8)) { return try unix(text.dropFirst(5), directory) }
        if text.starts(with: Array("fd:".utf8)) {
            let name = text.dropFirst(3)
            guard !name.isEmpty, name.count <= 255, name.allSatisfy({ ASCII.isVisible($0) && $0 != 0x3a })
            else {
                throw Problem(hint: "write fd: and the socket's FileDescriptorName")
            }
            return .inherited(name: String(decoding: name, as: UTF8.self))
        }
        return try tcp(text)
    }

    private static func unix(_ path: ArraySlice<UInt8>, _ directory: String) throws(Problem) -> Endpoint {
        guard !path.isEmpty, !path.contains(0), path.count <= 4_096 else {
            throw Problem(hint: "write unix: and a path")
        }
        return .unix(path: FilePath.join(directory, String(decoding: path, as: UTF8.self)))
    }

    static func tcp(_ text: [UInt8], defaultPort: UInt16? = nil) throws(Problem) -> Endpoint {
        let (host, port) = try split(text, defaultPort)
        return .tcp(host: String(decoding: host, as: UTF8.self).lowercased(), port: port)
    }

    private static func split(_ text: [UInt8], _ defaultPort: UInt16?) throws(Problem)
        -> (ArraySlice<UInt8>, UInt16)
    {
        if let end = text.firstIndex(of: UInt8(ascii: "/")), end > 0, text[end - 1] == 0x3a {
            throw Problem(hint: "write host:port, without a scheme")
        }
        if text.first == UInt8(ascii: "[") {
            guard let end = text.firstIndex(of: UInt8(ascii: "]")), Address.version6(text[1..<end]) != nil
            else {
                throw Problem()
            }
            return (text[1..<end], try port(text[(end + 1)...], text[...end], defaultPort))
        }
        if Address.version6(text) != nil {
            throw Problem(
                hint: "put an IPv6 address in brackets: [\(String(decoding: text, as: UTF8.self))]:80")
        }
        let colon = text.firstIndex(of: UInt8(ascii: ":")) ?? text.endIndex
        let host = text[..<colon]
        if colon == text.endIndex, let number = Number.digits(text), number <= 65_535 {
            throw Problem(hint: "write :\(number) for a port")
        }
        guard host.isEmpty || Name.isHost(host), !isBrokenAddress(host) else { throw Problem() }
        return (host, try port(text[colon...], host, defaultPort))
    }

    /// Numbers and dots that are no address: nobody resolves them.
    private static func isBrokenAddress(_ host: ArraySlice<UInt8>) -> Bool {
        let last = host.split(separator: UInt8(ascii: ".")).last ?? []
        return !host.isEmpty && last.allSatisfy(ASCII.isDigit) && !last.isEmpty
            && Address.version4(host) == nil
    }

    private static func port(_ text: ArraySlice<UInt8>, _ host: ArraySlice<UInt8>, _ defaultPort: UInt16?)
        throws(Problem) -> UInt16
    {
        if text.isEmpty, let defaultPort { return defaultPort }
        guard text.first == UInt8(ascii: ":") else {
            throw Problem(
                hint: text.isEmpty ? "add a port: \(String(decoding: host, as: UTF8.self)):80" : nil)
        }
        guard let number = Number.digits(text.dropFirst()), (1...65_535).contains(number) else {
            throw Problem(hint: "a port is a number from 1 to 65535")
        }
        return UInt16(number)
    }
}
