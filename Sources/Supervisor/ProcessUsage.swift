import Glibc

/// What processes of this machine take, from /proc (proc(5)).
struct ProcessUsage: Equatable {
    /// User and system time of this process, of `pids`, and of children that have ended.
    var cpuMicroseconds: UInt64 = 0
    /// Resident memory of all of them.
    var residentBytes: UInt64 = 0
    /// Open descriptors of the one that has the most.
    var openFiles: UInt64 = 0
    /// Descriptors that one may have.
    var maximumFiles: UInt64 = 0

    /// Of this process and others, `pids`; one that has ended meanwhile counts with what its parent knows.
    static func total(of pids: [pid_t]) -> ProcessUsage {
        var usage = ProcessUsage()
        usage.cpuMicroseconds = childTime()
        for pid in Set(pids) {
            usage.addTimeAndMemory(of: pid)
            usage.openFiles = max(usage.openFiles, countOpenFiles(of: pid))
        }
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            usage.maximumFiles = UInt64(limit.rlim_cur)
        }
        return usage
    }

    private static func childTime() -> UInt64 {
        var children = rusage()
        guard getrusage(__rusage_who_t(RUSAGE_CHILDREN.rawValue), &children) == 0 else { return 0 }
        return microseconds(children.ru_utime) &+ microseconds(children.ru_stime)
    }

    private static func microseconds(_ time: timeval) -> UInt64 {
        UInt64(clamping: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_usec))
    }

    /// Fields 14, 15 and 24 of /proc/PID/stat; the name before them may hold spaces and brackets.
    private mutating func addTimeAndMemory(of pid: pid_t) {
        guard let bytes = Self.read("/proc/\(pid)/stat"), let end = bytes.lastIndex(of: UInt8(ascii: ")"))
        else {
            return
        }
        let fields = bytes[(end + 1)...].split(separator: UInt8(ascii: " "))
        guard fields.count > 21 else { return }
        let ticks = Self.number(fields[11]) &+ Self.number(fields[12])
        let perSecond = UInt64(clamping: max(1, sysconf(Int32(_SC_CLK_TCK))))
        cpuMicroseconds &+= ticks &* (1_000_000 / perSecond)
        residentBytes &+= Self.number(fields[21]) &* UInt64(clamping: sysconf(Int32(_SC_PAGESIZE)))
    }

    private static func number(_ digits: some Sequence<UInt8>) -> UInt64 {
        UInt64(String(decoding: Array(digits), as: UTF8.self)) ?? 0
    }

    private static func countOpenFiles(of pid: pid_t) -> UInt64 {
        guard let directory = opendir("/proc/\(pid)/fd") else { return 0 }
        defer { closedir(directory) }
        var count: UInt64 = 0
        while let entry = readdir(directory) { if entry.pointee.d_type == UInt8(DT_LNK) { count += 1 } }
        return count
    }

    private static func read(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 2_048)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        return count > 0 ? Array(bytes.prefix(count)) : nil
    }
}
