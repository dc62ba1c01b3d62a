import CLinux
import Glibc
import Transport

/// The way from one program to the next in the same process: a memfd, named by an environment variable.
extension Handover {
    static let variable = "GATEHOUSE_HANDOVER"

    /// Turns this process into the program that `binary` is open for, with the arguments it has now.
    ///
    /// - Returns: Why it could not; nothing has changed then.
    func pass(to binary: Int32) -> SystemError {
        let memory: Snapshot
        do throws(SystemError) { memory = try Snapshot(encoded) } catch { return error }
        let kept = descriptors + [memory.descriptor]
        for descriptor in kept { _ = fcntl(descriptor, F_SETFD, 0) }
        var arguments = CommandLine.arguments.map { strdup($0) } + [nil]
        let environment = Self.environment() + ["\(Self.variable)=\(getpid()):\(memory.descriptor)"]
        var variables = environment.map { strdup($0) } + [nil]
        execve("/proc/self/fd/\(binary)", &arguments, &variables)
        let error = SystemError(call: "execve")
        for descriptor in kept { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        for pointer in arguments + variables { free(pointer) }
        return error
    }

    /// What the program before this one has handed over; nil if this process has just begun.
    ///
    /// - Throws: `HandoverFailure` if it cannot be read.
    static func taken() throws(HandoverFailure) -> Handover? {
        guard let value = getenv(variable).map({ String(cString: $0) }) else { return nil }
        unsetenv(variable)
        let parts = value.split(separator: ":").compactMap { Int32($0) }
        // A variable that is left over from elsewhere is not meant for this process.
        guard parts.count == 2, parts[0] == getpid() else { return nil }
        defer { close(parts[1]) }
        let bytes: [UInt8]
        do throws(SystemError) { bytes = try Snapshot.read(parts[1]) } catch {
            throw HandoverFailure(reason: "\(error)")
        }
        let handover = try Handover(bytes)
        for descriptor in handover.descriptors where fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0 {
            throw HandoverFailure(reason: "descriptor \(descriptor) of the handover is closed")
        }
        // It was started by a descriptor, and would be called by its number.
        _ = clinux_set_name("gatehouse")
        return handover
    }

    private static func environment() -> [String] {
        var entries: [String] = []
        var pointer = environ
        while let entry = pointer.pointee {
            let text = String(cString: entry)
            if !text.hasPrefix(variable + "=") { entries.append(text) }
            pointer += 1
        }
        return entries
    }
}
