/// What has to happen in Redis in one step.
enum ThrottleScripts {
    /// Milliseconds to wait that are told for a ban without an end.
    static let endless = 86_400_000

    /// May somebody try to log in? Counts the try as a failure at once, so that tries at the same moment cannot get
    /// past a limit together; `settle` takes it back.
    ///
    /// KEYS: the bans, the account's known networks, the counters. ARGV: how many bans, network, the oldest time at
    /// which a network still counts as known, then for each counter: kind, limit, window in ms. Returns 0, or the
    /// milliseconds to wait; then nothing was counted.
    static let attempt = """
        local bans, wait = tonumber(ARGV[1]), 0
        for index = 1, bans do
          local left = redis.call('PTTL', KEYS[index])
          if left == -1 then left = \(endless) end
          if left > wait then wait = left end
        end
        local seen = redis.call('ZSCORE', KEYS[bans + 1], ARGV[2])
        local isKnown = seen and tonumber(seen) >= tonumber(ARGV[3])
        for index = bans + 2, #KEYS do
          local place = 4 + 3 * (index - bans - 2)
          local count = tonumber(redis.call('GET', KEYS[index]) or '0')
          if count >= tonumber(ARGV[place + 1]) and not (isKnown and ARGV[place] == 'account') then
            local left = redis.call('PTTL', KEYS[index])
            if left < 0 then
              left = tonumber(ARGV[place + 2])
              redis.call('PEXPIRE', KEYS[index], left)
            end
            wait = math.max(wait, left, 1)
          end
        end
        if wait > 0 then return wait end
        for index = bans + 2, #KEYS do
          if redis.call('INCR', KEYS[index]) == 1 then
            redis.call('PEXPIRE', KEYS[index], ARGV[4 + 3 * (index - bans - 2) + 2])
          end
        end
        return 0
        """

    /// The try that `attempt` counted was no failure. KEYS: the account's known networks, the counters. ARGV: network,
    /// now, how long a network is known in ms, how many are kept, `1` if the login succeeded, then each counter's kind.
    /// Success forgets the failures of the account from this network, and makes the network a known one.
    static let settle = """
        local isSuccess = ARGV[5] == '1'
        for index = 2, #KEYS do
          if isSuccess and ARGV[4 + index] == 'account_ip' then
            redis.call('DEL', KEYS[index])
          elseif tonumber(redis.call('GET', KEYS[index]) or '0') > 0 then
            redis.call('DECR', KEYS[index])
          end
        end
        if not isSuccess then return 0 end
        redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
        redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. (tonumber(ARGV[2]) - tonumber(ARGV[3])))
        redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - tonumber(ARGV[4]))
        redis.call('PEXPIRE', KEYS[1], ARGV[3])
        return 1
        """
}
