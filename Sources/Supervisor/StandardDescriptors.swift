import Glibc

/// Descriptors 0 to 2.
public enum StandardDescriptors {
    /// Opens /dev/null for those that are closed. Otherwise the next socket would get the number, and the log would
    /// be written to it.
    public static func ensure() {
        for number in STDIN_FILENO...STDERR_FILENO where fcntl(number, F_GETFD) == -1 {
            // The lowest number that is free is the one looked at.
            _ = open("/dev/null", O_RDWR)
        }
    }
}
