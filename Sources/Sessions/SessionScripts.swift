/// What has to happen in Redis in one step. Each script takes the realm's `base` last, to name keys that only the
/// records tell; they are all on one server.
///
/// The first write of each is the one that a full or read-only server refuses: a script that fails has changed
/// nothing.
enum SessionScripts {
    /// Ends one session: `finish(hash)`. Returns 1 if it was there. Members of the sets go by what the record says.
    private static let finish = """
        local function finish(hash)
          local record = redis.call('GET', base .. 's:' .. hash)
          if not record then return 0 end
          redis.call('DEL', base .. 's:' .. hash)
          local isRead, fields = pcall(cjson.decode, record)
          if isRead and type(fields) == 'table' then
            if type(fields.u) == 'string' then
              redis.call('ZREM', base .. 'u:' .. fields.u, hash)
              redis.call('ZREM', base .. 't:' .. fields.u, hash)
            end
            if type(fields.h) == 'string' then
              redis.call('PUBLISH', base .. 'revoked', 's:' .. fields.h)
            end
          end
          return 1
        end

        """

    /// KEYS: record, the user's sessions, their last use. ARGV: hash, record, its life in ms, when it began, how many
    /// sessions the user may have (0 = any number), `evict` or `reject`, life of the sets in ms, hash of the session
    /// that this one replaces or nothing, base. Returns how many were evicted, or -1: rejected.
    static let login = """
        local base = ARGV[9]
        \(finish)
        local limit, alive, dead = tonumber(ARGV[5]), {}, {}
        for _, hash in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
          if redis.call('EXISTS', base .. 's:' .. hash) == 0 then
            dead[#dead + 1] = hash
          elseif hash ~= ARGV[8] then
            alive[#alive + 1] = hash
          end
        end
        if limit > 0 and #alive >= limit and ARGV[6] == 'reject' then return -1 end
        if not redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3], 'NX') then
          return redis.error_reply('ERR there is such a session already')
        end
        for index = 2, 3 do
          redis.call('ZADD', KEYS[index], ARGV[4], ARGV[1])
          if redis.call('PTTL', KEYS[index]) < tonumber(ARGV[7]) then
            redis.call('PEXPIRE', KEYS[index], ARGV[7])
          end
          for _, hash in ipairs(dead) do redis.call('ZREM', KEYS[index], hash) end
        end
        if ARGV[8] ~= '' then finish(ARGV[8]) end
        local evicted = 0
        if limit > 0 then
          for index = 1, #alive - limit + 1 do evicted = evicted + finish(alive[index]) end
        end
        return evicted
        """

    /// KEYS: record, the user's sessions, their last use. ARGV: hash, handle, base. Returns 1 if it was there.
    static let logout = """
        local count = redis.call('DEL', KEYS[1])
        redis.call('ZREM', KEYS[2], ARGV[1])
        redis.call('ZREM', KEYS[3], ARGV[1])
        redis.call('PUBLISH', ARGV[3] .. 'revoked', 's:' .. ARGV[2])
        return count
        """

    /// KEYS: the user's sessions, their last use. ARGV: user id, hash of a session to leave or nothing, base.
    /// Returns how many ended.
    static let logoutEverywhere = """
        local base = ARGV[3]
        \(finish)
        local count = 0
        for _, hash in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
          if hash ~= ARGV[2] then
            count = count + finish(hash)
            redis.call('ZREM', KEYS[1], hash)
            redis.call('ZREM', KEYS[2], hash)
          end
        end
        if ARGV[2] == '' then redis.call('PUBLISH', base .. 'revoked', 'u:' .. ARGV[1]) end
        return count
        """

    /// KEYS: the user's sessions, their last use. ARGV: roles as a JSON array, user id, base. Returns how many sessions
    /// changed; one whose record cannot be rewritten ends.
    ///
    /// The roles are replaced as text, since decoding and encoding would not give the same record back. Inside a
    /// JSON string each quote stands behind a backslash, so `"r":[` is the field and nothing else; roles themselves
    /// have neither.
    static let setRoles = """
        local base = ARGV[3]
        \(finish)
        local function rewrite(record)
          local _, opening = string.find(record, '"r":[', 1, true)
          if not opening then return nil end
          local place = opening + 1
          while true do
            local _, last = string.find(record, '^"[^"]*",?', place)
            if not last then break end
            place = last + 1
          end
          if string.sub(record, place, place) ~= ']' then return nil end
          return string.sub(record, 1, opening - 1) .. ARGV[1] .. string.sub(record, place + 1)
        end
        local count = 0
        for _, hash in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
          local record = redis.call('GET', base .. 's:' .. hash)
          if record then
            local changed = rewrite(record)
            if not changed or #changed > \(SessionRecord.maximumCount) then
              finish(hash)
              redis.call('ZREM', KEYS[1], hash)
              redis.call('ZREM', KEYS[2], hash)
              count = count + 1
            elseif changed ~= record then
              redis.call('SET', base .. 's:' .. hash, changed, 'XX', 'KEEPTTL')
              count = count + 1
            end
          end
        end
        if count > 0 then redis.call('PUBLISH', base .. 'revoked', 'u:' .. ARGV[2]) end
        return count
        """

    /// KEYS: the user's sessions, their last use. ARGV: base. Returns record and last use of each, oldest first.
    static let list = """
        local found = {}
        for _, hash in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
          local record = redis.call('GET', ARGV[1] .. 's:' .. hash)
          if record then
            found[#found + 1] = record
            found[#found + 1] = redis.call('ZSCORE', KEYS[2], hash) or ''
          end
        end
        return found
        """
}
