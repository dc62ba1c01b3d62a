/// Everything that pages say besides the titles and details of problems. `{0}` and `{1}` in the wording stand for
/// what differs from page to page.
///
/// Each language is one exhaustive switch: a phrase without its words in some language does not compile.
enum Phrase: CaseIterable, Sendable {
    // Signing in and out.
    case signInTo
    case signIn
    case userName
    case password
    case keepSignedIn
    case noAccountYet
    case createOne
    case reloginNotice
    case signOutOf
    case signOut
    case signedInAs
    case alsoElsewhere
    case staySignedIn
    // Registration.
    case createAccountFor
    case createAccount
    case alreadyHaveAccount
    case nameHint
    case passwordHint
    // Account.
    case accountAt
    case roles
    case whereSignedIn
    case thisSession
    case signedInAt
    case signedInAtFrom
    case agentFrom
    case lastUsed
    case staysSignedIn
    case signOutElsewhere
    case agentOn
    case unknownProgram
    case changeYourPassword
    case currentPassword
    case newPassword
    case changePassword
    case newPasswordHint
    case backTo
    case passwordNotice
    case sessionNotice
    case othersNotice
    // Errors.
    case errorTitle
    case errorStatus
    case problemHeading
    case stillSignedIn
    case tryAgain
    case reference
    case waitSeconds
    case waitMinutes
    // What is wrong with a field.
    case bothNeeded
    case invalidName
    case nameTaken
    case currentWrong
    case tooShort
    case tooLong
    case tooLongForBcrypt
    case passwordNotText
    case sameAsName
    case commonPassword
    case passwordHasNUL
    // What happened, more exactly than the code of a problem says it.
    case nobodyMay
    case accountMayNot
    case noNewAccounts
    case notOurPage
    case loginsWaiting
    case accountsUnread
    case accountUnsaved
    case sessionsUnchecked
    case sessionsFull
    case noSuchSession
    case halfChanged
    case requestLate
    // A browser that drops the cookie.
    case notSecure
    case notSecureText
    case cookieLost
    case cookieLostText
    case plainCause
    case plainCauseText
    case whatYouCanDo
    case openInstead
    case ifYouRun
    case runText
    case cookiesOff
    case cookiesOffText
}
