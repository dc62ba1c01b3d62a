import Operations
import Proxy
import Supervisor

/// The hidden subcommand `worker`: what the master starts.
enum WorkerCommand {
    static func run(_ arguments: [String]) -> Int32 {
        do throws(ExitFailure) {
            return runWorker(try WorkerPlan.inherited(arguments: arguments))
        } catch {
            StandardError.write("gatehouse: \(error.message)\n")
            return error.status
        }
    }
}
