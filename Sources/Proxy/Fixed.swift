/// A reference to what the worker's configuration made, which stays for as long as the process: looking through it
/// counts no reference. A request goes through dozens of such looks.
struct Fixed<Object: AnyObject> {
    private let reference: Unmanaged<Object>

    /// To `object`, which somebody else keeps for good.
    init(_ object: Object) { reference = .passUnretained(object) }

    /// The object itself, counted.
    var object: Object { reference.takeUnretainedValue() }

    /// Calls `body` with the object, not counted.
    @inline(__always)
    func use<Result>(_ body: (Object) throws -> Result) rethrows -> Result {
        try reference._withUnsafeGuaranteedRef(body)
    }
}

/// Bytes that the worker's configuration made, kept for as long as the process: an array's without its reference.
struct FixedBytes {
    /// The bytes.
    let raw: UnsafeRawBufferPointer

    /// A copy of `bytes`, never to be freed.
    init(_ bytes: [UInt8]) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        copy.copyBytes(from: bytes)
        raw = UnsafeRawBufferPointer(copy)
    }
}
