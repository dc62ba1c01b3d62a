import Glibc
import Operations
import Transport

/// A worker as the master sees it.
final class WorkerProcess {
    /// Its number in the fleet.
    let id: Int
    let generation: Int
    let index: Int
    let pid: pid_t
    /// Of the shared counters.
    let slot: Int
    let startedAt: Int64
    /// What it said before it gave up.
    var failure: String?
    /// The master's end of its control pipe.
    let channel: ControlChannel

    init(
        id: Int, launch: WorkerLaunch, descriptors: [Int32], loop: EventLoop, receiver: any ControlReceiver
    ) throws(SystemError) {
        self.id = id
        generation = launch.generation
        index = launch.index
        slot = launch.slot
        startedAt = loop.now
        let (near, far) = try ControlChannel.makePair()
        defer { close(far) }
        channel = try ControlChannel(loop: loop, descriptor: near, receiver: receiver)
        do {
            pid = try ChildProcess.spawn(
                ChildProcess.ownImage, arguments: ["gatehouse", "worker"] + launch.arguments,
                environment: ChildProcess.inheritedEnvironment(), descriptors: [far] + descriptors)
        } catch {
            channel.close()
            throw error
        }
    }

    /// Why it ended. What it still had to say is read first.
    func reason(status: Int32) -> String {
        if channel.descriptor >= 0 { channel.onReady(.read) }
        channel.close()
        return failure ?? ChildProcess.describe(status: status)
    }
}
