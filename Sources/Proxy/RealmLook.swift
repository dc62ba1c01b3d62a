import GatewayConfig
import Pages
import Secrets

/// How a realm's pages look, and what their headers say, made once.
struct RealmLook {
    let page: PageLook
    let headers: [(name: StaticString, value: String)]
    let logo: Picture?
    let icon: Picture?

    /// A picture with the address it has while its content stays as it is.
    struct Picture {
        let bytes: [UInt8]
        let type: StaticString
        /// `v` in its address.
        let version: [UInt8]

        init(_ picture: PagePicture) {
            bytes = picture.bytes
            type =
                switch picture.kind {
                case .svg: "image/svg+xml"
                case .png: "image/png"
                case .webp: "image/webp"
                }
            version = Array(Base64URL.encode(Array(SHA256.hash(picture.bytes).array.prefix(12))))
        }
    }

    static let builtIn = RealmLook(LoginPageSettings(), prefix: "")

    init(_ settings: LoginPageSettings, prefix: String) {
        logo = settings.logo.map { Picture($0) }
        icon = settings.icon.map { Picture($0) }
        var page = PageLook(settings)
        page.logo = logo.map { "\(prefix)/logo?v=\(String(decoding: $0.version, as: UTF8.self))" }
        page.icon = icon.map { "\(prefix)/icon?v=\(String(decoding: $0.version, as: UTF8.self))" }
        self.page = page
        headers = PageHeaders.make(page.styleSheet)
    }
}
