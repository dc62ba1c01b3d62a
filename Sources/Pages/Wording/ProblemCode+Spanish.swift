extension ProblemCode {
    var spanishTitle: String {
        switch self {
        case .loginRequired: "Se requiere iniciar sesión"
        case .reauthRequired: "Inicie sesión de nuevo para continuar"
        case .badCredentials: "No se pudo iniciar sesión"
        case .throttled: "Demasiados intentos"
        case .forbiddenRole: "No permitido"
        case .csrfFailed: "El formulario ya no es válido"
        case .originNotAllowed: "Origen no permitido"
        case .registerClosed: "El registro está cerrado"
        case .readOnly: "Las contraseñas no se cambian aquí"
        case .nameTaken: "Este nombre de usuario está en uso"
        case .weakPassword: "Esta contraseña no se acepta"
        case .invalidField: "Algo en el formulario no es correcto"
        case .notFound: "No encontrado"
        case .methodNotAllowed: "Método no permitido"
        case .bodyTooLarge: "Petición demasiado grande"
        case .badRequest: "Petición incorrecta"
        case .unknownHost: "Host desconocido"
        case .upstreamUnavailable: "La aplicación no está disponible"
        case .upstreamTimeout: "La aplicación tardó demasiado"
        case .storeUnavailable: "El inicio de sesión no está disponible ahora"
        case .overloaded: "Demasiado ocupado"
        case .sessionLimit: "Demasiadas sesiones"
        case .internalError: "Algo ha fallado aquí"
        }
    }

    var spanishDetail: String {
        switch self {
        case .loginRequired: "Tiene que iniciar sesión para usar esto."
        case .reauthRequired: "Esto requiere un inicio de sesión reciente."
        case .badCredentials: "El nombre de usuario o la contraseña no son correctos."
        case .throttled: "Hubo demasiados intentos fallidos. Espere un rato antes de intentarlo de nuevo."
        case .forbiddenRole: "Ha iniciado sesión, pero su cuenta no puede usar esto."
        case .csrfFailed:
            "El formulario no se envió desde este sitio o estuvo abierto demasiado tiempo. Envíelo "
                + "de nuevo."
        case .originNotAllowed: "Esta petición vino de una página de otro sitio."
        case .registerClosed: "Aquí no se pueden crear cuentas nuevas."
        case .readOnly: "Las cuentas de este sitio se llevan en otro lugar."
        case .nameTaken: "Elija otro nombre de usuario."
        case .weakPassword: "Elija otra contraseña."
        case .invalidField: "Revise los campos indicados aquí."
        case .notFound: "No hay nada en esta dirección."
        case .methodNotAllowed: "Esta dirección no acepta peticiones de este tipo."
        case .bodyTooLarge: "La petición es mayor de lo que se acepta aquí."
        case .badRequest: "Esta petición no se puede atender."
        case .unknownHost: "Aquí no hay ningún sitio con ese nombre."
        case .upstreamUnavailable:
            "La aplicación detrás de esta dirección no responde. Inténtelo de nuevo en un momento."
        case .upstreamTimeout: "La aplicación detrás de esta dirección no respondió a tiempo."
        case .storeUnavailable:
            "Las sesiones no se pueden consultar en este momento. Inténtelo de nuevo en un momento."
        case .overloaded:
            "Hay más que hacer de lo que se puede a la vez. Inténtelo de nuevo en un momento."
        case .sessionLimit: "Tiene la sesión iniciada en demasiados sitios. Ciérrela primero en otro."
        case .internalError: "La petición no se pudo atender por un error de nuestra parte."
        }
    }
}
