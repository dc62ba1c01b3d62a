import Glibc

/// The clocks the process reads.
public enum Clock {
    /// Milliseconds of the monotonic clock.
    public static func monotonicMilliseconds() -> Int64 { microseconds(CLOCK_MONOTONIC) / 1_000 }
    /// Microseconds of the monotonic clock.
    public static func monotonicMicroseconds() -> Int64 { microseconds(CLOCK_MONOTONIC) }
    /// Milliseconds since 1970-01-01 UTC.
    public static func wallMilliseconds() -> Int64 { microseconds(CLOCK_REALTIME) / 1_000 }

    private static func microseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }
}
