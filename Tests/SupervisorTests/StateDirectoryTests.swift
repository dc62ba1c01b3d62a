import Glibc
import Testing

@testable import Supervisor

@Suite struct StateDirectoryTests {
    @Test func `is made for its owner alone, with the directories above it`() throws {
        let path = Scratch.directory() + "/a/b/state"

        let state = try StateDirectory(path: path)

        var status = stat()
        #expect(stat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o700)
        #expect(state.path == path)
        #expect(!state.wasAbandoned)
    }

    @Test func `is held by one at a time, and says by whom`() throws {
        let path = Scratch.directory()
        let state = try StateDirectory(path: path)

        let failure = #expect(throws: ExitFailure.self) { try StateDirectory(path: path) }

        #expect(failure?.status == 73)
        #expect(failure?.message == "already running, pid \(getpid()) on \(path)")
        #expect(StateDirectory.holder(of: path) == Int(getpid()))
        state.markFinished()
    }

    @Test func `knows whether the last holder ended in good order`() throws {
        let path = Scratch.directory()
        do {
            let first = try StateDirectory(path: path)
            first.markFinished()
        }
        let isAbandonedAfterGoodEnd = try StateDirectory(path: path).wasAbandoned
        let isAbandonedAfterCrash = try StateDirectory(path: path).wasAbandoned

        #expect(!isAbandonedAfterGoodEnd)
        #expect(isAbandonedAfterCrash)
        #expect(StateDirectory.holder(of: path) == nil)
    }

    @Test(arguments: ["/dev/null/state", "/proc/nothing/state"])
    func `a place where nothing can be made is an error with the reason`(path: String) {
        let failure = #expect(throws: ExitFailure.self) { try StateDirectory(path: path) }

        #expect(failure?.status == 73)
        #expect(failure?.message.contains("/") == true)
    }
}
