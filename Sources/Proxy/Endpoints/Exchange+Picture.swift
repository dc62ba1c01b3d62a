import GatewayConfig
import HTTP1
import HTTPCore
import Pages

/// The pictures of a realm's pages.
extension Exchange {
    /// `GET logo`, `GET icon`. The address names the content, so browsers may keep it.
    func showPicture(_ picture: RealmLook.Picture?) {
        guard let version = queryValue("v") else { return }
        guard let picture else {
            refuse(404, .notFound, "There is nothing at this address.")
            return
        }
        var reply = Reply(status: 200)
        reply.setBody(picture.bytes, picture.type)
        reply.isKept = version == picture.version
        // An SVG is a document: opened by itself it may draw, and nothing else.
        reply.add("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
        reply.add("Cross-Origin-Resource-Policy", "same-origin")
        respond(reply)
    }

    /// The language that the pages of `look` speak to this client.
    func pageLanguage(_ look: RealmLook) -> PageLanguage {
        guard headLength > 0, look.page.languages.count > 1 else {
            return look.page.languages.first ?? .english
        }
        return LanguageChoice.pick(look.page.languages, for: field(.acceptLanguage).map { Array($0) } ?? [])
    }

    /// The look of the realm that the request is about.
    var look: RealmLook { (endpoint?.realm ?? realm)?.look ?? .builtIn }
}
