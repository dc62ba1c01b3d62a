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
    /// Whether `slot` is one of this program's map.
    let isCounted: Bool
    let startedAt: Int64
    /// What it said before it gave up.
    var failure: String?
    /// The master's end of its control pipe.
    let channel: ControlChannel

    /// Starts one; of the program that `image` is open for, if that is not this one.
    init(
        id: Int, launch: WorkerLaunch, descriptors: [Int32], image: Int32? = nil, isCounted: Bool = true,
        loop: EventLoop, receiver: any ControlReceiver
    ) throws(SystemError) {
        self.id = id
        generation = launch.generation
        index = launch.index
        slot = launch.slot
        self.isCounted = isCounted
        startedAt = loop.now
        let (near, far) = try ControlChannel.makePair()
        defer { close(far) }
        channel = try ControlChannel(loop: loop, descriptor: near, receiver: receiver)
        do {
            pid = try ChildProcess.spawn(
                image == nil ? ChildProcess.ownImage : WorkerLaunch.imagePath(descriptors.count),
                arguments: ["gatehouse", "worker"] + launch.arguments,
                environment: ChildProcess.inheritedEnvironment(),
                descriptors: [far] + descriptors + (image.map { [$0] } ?? []))
        } catch {
            channel.close()
            throw error
        }
    }

    /// One that lives already.
    init(
        _ worker: Handover.Worker, isCounted: Bool, loop: EventLoop, receiver: any ControlReceiver
    ) throws(SystemError) {
        id = worker.id
        generation = worker.generation
        index = worker.index
        pid = worker.pid
        slot = worker.slot
        self.isCounted = isCounted
        startedAt = worker.startedAt
        var descriptor = worker.channel
        if descriptor < 0 {
            // Closed on the way: an end is all that is to be heard from it.
            let (near, far) = try ControlChannel.makePair()
            close(far)
            descriptor = near
        }
        channel = try ControlChannel(loop: loop, descriptor: descriptor, receiver: receiver)
    }

    /// Why it ended. What it still had to say is read first.
    func reason(status: Int32) -> String {
        if channel.descriptor >= 0 { channel.onReady(.read) }
        channel.close()
        return failure ?? ChildProcess.describe(status: status)
    }
}
