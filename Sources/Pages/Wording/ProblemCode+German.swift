extension ProblemCode {
    var germanTitle: String {
        switch self {
        case .loginRequired: "Anmeldung nötig"
        case .reauthRequired: "Melden Sie sich noch einmal an"
        case .badCredentials: "Anmeldung fehlgeschlagen"
        case .throttled: "Zu viele Versuche"
        case .forbiddenRole: "Nicht erlaubt"
        case .csrfFailed: "Das Formular gilt nicht mehr"
        case .originNotAllowed: "Herkunft nicht erlaubt"
        case .registerClosed: "Die Registrierung ist geschlossen"
        case .readOnly: "Passwörter werden hier nicht geändert"
        case .nameTaken: "Dieser Benutzername ist vergeben"
        case .weakPassword: "Dieses Passwort wird nicht angenommen"
        case .invalidField: "Im Formular stimmt etwas nicht"
        case .notFound: "Nicht gefunden"
        case .methodNotAllowed: "Methode nicht erlaubt"
        case .bodyTooLarge: "Anfrage zu groß"
        case .badRequest: "Fehlerhafte Anfrage"
        case .unknownHost: "Unbekannter Host"
        case .upstreamUnavailable: "Die Anwendung ist nicht erreichbar"
        case .upstreamTimeout: "Die Anwendung hat zu lange gebraucht"
        case .storeUnavailable: "Die Anmeldung ist gerade nicht möglich"
        case .overloaded: "Zu viel zu tun"
        case .sessionLimit: "Zu viele Sitzungen"
        case .internalError: "Hier ist etwas schiefgegangen"
        }
    }

    var germanDetail: String {
        switch self {
        case .loginRequired: "Sie müssen sich anmelden, um das zu benutzen."
        case .reauthRequired: "Dafür ist eine frische Anmeldung nötig."
        case .badCredentials: "Benutzername oder Passwort ist nicht richtig."
        case .throttled:
            "Es gab zu viele Fehlversuche. Warten Sie eine Weile, bevor Sie es noch einmal "
                + "versuchen."
        case .forbiddenRole: "Sie sind angemeldet, aber Ihr Konto darf das nicht benutzen."
        case .csrfFailed:
            "Das Formular kam nicht von dieser Website oder war zu lange offen. Senden Sie es noch "
                + "einmal."
        case .originNotAllowed: "Diese Anfrage kam von einer Seite einer anderen Website."
        case .registerClosed: "Neue Konten können hier nicht erstellt werden."
        case .readOnly: "Die Konten dieser Website werden anderswo geführt."
        case .nameTaken: "Wählen Sie einen anderen Benutzernamen."
        case .weakPassword: "Wählen Sie ein anderes Passwort."
        case .invalidField: "Prüfen Sie die genannten Felder."
        case .notFound: "Unter dieser Adresse gibt es nichts."
        case .methodNotAllowed: "Diese Adresse nimmt keine Anfragen dieser Art an."
        case .bodyTooLarge: "Die Anfrage ist größer, als hier angenommen wird."
        case .badRequest: "Mit dieser Anfrage lässt sich nichts anfangen."
        case .unknownHost: "Eine Website dieses Namens gibt es hier nicht."
        case .upstreamUnavailable:
            "Die Anwendung hinter dieser Adresse antwortet nicht. Versuchen Sie es gleich noch "
                + "einmal."
        case .upstreamTimeout: "Die Anwendung hinter dieser Adresse hat nicht rechtzeitig geantwortet."
        case .storeUnavailable:
            "Sitzungen können im Moment nicht nachgesehen werden. Versuchen Sie es gleich noch "
                + "einmal."
        case .overloaded: "Es ist mehr zu tun, als auf einmal geht. Versuchen Sie es gleich noch einmal."
        case .sessionLimit: "Sie sind an zu vielen Stellen angemeldet. Melden Sie sich zuerst woanders ab."
        case .internalError:
            "Die Anfrage konnte wegen eines Fehlers auf unserer Seite nicht beantwortet werden."
        }
    }
}
