/// The passwords that are guessed first: one well-known word, walks over the keyboard, counting, a year, and
/// short combinations of these, in any case of their letters and in the usual misspellings (`p@ssw0rd`).
///
/// Deciding by parts finds what lists leave out (`Password2031!`); `CommonPasswordList` has what no rule finds.
enum CommonPasswords {
    /// Longer passwords are not looked at; no list of common ones has any.
    static let maximumCount = 24
    /// A password of more parts than these is another's idea than the first guesses'.
    private static let maximumParts = 3

    /// Whether `password` is one of them.
    static func contains(_ password: [UInt8]) -> Bool {
        guard (1...maximumCount).contains(password.count) else { return false }
        let text = password.map(ASCII.lowerCased)
        // Up to two marks at the end are part of the habit.
        let body = text.dropLast(min(2, text.reversed().prefix { !ASCII.isAlphanumeric($0) }.count))
        return !body.isEmpty && isCovered(once(body), hasWord: false, parts: maximumParts)
    }

    /// What `text` repeats, or `text` itself.
    private static func once(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let period = (3..<max(3, text.count)).first { period in
            text.count % period == 0 && text.dropFirst(period).elementsEqual(text.dropLast(period))
        }
        return text.prefix(period ?? text.count)
    }

    /// Whether `rest` consists of at most `parts` parts, one of them a word.
    private static func isCovered(_ rest: ArraySlice<UInt8>, hasWord: Bool, parts: Int) -> Bool {
        if rest.isEmpty { return true }
        guard parts > 0 else { return false }
        // A short number ends more passwords than anything else.
        if hasWord, rest.count <= 4, rest.allSatisfy(isDigit) { return true }
        for count in partCounts(rest)
        where isCovered(rest.dropFirst(count), hasWord: hasWord, parts: parts - 1) { return true }
        guard !hasWord else { return false }
        for word in words
        where begins(rest, with: word)
            && isCovered(rest.dropFirst(word.count), hasWord: true, parts: parts - 1)
        { return true }
        return false
    }

    /// The lengths of the walks, runs and years that `rest` begins with, longest first.
    private static func partCounts(_ rest: ArraySlice<UInt8>) -> [Int] {
        var counts: Set<Int> = []
        for walk in walks {
            for start in walk.indices where walk[start] == rest.first {
                let count = zip(walk[start...], rest).prefix { $0 == $1 }.count
                if count >= 3 { counts.insert(count) }
            }
        }
        let run = rest.prefix { $0 == rest.first && ASCII.isAlphanumeric($0) }.count
        if run >= 3 { counts.insert(run) }
        let year = rest.prefix(4)
        if year.count == 4, year.allSatisfy(isDigit),
            year.starts(with: "19".utf8) || year.starts(with: "20".utf8)
        {
            counts.insert(4)
        }
        return counts.sorted(by: >)
    }

    private static func begins(_ rest: ArraySlice<UInt8>, with word: [UInt8]) -> Bool {
        rest.count >= word.count && zip(rest, word).allSatisfy(isSpelling)
    }

    /// Whether `byte` stands for `letter` in the usual misspellings.
    private static func isSpelling(_ byte: UInt8, of letter: UInt8) -> Bool {
        if byte == letter { return true }
        switch byte {
        case UInt8(ascii: "0"): return letter == UInt8(ascii: "o")
        case UInt8(ascii: "1"), UInt8(ascii: "!"):
            return letter == UInt8(ascii: "i") || letter == UInt8(ascii: "l")
        case UInt8(ascii: "3"): return letter == UInt8(ascii: "e")
        case UInt8(ascii: "4"), UInt8(ascii: "@"): return letter == UInt8(ascii: "a")
        case UInt8(ascii: "5"), UInt8(ascii: "$"): return letter == UInt8(ascii: "s")
        case UInt8(ascii: "7"): return letter == UInt8(ascii: "t")
        default: return false
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// Rows and zigzags of keyboards, the alphabet and counting; each is walked both ways.
    private static let walks: [[UInt8]] = {
        let forward = [
            "01234567890123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop[]", "qwertzuiop", "azertyuiop",
            "asdfghjkl;'", "qsdfghjklm", "zxcvbnm,./", "yxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
            "qazwsxedcrfvtgbyhnujmikolp", "1q2w3e4r5t6y7u8i9o0p", "q1w2e3r4t5y6u7i8o9p0", "zaq12wsxcde34rfv",
            "a1b2c3d4e5f6g7h8i9", "qweasdzxc", "147258369", "159357", "123123123", "112233445566778899",
            "1a2b3c4d5e6f", "!qaz@wsx#edc$rfv", "!@#$%^&*()",
        ].map { [UInt8]($0.utf8) }
        return forward + forward.map { $0.reversed() }
    }()

    private static let words: [[UInt8]] = wordList.split(whereSeparator: \.isWhitespace).map {
        [UInt8]($0.utf8)
    }

    private static let wordList = """
        password passwort passwd pass passphrase passcode motdepasse contrasena wachtwoord parola senha haslo
        admin administrator root user username login guest test testing tester default changeme change secret
        letmein letmeinnow openup opensesame welcome welcomehome hello hellothere access master trustno system
        server service manager support computer internet windows microsoft google facebook android samsung apple
        linux ubuntu debian oracle cisco database security private public temporary temp demo example sample
        gatehouse gateway company office business project
        qwerty qwertz azerty asdf zxcv iloveyou loveyou iloveu loveme lovely love lover loveyouforever beloved
        forever always whatever nothing something anything everything nobody
        sunshine princess princesa angel angels sweetheart sweety sweetie honey baby babygirl babyboy darling
        beautiful gorgeous pretty cutie sexy flower rainbow butterfly blossom cherry strawberry chocolate cookie
        cookies banana orange peanut pumpkin cheese coffee vanilla pepper ginger sugar candy
        monkey dragon tiger tigger eagle falcon panther cowboy wolf wolverine lion shark snake spider turtle
        dolphin elephant kitten kitty puppy doggie rabbit chicken buster bailey charlie ginger maggie molly
        shadow midnight phoenix thunder lightning storm winter summer spring autumn january february march april
        june july august september october november december monday tuesday wednesday thursday friday saturday
        sunday silver golden diamond crystal purple yellow orange black white green blue
        football baseball basketball softball soccer hockey tennis golf volleyball liverpool chelsea arsenal
        barcelona realmadrid juventus manchester lakers yankees cowboys steelers packers eagles
        superman batman spiderman ironman hulk wonderwoman starwars startrek skywalker matrix pokemon pikachu
        naruto minecraft fortnite callofduty warcraft playstation nintendo mario gandalf hogwarts harrypotter
        metallica nirvana slipknot blink beatles guitar music player gamer killer ninja samurai warrior soldier
        hunter ranger pirate wizard knight legend champion winner victory freedom peace jesus jesuschrist christ
        jesus heaven godisgood blessed believe faith church
        michael jennifer jessica jordan ashley michelle amanda daniel nicole andrew anthony matthew joshua thomas
        robert william richard charles george alexander benjamin jonathan christian christopher nicholas patrick
        samantha elizabeth victoria stephanie vanessa patricia barbara maria martin oliver david james john
        sophie sarah laura emily hannah lauren rachel rebecca melissa andrea daniela alejandro carlos fernando
        mercedes ferrari porsche mustang corvette camaro harley yamaha honda toyota chevrolet
        america american london paris berlin germany france england scotland ireland canada australia brazil
        mexico texas california chicago newyork boston dallas phoenix
        monster rockstar badboy badgirl biteme fuckyou fuckme fuckoff asshole bitch bullshit pussy
        money dollar million rich lucky happy smile family friend friends bestfriend mother father mommy daddy
        brother sister grandma
        """
}
