public import Operations
import Transport

/// Runs a worker process until it has drained or its time is over; returns its exit status.
///
/// What cannot be built is told to the master, which keeps the old workers.
public func runWorker(_ plan: WorkerPlan) -> Int32 {
    do {
        let process = try WorkerProcess(plan)
        process.loop.run()
        process.finish()
        return process.status
    } catch {
        reportFailure(plan, "\(error)")
        return 1
    }
}

private func reportFailure(_ plan: WorkerPlan, _ reason: String) {
    final class Nobody: WorkerControlDelegate {
        func onDrain() {}
        func onTerminate(graceMilliseconds: Int) {}
        func onReopenLogs() {}
        func onDump() {}
        func onMasterGone() {}
    }
    guard let loop = try? EventLoop() else { return }
    let nobody = Nobody()
    let control = try? WorkerControl(loop: loop, descriptor: plan.controlDescriptor, delegate: nobody)
    control?.sendFailed(reason)
    loop.tick(limit: 0)
}
