public import GatewayConfig

/// Lengths of time in words.
public enum DurationText {
    private static let lengths = [86_400, 3_600, 60, 1]

    /// `30 days`, `12 hours`, `90 minutes`: in the largest unit that it is a whole number of.
    public static func words(seconds: Int, _ language: PageLanguage = .english) -> String {
        let unit = lengths.firstIndex { seconds >= $0 && seconds % $0 == 0 } ?? 3
        let number = seconds / lengths[unit]
        let names = units(language)[unit]
        return "\(number) \(number == 1 ? names.one : names.many)"
    }

    /// `just now`, `5 minutes ago`, `3 days ago`: the largest unit decides, and what is left is dropped.
    static func ago(seconds: Int, _ language: PageLanguage = .english) -> String {
        guard seconds >= 60, let unit = lengths.firstIndex(where: { seconds >= $0 }) else {
            return justNow(language)
        }
        let number = seconds / lengths[unit]
        let names = units(language)[unit]
        let length = "\(number) \(number == 1 ? names.one : names.manyAgo)"
        return switch language {
        case .english: "\(length) ago"
        case .german: "vor \(length)"
        case .french: "il y a \(length)"
        case .spanish: "hace \(length)"
        }
    }

    private static func justNow(_ language: PageLanguage) -> String {
        switch language {
        case .english: "just now"
        case .german: "gerade eben"
        case .french: "à l’instant"
        case .spanish: "ahora mismo"
        }
    }

    private struct Unit {
        let one: String
        let many: String
        /// The dative of German.
        let manyAgo: String

        init(_ one: String, _ many: String, _ manyAgo: String? = nil) {
            self.one = one
            self.many = many
            self.manyAgo = manyAgo ?? many
        }
    }

    /// Days, hours, minutes, seconds. The feminine German ones and the rest have one form for both cases in the
    /// singular as they are used here.
    private static func units(_ language: PageLanguage) -> [Unit] {
        switch language {
        case .english:
            [
                Unit("day", "days"), Unit("hour", "hours"), Unit("minute", "minutes"),
                Unit("second", "seconds"),
            ]
        case .german:
            [
                Unit("Tag", "Tage", "Tagen"), Unit("Stunde", "Stunden"), Unit("Minute", "Minuten"),
                Unit("Sekunde", "Sekunden"),
            ]
        case .french:
            [
                Unit("jour", "jours"), Unit("heure", "heures"), Unit("minute", "minutes"),
                Unit("seconde", "secondes"),
            ]
        case .spanish:
            [
                Unit("día", "días"), Unit("hora", "horas"), Unit("minuto", "minutos"),
                Unit("segundo", "segundos"),
            ]
        }
    }
}
