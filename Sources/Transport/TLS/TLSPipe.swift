import CLinux
import COpenSSL
import Glibc

/// OpenSSL's way to the socket: it reads from the descriptor, and writes into the thread's scratch, from which the
/// stream sends. So there is no partial write for OpenSSL to come back to, and no write buffer of its own to keep.
enum TLSPipe {
    /// The callbacks; made once. OpenSSL only reads them.
    private nonisolated(unsafe) static let method: OpaquePointer? = make()

    /// A BIO for `stream`, which must outlive it.
    static func open(_ stream: TLSStream) -> OpaquePointer? {
        guard let method, let pipe = BIO_new(method) else { return nil }
        BIO_set_data(pipe, Unmanaged.passUnretained(stream).toOpaque())
        BIO_set_init(pipe, 1)
        return pipe
    }

    private static func make() -> OpaquePointer? {
        let kind = BIO_get_new_index() | BIO_TYPE_SOURCE_SINK
        guard let method = BIO_meth_new(kind, "gatehouse") else { return nil }
        BIO_meth_set_read(method) { pipe, target, count in
            guard let target, let stream = TLSPipe.stream(of: pipe) else { return -1 }
            return stream._withUnsafeGuaranteedRef {
                TLSPipe.read($0, pipe, UnsafeMutableRawBufferPointer(start: target, count: Int(count)))
            }
        }
        BIO_meth_set_write(method) { pipe, bytes, count in
            guard let bytes, let stream = TLSPipe.stream(of: pipe) else { return -1 }
            stream._withUnsafeGuaranteedRef {
                $0.scratch.sealed.append(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
            }
            return count
        }
        BIO_meth_set_ctrl(method) { _, command, _, _ in command == BIO_CTRL_FLUSH ? 1 : 0 }
        return method
    }

    private static func stream(of pipe: OpaquePointer?) -> Unmanaged<TLSStream>? {
        BIO_get_data(pipe).map { Unmanaged<TLSStream>.fromOpaque($0) }
    }

    private static func read(
        _ stream: TLSStream, _ pipe: OpaquePointer?, _ target: UnsafeMutableRawBufferPointer
    ) -> Int32 {
        copenssl_bio_clear_retry(pipe)
        guard stream.mayReceive else {
            copenssl_bio_retry(pipe, 1)
            return -1
        }
        let count = retryingInterrupted { clinux_recv(stream.descriptor, target.baseAddress, target.count) }
        if count < 0, errno == EAGAIN {
            copenssl_bio_retry(pipe, 1)
            return -1
        }
        guard count > 0 else {
            stream.pipeFault = count == 0 ? .end : .failure(errno)
            return Int32(count)
        }
        guard stream.admits(firstByte: target[0]) else { return -1 }
        return Int32(count)
    }
}
