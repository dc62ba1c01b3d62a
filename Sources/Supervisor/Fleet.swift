/// The workers of all generations, as a state machine: events and the time go in, commands come out.
///
/// One generation serves. A newer one comes up beside it and takes over once all of its workers are ready; the
/// older ones drain as long as their connections live. Monotonic milliseconds throughout.
struct Fleet {
    /// How far a worker has come.
    enum Phase: String, Equatable { case starting, ready, draining, ending }

    /// A worker process.
    struct Member: Equatable {
        let id: Int
        let generation: Int
        let index: Int
        let startedAt: Int64
        var phase = Phase.starting
        /// When it is ended by force.
        var killAt = Int64.max
    }

    /// A place of the serving generation: somebody should always be in it.
    private struct Place {
        var backoff = Backoff()
        /// When the next worker starts; `.max` while one is there.
        var startAt = Int64.max
    }

    /// A generation that is coming up.
    private struct Candidate {
        let generation: Int
        let workers: Int
        let deadline: Int64
        /// Workers that ended before they were ready and were started again.
        var retries = 0
    }

    /// Generations that may live at the same time.
    static let maximumGenerations = 8
    /// Milliseconds in which a new generation must be ready.
    static let readyLimit: Int64 = 10_000
    /// Workers that may end before the first generation is ready.
    static let startRetries = 5
    /// Milliseconds that a worker has beyond its grace.
    static let killMargin: Int64 = 2_000
    /// Milliseconds that a generation too many has.
    static let cutLimit: Int64 = 5_000

    /// The workers that live, oldest first.
    private(set) var members: [Member] = []
    /// The generation that serves; 0 = none yet.
    private(set) var serving = 0
    /// Whether `stop` was called.
    private(set) var isStopping = false
    /// Whether a worker had to be ended by force while stopping.
    private(set) var hasKilled = false
    private var places: [Place] = []
    private var candidate: Candidate?
    /// The id of the next worker.
    private(set) var nextID = 1
    private var commands: [FleetCommand] = []

    /// A fleet without workers.
    init() {}

    /// A fleet that was at work: `members` live, and `generation` serves with so many `workers`. Places in which nobody
    /// is are filled at once.
    init(serving generation: Int, workers: Int, members: [Member], nextID: Int, now: Int64) {
        serving = generation
        self.members = members
        self.nextID = nextID
        places = [Place](repeating: Place(), count: workers)
        for index in places.indices
        where !members.contains(where: { $0.generation == generation && $0.index == index }) {
            places[index].startAt = now
        }
    }

    /// The commands since the last call.
    mutating func takeCommands() -> [FleetCommand] {
        defer { commands.removeAll() }
        return commands
    }

    /// Whether a generation is coming up.
    var isChanging: Bool { candidate != nil }
    /// Workers of the serving generation that are ready.
    var readyCount: Int { members.count { $0.generation == serving && $0.phase == .ready } }
    /// Generations of which a worker lives.
    var generations: [Int] { Array(Set(members.map(\.generation))).sorted() }

    // MARK: What the owner wants

    /// Brings up `generation`, a number higher than any before.
    mutating func begin(generation: Int, workers: Int, now: Int64) {
        guard !isStopping, candidate == nil else { return }
        candidate = Candidate(generation: generation, workers: workers, deadline: now + Self.readyLimit)
        for index in 0..<workers { spawn(generation: generation, index: index, now: now) }
    }

    /// Ends all workers: they have `graceMilliseconds` to finish.
    mutating func stop(graceMilliseconds: Int, now: Int64) {
        guard !isStopping else { return }
        isStopping = true
        if let candidate { abandon(candidate, reason: "the gateway is ending") }
        for place in places.indices { places[place].startAt = .max }
        for index in members.indices where members[index].phase != .ending {
            members[index].phase = .ending
            members[index].killAt = now + Int64(graceMilliseconds) + Self.killMargin
            commands.append(.terminate(id: members[index].id, graceMilliseconds: graceMilliseconds))
        }
        if members.isEmpty { commands.append(.allGone) }
    }

    // MARK: What happens

    /// A worker serves.
    mutating func onReady(_ id: Int, now: Int64) {
        guard let index = members.firstIndex(where: { $0.id == id }), members[index].phase == .starting else {
            return
        }
        members[index].phase = .ready
        members[index].killAt = .max
        guard let candidate, members[index].generation == candidate.generation else { return }
        let ready = members.count { $0.generation == candidate.generation && $0.phase == .ready }
        if ready == candidate.workers { switchTo(candidate, now: now) }
    }

    /// A worker is gone, or could not be started; `reason` says how it ended. `gaveUp`: it said itself that it
    /// cannot work, so that another one could not either.
    mutating func onExited(_ id: Int, reason: String, gaveUp: Bool = false, now: Int64) {
        guard let index = members.firstIndex(where: { $0.id == id }) else { return }
        let member = members.remove(at: index)
        if let candidate, member.generation == candidate.generation {
            // There are no older workers to fall back on at the start, so one that crashed gets a successor.
            if serving == 0, !gaveUp, candidate.retries < Self.startRetries {
                self.candidate?.retries += 1
                spawn(generation: member.generation, index: member.index, now: now)
            } else {
                abandon(candidate, reason: "worker \(member.index) \(reason)")
            }
        } else if member.generation == serving, !isStopping {
            restart(member, now: now)
        }
        let isLast = !members.contains { $0.generation == member.generation }
        if isLast, member.generation != serving || isStopping {
            commands.append(.ended(generation: member.generation))
        }
        if isStopping, members.isEmpty { commands.append(.allGone) }
    }

    /// Time has passed.
    mutating func onTime(now: Int64) {
        if let candidate, now >= candidate.deadline {
            let missing =
                candidate.workers
                - members.count {
                    $0.generation == candidate.generation && $0.phase == .ready
                }
            abandon(
                candidate,
                reason:
                    "\(missing) of \(candidate.workers) workers were not ready in \(Self.readyLimit / 1_000) s"
            )
        }
        for index in members.indices where now >= members[index].killAt { kill(index, "did not end in time") }
        for index in places.indices where now >= places[index].startAt {
            places[index].startAt = .max
            spawn(generation: serving, index: index, now: now, limit: Self.readyLimit)
        }
    }

    /// When `onTime` has something to do; `.max` = nothing is due.
    var nextDeadline: Int64 {
        var next = candidate?.deadline ?? .max
        for member in members { next = min(next, member.killAt) }
        for place in places { next = min(next, place.startAt) }
        return next
    }

    // MARK: Steps

    private mutating func spawn(generation: Int, index: Int, now: Int64, limit: Int64? = nil) {
        var member = Member(id: nextID, generation: generation, index: index, startedAt: now)
        if let limit { member.killAt = now + limit }
        nextID += 1
        members.append(member)
        commands.append(.spawn(id: member.id, generation: generation, index: index))
    }

    private mutating func restart(_ member: Member, now: Int64) {
        let delay = places[member.index].backoff.next(lived: now - member.startedAt)
        places[member.index].startAt = now + delay
        let count = places[member.index].backoff.count
        commands.append(.restarting(index: member.index, delay: delay, endsInARow: count))
    }

    private mutating func switchTo(_ candidate: Candidate, now: Int64) {
        let before = serving
        self.candidate = nil
        serving = candidate.generation
        places = [Place](repeating: Place(), count: candidate.workers)
        commands.append(.switched(generation: serving))
        for index in members.indices where members[index].generation == before {
            if members[index].phase == .starting {
                kill(index, "is not needed any more")
            } else if members[index].phase == .ready {
                members[index].phase = .draining
                commands.append(.drain(id: members[index].id))
            }
        }
        if before > 0, !members.contains(where: { $0.generation == before }) {
            commands.append(.ended(generation: before))
        }
        cutOldest(now: now)
    }

    private mutating func cutOldest(now: Int64) {
        let living = generations
        guard living.count > Self.maximumGenerations else { return }
        let tooOld = living.prefix(living.count - Self.maximumGenerations)
        for index in members.indices
        where tooOld.contains(members[index].generation) && members[index].phase == .draining {
            members[index].phase = .ending
            members[index].killAt = now + Self.cutLimit
            commands.append(.terminate(id: members[index].id, graceMilliseconds: 0))
        }
    }

    private mutating func abandon(_ candidate: Candidate, reason: String) {
        self.candidate = nil
        for index in members.indices where members[index].generation == candidate.generation {
            kill(index, "its generation was given up")
        }
        commands.append(.abandoned(generation: candidate.generation, reason: reason))
    }

    private mutating func kill(_ index: Int, _ reason: String) {
        if isStopping, members[index].phase == .ending { hasKilled = true }
        members[index].phase = .ending
        members[index].killAt = .max
        commands.append(.kill(id: members[index].id, reason: reason))
    }
}
