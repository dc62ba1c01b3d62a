import RandomTestSupport
import Testing

@testable import Access

private func checked(_ target: [UInt8]) -> [UInt8]? {
    ReturnTarget.checked(target.span, prefix: Array("/_auth".utf8).span)
}

@Suite("ReturnTarget")
struct ReturnTargetTests {
    @Test(arguments: [
        "/", "/a", "/a/b?c=d&e=%2F..%2f", "/a//b", "/#/public", "/?next=//evil", "/a.b/..c/...", "/%e2%82%ac",
        "/_authority", "/@evil", "/a:b", "/_AUTH/x", "/a%2Fb",
    ])
    func `takes a path of this host as it is`(target: String) {
        #expect(checked(Array(target.utf8)) == Array(target.utf8))
    }

    @Test(arguments: [
        "", "a", "//evil", "///evil", "/\\evil", "\\/evil", "\\\\evil", "https://evil", "https:evil",
        "http:/evil",
        "javascript:alert(1)", "data:text/html,x", " /a", "\t/a", "/\t/evil", "/\u{9}evil", "/a b", "/a\\b",
        "/\r\nSet-Cookie: a=b", "/\u{0}//evil", "/a\u{7f}", "/é", "/..//evil", "/../evil", "/./evil",
        "/.//evil",
        "/a/../../evil", "/a/..", "/%2e%2e/evil", "/.%2E//evil", "/%2e//evil", "/%2f/evil", "/%2Fevil",
        "/%5cevil", "/%5Cevil", "/%09/evil", "/%0d%0aX:y", "/%00", "/%7f", "/..;/evil", "/%", "/%2", "/%zz",
        "/_auth", "/_auth/login", "/_auth?x", "/_auth#x", "/%5fauth/login", "/_auth%2flogin",
        "/_%61uth/logout",
        "〱/evil", "?/evil", "#/evil", ".evil", "@evil",
    ])
    func `refuses whatever could leave it`(target: String) {
        #expect(checked(Array(target.utf8)) == nil)
    }

    @Test func `has a limit of two kilobytes`() {
        let longest = [UInt8](repeating: UInt8(ascii: "a"), count: 2047)

        #expect(checked([0x2f] + longest) != nil)
        #expect(checked([0x2f] + longest + [0x61]) == nil)
    }

    @Test(arguments: 0..<20)
    func `whatever passes random bytes is a plain path`(seed: Int) {
        var random = SeededRandom(seed)
        for _ in 0..<1000 {
            let target = [0x2f] + random.bytes(upTo: 12, from: Array("/\\.%2eE5cf_auth?#;:@\t ".utf8))
            guard let found = checked(target) else { continue }

            #expect(found == target)
            #expect(found.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x5c })
            #expect(found.count < 2 || found[1] != 0x2f)
        }
    }
}
