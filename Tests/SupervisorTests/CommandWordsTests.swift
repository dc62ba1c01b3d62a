import Testing

@testable import Supervisor

@Suite struct CommandWordsTests {
    @Test(arguments: [
        ("user", "user"), ("redis://db:6379/0", "redis://db:6379/0"),
        ("redis://gateway:secret@db/0", "redis://***@db/0"), ("redis://:a/b@c?d@db/0", "redis://***@db/0"),
        ("--redis=redis://:secret@db", "--redis=redis://***@db"),
        ("$2b$12$abcdefghijklmnopqrstuv", "***"), ("--hash=$argon2id$v=19$m=8", "--hash=***"),
        ("a@b.example", "a@b.example"), ("$5", "$5"), ("", ""),
    ])
    func `what may be secret is not shown`(word: String, shown: String) {
        #expect(CommandWords.withoutSecrets([word]) == [shown])
    }

    @Test func `long commands are cut`() {
        let shown = CommandWords.withoutSecrets(
            Array(repeating: String(repeating: "x", count: 500), count: 500))

        #expect(shown.count == 25)
        #expect(shown.last == "…")
        #expect(shown.allSatisfy { $0.utf8.count <= 203 })
    }

    @Test(arguments: ["", "a b", "100 % & more = x", "caf\u{e9}", "\u{0}\n\"", "word=x&word=y"])
    func `a part of a query comes out as it went in`(text: String) {
        let items = QueryItems("a=1&word=\(QueryItems.encode(text))&text.name=b")

        #expect(items["word"] == text)
        #expect(items[all: "word"] == [text])
        #expect(items.with(prefix: "text.").map(\.name) == ["name"])
    }

    @Test(arguments: ["%", "%4", "%zz", "&&&", "=", "a", "%ff%fe=%c3"])
    func `a broken query is no trap`(query: String) {
        _ = QueryItems(query)[query]
        #expect(QueryItems(query)["none"] == nil)
    }
}
