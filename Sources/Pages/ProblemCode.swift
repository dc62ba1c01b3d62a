/// What went wrong, as a client's program reads it: the `code` of a problem. These words are a contract.
public enum ProblemCode: String, Sendable, CaseIterable {
    case loginRequired = "login_required"
    case reauthRequired = "reauth_required"
    case badCredentials = "bad_credentials"
    case throttled
    case forbiddenRole = "forbidden_role"
    case csrfFailed = "csrf_failed"
    case originNotAllowed = "origin_not_allowed"
    case registerClosed = "register_closed"
    case readOnly = "read_only"
    case nameTaken = "name_taken"
    case weakPassword = "weak_password"
    case invalidField = "invalid_field"
    case notFound = "not_found"
    case methodNotAllowed = "method_not_allowed"
    case bodyTooLarge = "body_too_large"
    case badRequest = "bad_request"
    case unknownHost = "unknown_host"
    case upstreamUnavailable = "upstream_unavailable"
    case upstreamTimeout = "upstream_timeout"
    case storeUnavailable = "store_unavailable"
    case overloaded
    case sessionLimit = "session_limit"
    case internalError = "internal_error"

    /// Status the code usually goes with.
    public var status: Int {
        switch self {
        case .badRequest, .unknownHost: 400
        case .loginRequired, .reauthRequired, .badCredentials: 401
        case .forbiddenRole, .csrfFailed, .originNotAllowed, .registerClosed, .readOnly: 403
        case .notFound: 404
        case .methodNotAllowed: 405
        case .nameTaken, .sessionLimit: 409
        case .bodyTooLarge: 413
        case .weakPassword, .invalidField: 422
        case .throttled: 429
        case .internalError: 500
        case .upstreamUnavailable: 502
        case .storeUnavailable, .overloaded: 503
        case .upstreamTimeout: 504
        }
    }

    /// Short summary, the same at every occurrence (RFC 9457 section 3.1.3).
    public var title: String {
        switch self {
        case .loginRequired: "Sign-in required"
        case .reauthRequired: "Sign in again to go on"
        case .badCredentials: "Sign-in failed"
        case .throttled: "Too many attempts"
        case .forbiddenRole: "Not allowed"
        case .csrfFailed: "The form is no longer valid"
        case .originNotAllowed: "Origin not allowed"
        case .registerClosed: "Registration is closed"
        case .readOnly: "Passwords are not changed here"
        case .nameTaken: "This user name is taken"
        case .weakPassword: "This password is not accepted"
        case .invalidField: "Something in the form is not right"
        case .notFound: "Not found"
        case .methodNotAllowed: "Method not allowed"
        case .bodyTooLarge: "Request too large"
        case .badRequest: "Bad request"
        case .unknownHost: "Unknown host"
        case .upstreamUnavailable: "The application is not available"
        case .upstreamTimeout: "The application took too long"
        case .storeUnavailable: "Sign-in is not available right now"
        case .overloaded: "Too busy"
        case .sessionLimit: "Too many sessions"
        case .internalError: "Something went wrong here"
        }
    }

    /// What to tell somebody where nothing more exact is known.
    public var detail: String {
        switch self {
        case .loginRequired: "You need to sign in to use this."
        case .reauthRequired: "This needs a fresh sign-in."
        case .badCredentials: "The user name or the password is not right."
        case .throttled: "There were too many failed attempts. Wait a while before you try again."
        case .forbiddenRole: "You are signed in, but your account may not use this."
        case .csrfFailed: "The form was not sent from this site, or it was open for too long. Send it again."
        case .originNotAllowed: "This request came from a page of another site."
        case .registerClosed: "New accounts cannot be created here."
        case .readOnly: "The accounts of this site are kept elsewhere."
        case .nameTaken: "Choose another user name."
        case .weakPassword: "Choose another password."
        case .invalidField: "Check the fields named here."
        case .notFound: "There is nothing at this address."
        case .methodNotAllowed: "This address does not take requests of this kind."
        case .bodyTooLarge: "The request is larger than what is accepted here."
        case .badRequest: "The request is not well-formed."
        case .unknownHost: "No site of that name is served here."
        case .upstreamUnavailable:
            "The application behind this address does not answer. Try again in a moment."
        case .upstreamTimeout: "The application behind this address did not answer in time."
        case .storeUnavailable: "Sessions cannot be looked up at the moment. Try again in a moment."
        case .overloaded: "There is more to do than can be done at once. Try again in a moment."
        case .sessionLimit: "You are signed in in too many places. Sign out somewhere else first."
        case .internalError: "The request could not be answered because of an error on our side."
        }
    }
}
