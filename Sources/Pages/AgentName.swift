import GatewayConfig

/// What people call a client: the browser and the system that a User-Agent field hints at.
///
/// Only for people to tell their own sessions apart; anybody can send any User-Agent.
enum AgentName {
    /// The first that matches counts: browsers name their relatives too.
    private static let browsers: [(token: String, name: String)] = [
        ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser/", "Samsung Internet"), ("Vivaldi/", "Vivaldi"),
        ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"), ("CriOS/", "Chrome"), ("Chromium/", "Chromium"),
        ("Chrome/", "Chrome"), ("Safari/", "Safari"),
    ]
    private static let systems: [(token: String, name: String)] = [
        ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"),
        ("Macintosh", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux"),
    ]
    private static let longest = 40

    /// `Firefox on Linux`; for programs the name of the program, and where nothing is said, that.
    static func words(_ agent: String, _ words: Wording) -> String {
        let bytes = Array(agent.utf8)
        let system = systems.first { contains(bytes, $0.token) }?.name
        if let browser = browsers.first(where: { contains(bytes, $0.token) })?.name {
            return system.map { words.text(.agentOn, browser, $0) } ?? browser
        }
        let program = agent.unicodeScalars.prefix { $0 != "/" && $0 != " " && $0 != "(" }.prefix(longest)
        return program.isEmpty ? words.text(.unknownProgram) : String(String.UnicodeScalarView(program))
    }

    private static func contains(_ bytes: [UInt8], _ token: String) -> Bool {
        let token = Array(token.utf8)
        guard bytes.count >= token.count else { return false }
        return (0...(bytes.count - token.count)).contains { bytes[$0...].starts(with: token) }
    }
}
