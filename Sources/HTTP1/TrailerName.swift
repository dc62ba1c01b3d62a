internal import HTTPCore

/// The name of a trailer while its bytes go by: its length and its last 16 bytes, in lower case.
struct TrailerName: Sendable {
    private var high: UInt64 = 0
    private var low: UInt64 = 0
    private var count = 0

    init(first byte: UInt8) {
        add(byte)
    }

    mutating func add(_ byte: UInt8) {
        high = high << 8 | low >> 56
        low = low << 8 | UInt64(ASCII.lower(byte))
        count += 1
    }

    /// Framing, routing and credentials have no place in trailers (RFC 9110 section 6.5.1). Where they are,
    /// somebody takes what we read as trailers for a request.
    var isForbidden: Bool {
        switch (count, high, low) {
        // host, cookie, authorization, content-length, transfer-encoding
        case (4, 0, 0x686f_7374), (6, 0, 0x636f_6f6b_6965), (13, 0x61_7574_686f, 0x7269_7a61_7469_6f6e),
            (14, 0x636f_6e74_656e, 0x742d_6c65_6e67_7468), (17, 0x7261_6e73_6665_722d, 0x656e_636f_6469_6e67):
            true
        default: false
        }
    }
}
