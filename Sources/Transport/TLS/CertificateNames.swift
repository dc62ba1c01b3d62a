import COpenSSL
import Glibc

/// The names that a certificate is for (RFC 6125, 6.4).
enum CertificateNames {
    static func read(_ certificate: OpaquePointer) -> (names: [String], addresses: [[UInt8]]) {
        var names: [String] = []
        var addresses: [[UInt8]] = []
        guard let raw = X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil) else {
            ERR_clear_error()
            return (commonName(certificate).map { [$0] } ?? [], [])
        }
        let all = OpaquePointer(raw)
        defer {
            OPENSSL_sk_pop_free(all) { GENERAL_NAME_free($0?.assumingMemoryBound(to: GENERAL_NAME.self)) }
        }
        for index in 0..<OPENSSL_sk_num(all) {
            guard let item = OPENSSL_sk_value(all, index) else { continue }
            var kind: Int32 = 0
            let name = item.assumingMemoryBound(to: GENERAL_NAME.self)
            guard let value = GENERAL_NAME_get0_value(name, &kind) else { continue }
            let bytes = bytes(value.assumingMemoryBound(to: ASN1_STRING.self))
            if kind == GEN_DNS { names.append(text(bytes)) }
            if kind == GEN_IPADD { addresses.append(bytes) }
        }
        return (names, addresses)
    }

    private static func commonName(_ certificate: OpaquePointer) -> String? {
        let subject = X509_get_subject_name(certificate)
        let index = X509_NAME_get_index_by_NID(subject, NID_commonName, -1)
        guard index >= 0, let entry = X509_NAME_get_entry(subject, index),
            let value = X509_NAME_ENTRY_get_data(entry)
        else { return nil }
        return text(bytes(value))
    }

    private static func bytes(_ string: UnsafePointer<ASN1_STRING>) -> [UInt8] {
        guard let data = ASN1_STRING_get0_data(string) else { return [] }
        return Array(UnsafeBufferPointer(start: data, count: Int(ASN1_STRING_length(string))))
    }

    private static func text(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.map(lowered), as: UTF8.self)
    }

    static func lowered(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
