import CLinux
import Glibc

/// A child that runs this same program and dies with the process that started it.
public enum BoundChild {
    static func arguments(_ command: [String]) -> [String] { ["bound-child", "\(getpid())"] + command }

    /// The hidden subcommand `bound-child`: binds this process's life to its parent's and becomes `gatehouse` with
    /// the arguments after the parent's pid.
    ///
    /// - Returns: An exit status, if it could not.
    public static func run(_ arguments: [String]) -> Int32 {
        guard let parent = arguments.first.flatMap({ Int32($0) }) else { return ExitStatus.usage }
        guard clinux_set_parent_death_signal(SIGTERM) == 0, getppid() == parent else {
            return ExitStatus.failure
        }
        var pointers = (["gatehouse"] + arguments.dropFirst()).map { strdup($0) } + [nil]
        execv(ChildProcess.ownImage, &pointers)
        return ExitStatus.failure
    }
}
