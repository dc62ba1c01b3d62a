extension ProblemCode {
    var frenchTitle: String {
        switch self {
        case .loginRequired: "Connexion requise"
        case .reauthRequired: "Reconnectez-vous pour continuer"
        case .badCredentials: "Échec de la connexion"
        case .throttled: "Trop de tentatives"
        case .forbiddenRole: "Non autorisé"
        case .csrfFailed: "Le formulaire n’est plus valable"
        case .originNotAllowed: "Origine non autorisée"
        case .registerClosed: "L’inscription est fermée"
        case .readOnly: "Les mots de passe ne se changent pas ici"
        case .nameTaken: "Ce nom d’utilisateur est pris"
        case .weakPassword: "Ce mot de passe n’est pas accepté"
        case .invalidField: "Quelque chose ne va pas dans le formulaire"
        case .notFound: "Introuvable"
        case .methodNotAllowed: "Méthode non autorisée"
        case .bodyTooLarge: "Requête trop grande"
        case .badRequest: "Requête incorrecte"
        case .unknownHost: "Hôte inconnu"
        case .upstreamUnavailable: "L’application n’est pas disponible"
        case .upstreamTimeout: "L’application a mis trop de temps"
        case .storeUnavailable: "La connexion n’est pas disponible pour le moment"
        case .overloaded: "Trop de demandes"
        case .sessionLimit: "Trop de sessions"
        case .internalError: "Quelque chose s’est mal passé ici"
        }
    }

    var frenchDetail: String {
        switch self {
        case .loginRequired: "Vous devez vous connecter pour utiliser ceci."
        case .reauthRequired: "Ceci demande une connexion récente."
        case .badCredentials: "Le nom d’utilisateur ou le mot de passe n’est pas le bon."
        case .throttled: "Il y a eu trop d’échecs. Attendez un moment avant de réessayer."
        case .forbiddenRole: "Vous êtes connecté, mais votre compte ne peut pas utiliser ceci."
        case .csrfFailed:
            "Le formulaire ne vient pas de ce site, ou il est resté ouvert trop longtemps. "
                + "Envoyez-le de nouveau."
        case .originNotAllowed: "Cette requête vient d’une page d’un autre site."
        case .registerClosed: "Aucun nouveau compte ne peut être créé ici."
        case .readOnly: "Les comptes de ce site sont tenus ailleurs."
        case .nameTaken: "Choisissez un autre nom d’utilisateur."
        case .weakPassword: "Choisissez un autre mot de passe."
        case .invalidField: "Vérifiez les champs indiqués ici."
        case .notFound: "Il n’y a rien à cette adresse."
        case .methodNotAllowed: "Cette adresse n’accepte pas ce genre de requête."
        case .bodyTooLarge: "La requête est plus grande que ce qui est accepté ici."
        case .badRequest: "Cette requête ne peut pas être traitée."
        case .unknownHost: "Aucun site de ce nom n’est servi ici."
        case .upstreamUnavailable:
            "L’application derrière cette adresse ne répond pas. Réessayez dans un instant."
        case .upstreamTimeout: "L’application derrière cette adresse n’a pas répondu à temps."
        case .storeUnavailable:
            "Les sessions ne peuvent pas être consultées pour le moment. Réessayez dans un instant."
        case .overloaded:
            "Il y a plus à faire que ce qui peut l’être à la fois. Réessayez dans un instant."
        case .sessionLimit: "Vous êtes connecté à trop d’endroits. Déconnectez-vous d’abord ailleurs."
        case .internalError: "La requête n’a pas pu être traitée à cause d’une erreur de notre côté."
        }
    }
}
