/// What has to happen in Redis in one step.
enum ThrottleScripts {
    /// Milliseconds to wait that are told for a ban without an end.
    static let endless = 86_400_000

    /// Milliseconds after which a try is taken to have ended, whose end nobody has told.
    static let patience = 10_000

    /// May somebody try to log in? Counts the try as a failure at once, so that tries at the same moment cannot get
    /// past a limit together; `settle` takes it back.
    ///
    /// KEYS: the bans, the account's known networks, then for each counter itself and how much of it is pending. ARGV:
    /// how many bans, network, the oldest time at which a network still counts as known, then for each counter: kind,
    /// limit, window in ms. Returns 0, or the milliseconds to wait, or -1: only tries that have not ended stand in
    /// the way. Unless it is 0, nothing was counted.
    static let attempt = """
        local bans, wait, isBusy = tonumber(ARGV[1]), 0, false
        for index = 1, bans do
          local left = redis.call('PTTL', KEYS[index])
          if left == -1 then left = \(endless) end
          if left > wait then wait = left end
        end
        local seen = redis.call('ZSCORE', KEYS[bans + 1], ARGV[2])
        local isKnown = seen and tonumber(seen) >= tonumber(ARGV[3])
        local counters = {}
        for index = bans + 2, #KEYS, 2 do
          local place = 4 + 3 * #counters
          counters[#counters + 1] = {
            name = KEYS[index], pending = KEYS[index + 1], kind = ARGV[place], limit = tonumber(ARGV[place + 1]),
            window = tonumber(ARGV[place + 2])
          }
        end
        for _, counter in ipairs(counters) do
          local count = tonumber(redis.call('GET', counter.name) or '0')
          if count >= counter.limit and not (isKnown and counter.kind == 'account') then
            if count - tonumber(redis.call('GET', counter.pending) or '0') < counter.limit then
              isBusy = true
            else
              local left = redis.call('PTTL', counter.name)
              if left < 0 then
                left = counter.window
                redis.call('PEXPIRE', counter.name, left)
              end
              wait = math.max(wait, left, 1)
            end
          end
        end
        if wait > 0 then return wait end
        if isBusy then return -1 end
        for _, counter in ipairs(counters) do
          if redis.call('INCR', counter.name) == 1 then
            redis.call('PEXPIRE', counter.name, counter.window)
          end
          redis.call('INCR', counter.pending)
          redis.call('PEXPIRE', counter.pending, \(patience))
        end
        return 0
        """

    /// The try that `attempt` counted has ended. KEYS: the account's known networks, then each counter and how much of
    /// it is pending. ARGV: network, now, how long a network is known in ms, how many are kept, how it ended (`success`,
    /// `failure` or `withdrawn`), then each counter's kind. Success forgets the failures of the account from this
    /// network, but not the tries that have not ended, and makes the network a known one.
    static let settle = """
        for index = 2, #KEYS, 2 do
          local pending = tonumber(redis.call('GET', KEYS[index + 1]) or '0')
          if pending > 0 then pending = redis.call('DECR', KEYS[index + 1]) end
          if pending <= 0 then redis.call('DEL', KEYS[index + 1]) end
          if ARGV[5] == 'success' and ARGV[5 + index / 2] == 'account_ip' then
            if pending > 0 then
              redis.call('SET', KEYS[index], pending, 'XX', 'KEEPTTL')
            else
              redis.call('DEL', KEYS[index])
            end
          elseif ARGV[5] ~= 'failure' then
            local count = tonumber(redis.call('GET', KEYS[index]) or '0')
            if count > 1 then redis.call('DECR', KEYS[index]) end
            if count == 1 then redis.call('DEL', KEYS[index]) end
          end
        end
        if ARGV[5] ~= 'success' then return 0 end
        redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
        redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. (tonumber(ARGV[2]) - tonumber(ARGV[3])))
        redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - tonumber(ARGV[4]))
        redis.call('PEXPIRE', KEYS[1], ARGV[3])
        return 1
        """
}
