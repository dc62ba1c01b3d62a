import GatewayConfig
import HTTP1
import Operations
import Pages
import Throttling
import Transport

extension Exchange {
    /// Whether the route's limits let the request pass. False: answered with 429.
    func isWithinLimits(_ limits: [RouteLimit]) -> Bool {
        for limit in limits {
            let settings = limit.settings
            let verdict = worker.counters.takeToken(
                limit.name, of: limitSubject(settings.subject), now: worker.loop.now,
                count: settings.rate.count,
                window: settings.rate.window, burst: settings.burst)
            guard case .wait(let microseconds, let full) = verdict else { continue }
            fixedRoute?.use { $0.meter.decisions.count(DecisionLabel.throttled) }
            limit.meter.add()
            end = .limit
            refuseTooMany(settings, wait: microseconds, full: full)
            return false
        }
        return true
    }

    /// Whose bucket it is. Who is not logged in has the network's; the first byte keeps kinds apart.
    private func limitSubject(_ subject: RouteLimitSettings.Subject) -> [UInt8] {
        switch subject {
        case .user where identity.isPresent:
            return [UInt8(ascii: "u")] + (realm?.name ?? []) + [UInt8(ascii: ":")] + identity.userID
        case .session where identity.isPresent: return [UInt8(ascii: "s")] + identity.handle
        default: return [UInt8(ascii: "i")] + ClientNetwork.name(of: clientAddress)
        }
    }

    private func refuseTooMany(_ settings: RouteLimitSettings, wait: UInt64, full: UInt64) {
        worker.tally.count(.rateLimited)
        let milliseconds = Int(clamping: (wait + 999) / 1_000)
        var reply = errorReply(
            429, .throttled, "There were too many requests. Wait a moment before the next one.",
            retryAfter: milliseconds)
        reply.add("RateLimit-Limit", "\(settings.burst)")
        reply.add("RateLimit-Remaining", "0")
        reply.add("RateLimit-Reset", "\(Int(clamping: max(1, (full + 999_999) / 1_000_000)))")
        respond(reply)
    }
}
