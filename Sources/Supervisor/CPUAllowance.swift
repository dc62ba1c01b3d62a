import CLinux
import Glibc

/// How many CPUs this process may use: the affinity mask and the quota of its control group.
public enum CPUAllowance {
    /// At least 1.
    public static func count() -> Int {
        let byMask = Int(clinux_cpu_count())
        guard let quota = quota() else { return max(byMask, 1) }
        return max(1, min(byMask, quota))
    }

    /// Whole CPUs of the tightest `cpu.max` between this process's group and the root (cgroups v2).
    private static func quota() -> Int? {
        guard
            let line = text("/proc/self/cgroup").split(separator: "\n").first(where: { $0.hasPrefix("0::") })
        else { return nil }
        var group = String(line.dropFirst(3))
        var tightest: Int?
        while true {
            if let cpus = parse(text("/sys/fs/cgroup\(group == "/" ? "" : group)/cpu.max")) {
                tightest = min(tightest ?? cpus, cpus)
            }
            guard let slash = group.lastIndex(of: "/"), group.utf8.count > 1 else { return tightest }
            group = slash == group.startIndex ? "/" : String(group[..<slash])
        }
    }

    /// `max 100000` is no limit; `150000 100000` is one CPU and a half, for which two workers are right.
    static func parse(_ text: String) -> Int? {
        let words = text.split(whereSeparator: { $0 == " " || $0 == "\n" })
        guard words.count == 2, let quota = Int(words[0]), let period = Int(words[1]), quota > 0, period > 0
        else { return nil }
        return max(1, (quota - 1) / period + 1)
    }

    private static func text(_ path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = read(descriptor, &bytes, bytes.count)
        return String(decoding: bytes[..<max(count, 0)], as: UTF8.self)
    }
}
