extension Phrase {
    var german: String {
        switch self {
        // Signing in and out.
        case .signInTo: "Bei {0} anmelden"
        case .signIn: "Anmelden"
        case .userName: "Benutzername"
        case .password: "Passwort"
        case .keepSignedIn: "{0} angemeldet bleiben"
        case .noAccountYet: "Noch kein Konto?"
        case .createOne: "Konto erstellen"
        case .reloginNotice:
            "Sie sind angemeldet. Um hier fortzufahren, geben Sie Ihr Passwort noch einmal ein."
        case .signOutOf: "Von {0} abmelden"
        case .signOut: "Abmelden"
        case .signedInAs: "Sie sind als {0} angemeldet."
        case .alsoElsewhere: "Auch auf allen meinen anderen Geräten"
        case .staySignedIn: "Angemeldet bleiben"
        // Registration.
        case .createAccountFor: "Konto für {0} erstellen"
        case .createAccount: "Konto erstellen"
        case .alreadyHaveAccount: "Schon ein Konto?"
        case .nameHint: "Buchstaben und Ziffern ohne Umlaute und Akzente, dazu . _ @ + -"
        case .passwordHint:
            "Mindestens {0} beliebige Zeichen. Einige Wörter hintereinander lassen sich gut merken."
        // Account.
        case .accountAt: "Ihr Konto bei {0}"
        case .roles: "Ihre Rollen: {0}."
        case .whereSignedIn: "Wo Sie angemeldet sind"
        case .thisSession: "Diese Sitzung"
        case .signedInAt: "Angemeldet {0}."
        case .signedInAtFrom: "Angemeldet {0} von {1}."
        case .agentFrom: "{0} von {1}"
        case .lastUsed: "Zuletzt benutzt {0}."
        case .staysSignedIn: "Bleibt angemeldet."
        case .signOutElsewhere: "Überall sonst abmelden"
        case .agentOn: "{0} auf {1}"
        case .unknownProgram: "Unbekanntes Programm"
        case .changeYourPassword: "Passwort ändern"
        case .currentPassword: "Bisheriges Passwort"
        case .newPassword: "Neues Passwort"
        case .changePassword: "Passwort ändern"
        case .newPasswordHint: "Mindestens {0} beliebige Zeichen. Sie werden überall sonst abgemeldet."
        case .backTo: "Zurück zu {0}"
        case .passwordNotice: "Ihr Passwort ist geändert. Sie sind überall sonst abgemeldet."
        case .sessionNotice: "Diese Sitzung ist abgemeldet."
        case .othersNotice: "Sie sind überall sonst abgemeldet."
        // Errors.
        case .errorTitle: "Fehler: {0}"
        case .errorStatus: "Fehler {0}"
        case .problemHeading: "Es gibt ein Problem"
        case .stillSignedIn: "Sie sind weiterhin angemeldet; nichts ist verloren."
        case .tryAgain: "Noch einmal versuchen"
        case .reference: "Referenz: {0}"
        case .waitSeconds: "In {0} Sekunden können Sie es noch einmal versuchen."
        case .waitMinutes: "In {0} Minuten können Sie es noch einmal versuchen."
        // What is wrong with a field.
        case .bothNeeded: "Benutzername und Passwort werden beide gebraucht."
        case .invalidName: "Ein Benutzername hat 1 bis 254 Buchstaben, Ziffern oder Zeichen aus . _ @ + -"
        case .nameTaken: "Dieser Benutzername ist vergeben."
        case .currentWrong: "Das bisherige Passwort ist nicht richtig."
        case .tooShort: "Ein Passwort braucht mindestens {0} Zeichen."
        case .tooLong: "Ein Passwort hat höchstens {0} Zeichen."
        case .tooLongForBcrypt: "Dieses Passwort ist zu lang: höchstens 72 Bytes sind möglich."
        case .passwordNotText: "Das Passwort ist kein gültiger Text."
        case .sameAsName: "Das Passwort darf nicht der Benutzername sein."
        case .commonPassword: "Dieses Passwort gehört zu denen, die zuerst geraten werden."
        case .passwordHasNUL: "Ein Passwort darf kein NUL-Zeichen enthalten."
        // What happened, more exactly than the code of a problem says it.
        case .nobodyMay: "Diese Adresse darf niemand benutzen."
        case .accountMayNot: "Ihr Konto darf diese Adresse nicht benutzen."
        case .noNewAccounts: "Hier werden keine neuen Konten erstellt."
        case .notOurPage: "Die Anfrage kommt nicht von einer Seite dieser Website."
        case .loginsWaiting: "Es warten zu viele Anmeldungen."
        case .accountsUnread: "Die Konten können nicht gelesen werden."
        case .accountUnsaved: "Das Konto konnte nicht gespeichert werden."
        case .sessionsUnchecked: "Sitzungen können im Moment nicht geprüft werden."
        case .sessionsFull: "Dieses Konto hat so viele Sitzungen, wie es haben darf."
        case .noSuchSession: "Sie haben keine solche Sitzung."
        case .halfChanged:
            "Das Passwort wurde geändert, aber Ihre anderen Sitzungen konnten nicht beendet werden. "
                + "Beenden Sie sie auf der Kontoseite."
        case .requestLate: "Die Anfrage kam nicht rechtzeitig an."
        // A browser that drops the cookie.
        case .notSecure: "Diese Verbindung ist nicht sicher"
        case .notSecureText:
            "Die Seite kam über unverschlüsseltes http. Ihr Browser wird sich die Anmeldung nicht "
                + "merken, und andere im Netz können lesen, was Sie eingeben. Öffnen Sie die Website mit "
                + "https."
        case .cookieLost: "Ihr Browser hat sich die Anmeldung nicht gemerkt"
        case .cookieLostText:
            "Benutzername und Passwort waren richtig, aber Ihr Browser hat das Cookie nicht "
                + "zurückgeschickt, mit dem Sie bei {0} angemeldet bleiben."
        case .plainCause: "Die Ursache: Die Website wurde über unverschlüsseltes http geöffnet"
        case .plainCauseText:
            "Browser behalten ein solches Cookie nur über https. Die einzige Ausnahme ist der "
                + "Rechner selbst, unter dem Namen {0} oder der Adresse {1}."
        case .whatYouCanDo: "Was Sie tun können"
        case .openInstead:
            "Öffnen Sie stattdessen {0}. Wenn das nicht geht, sagen Sie denen Bescheid, die die "
                + "Website betreiben."
        case .ifYouRun: "Wenn Sie diese Website betreiben"
        case .runText:
            "Bieten Sie sie über https an. Wenn ein Proxy vor dem Gateway das schon tut, nennen Sie "
                + "seine Adresse mit {0}, damit sein {1} zählt. Für unverschlüsseltes http in einem Netz, "
                + "dem Sie vertrauen, setzen Sie {2} im Realm."
        case .cookiesOff: "Die wahrscheinliche Ursache: Cookies sind abgeschaltet"
        case .cookiesOffText:
            "Erlauben Sie Cookies für {0} in den Einstellungen Ihres Browsers, und prüfen Sie, ob "
                + "eine Erweiterung sie blockiert."
        }
    }
}
