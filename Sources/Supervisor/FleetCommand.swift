/// What the fleet wants its owner to do, or to know.
enum FleetCommand: Equatable {
    /// Start a worker; `Fleet.onExited` if that fails.
    case spawn(id: Int, generation: Int, index: Int)
    /// Tell a worker that newer ones have taken over.
    case drain(id: Int)
    /// Tell a worker to end within so many milliseconds.
    case terminate(id: Int, graceMilliseconds: Int)
    /// End a worker by force.
    case kill(id: Int, reason: String)
    /// All workers of the generation are ready; those before drain.
    case switched(generation: Int)
    /// The generation did not come up; those before stay.
    case abandoned(generation: Int, reason: String)
    /// The last worker of the generation is gone.
    case ended(generation: Int)
    /// A worker ended by itself and starts again after so many milliseconds.
    case restarting(index: Int, delay: Int64, endsInARow: Int)
    /// After `stop`: no worker is left.
    case allGone
}
