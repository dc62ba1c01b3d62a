import CLinux
import Glibc

/// Signals as events of the loop (signalfd). The signals are blocked in this and every later thread.
public final class SignalSource: EventSource {
    private let onSignal: (Int32) -> Void

    /// Watches `signals`; `onSignal` is called with the number of each that came.
    public init(
        loop: EventLoop, signals: [Int32], onSignal: @escaping (Int32) -> Void
    ) throws(SystemError) {
        self.onSignal = onSignal
        super.init()
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        pthread_sigmask(SIG_BLOCK, &set, nil)
        let number = signalfd(-1, &set, Int32(SFD_CLOEXEC | SFD_NONBLOCK))
        guard number >= 0 else { throw SystemError(call: "signalfd") }
        try loop.register(self, descriptor: number, interest: .read)
    }

    /// Reads what came.
    public override func onReady(_ readiness: Readiness) {
        var info = signalfd_siginfo()
        let size = MemoryLayout<signalfd_siginfo>.size
        while descriptor >= 0, read(descriptor, &info, size) == size { onSignal(Int32(info.ssi_signo)) }
    }
}
