/// What has to happen in Redis in one step. Each script takes the realm's `base` last, to name keys that only the
/// records tell; they are all on one server.
///
/// The first write of each is the one that a full or read-only server refuses: a script that fails has changed
/// nothing.
enum SessionScripts {
    /// Names of one session that answer at a time. Nobody needs to rotate more often within the grace, and whoever
    /// does, or writes records by hand, must not keep Redis busy.
    private static let rotationLimit = 10

    /// `read(hash)`: a record's text and its fields, both nil if there is none; no fields if it is none of ours.
    private static let read = """
        local function read(hash)
          local record = redis.call('GET', base .. 's:' .. hash)
          if not record then return nil, {} end
          local isRead, fields = pcall(cjson.decode, record)
          if not isRead or type(fields) ~= 'table' then return record, {} end
          return record, fields
        end

        """

    /// `names(hash)`: as keys, this name of a session and those that it got since; none for nothing.
    private static let names = """
        local function names(hash)
          local found = {}
          while type(hash) == 'string' and hash ~= '' and not found[hash] do
            found[hash] = true
            local _, fields = read(hash)
            hash = fields.nx
          end
          return found
        end

        """

    /// `finish(hash)`: ends one session, under its names before and after a rotation too. Returns 1 if it was there.
    /// Members of the sets go by what the record says.
    private static let finish = """
        \(read)
        local function finish(hash)
          local names, handles, count = { hash }, {}, 0
          while #names > 0 do
            local name = table.remove(names)
            local record, fields = read(name)
            if record then
              count = 1
              redis.call('DEL', base .. 's:' .. name)
              if type(fields.u) == 'string' then
                redis.call('ZREM', base .. 'u:' .. fields.u, name)
                redis.call('ZREM', base .. 't:' .. fields.u, name)
              end
              if type(fields.p) == 'string' then names[#names + 1] = fields.p end
              if type(fields.nx) == 'string' then names[#names + 1] = fields.nx end
              if type(fields.h) == 'string' and not handles[fields.h] then
                handles[fields.h] = true
                redis.call('PUBLISH', base .. 'revoked', 's:' .. fields.h)
              end
            end
          end
          return count
        end

        """

    /// KEYS: record, the user's sessions, their last use. ARGV: hash, record, its life in ms, when it began, how many
    /// sessions the user may have (0 = any number), `oldest`, `idle` or `reject`, life of the sets in ms, hash of the
    /// session that this one replaces or nothing, base. Returns how many were evicted and how many had come to their end
    /// since the last login, or -1: rejected.
    static let login = """
        local base = ARGV[9]
        \(finish)
        \(names)
        local limit, alive, dead = tonumber(ARGV[5]), {}, {}
        local replaced = names(ARGV[8])
        for _, hash in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
          if redis.call('EXISTS', base .. 's:' .. hash) == 0 then
            dead[#dead + 1] = hash
          elseif not replaced[hash] then
            alive[#alive + 1] = hash
          end
        end
        if limit > 0 and #alive >= limit and ARGV[6] == 'reject' then return -1 end
        if limit > 0 and #alive >= limit and ARGV[6] == 'idle' then
          local place = {}
          for index, hash in ipairs(redis.call('ZRANGE', KEYS[3], 0, -1)) do place[hash] = index end
          for index, hash in ipairs(alive) do alive[index] = { place[hash] or 0, index, hash } end
          table.sort(alive, function(a, b) return a[1] < b[1] or a[1] == b[1] and a[2] < b[2] end)
          for index, entry in ipairs(alive) do alive[index] = entry[3] end
        end
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
        return { evicted, #dead }
        """

    /// KEYS: record, the user's sessions, their last use. ARGV: hash, handle, base. Returns 1 if it was there.
    static let logout = """
        local base = ARGV[3]
        \(finish)
        local count = finish(ARGV[1])
        redis.call('ZREM', KEYS[2], ARGV[1])
        redis.call('ZREM', KEYS[3], ARGV[1])
        if count == 0 then redis.call('PUBLISH', base .. 'revoked', 's:' .. ARGV[2]) end
        return count
        """

    /// KEYS: the user's sessions, their last use. ARGV: user id, hash of a session to leave or nothing, base.
    /// Returns how many ended.
    static let logoutEverywhere = """
        local base = ARGV[3]
        \(finish)
        \(names)
        local count, kept = 0, names(ARGV[2])
        for _, hash in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
          if not kept[hash] then
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
          local record, fields = read(hash)
          if record then
            local changed = rewrite(record)
            if not changed or #changed > \(SessionRecord.maximumCount - SessionRecord.rotationRoom) then
              finish(hash)
              redis.call('ZREM', KEYS[1], hash)
              redis.call('ZREM', KEYS[2], hash)
              count = count + 1
            elseif changed ~= record then
              redis.call('SET', base .. 's:' .. hash, changed, 'XX', 'KEEPTTL')
              count = count + 1
              -- The names that the session had before its last rotations still answer for seconds.
              for _ = 1, \(rotationLimit) do
                local name = fields.p
                if type(name) ~= 'string' then break end
                record, fields = read(name)
                changed = record and rewrite(record)
                if changed then redis.call('SET', base .. 's:' .. name, changed, 'XX', 'KEEPTTL') end
              end
            end
          end
        end
        if count > 0 then redis.call('PUBLISH', base .. 'revoked', 'u:' .. ARGV[2]) end
        return count
        """

    /// Stores a session under a new name; what it is called outside, its handle, stays, so nothing is published but
    /// for the sessions that end. The record is changed as text: whatever was written into it since it was read
    /// is kept, and decoding would not tell an empty list of roles from an empty object.
    ///
    /// KEYS: old record, new record, the user's sessions, their last use. ARGV: old hash, new hash, life of the new
    /// record in ms, now, when the old one ends for good and how long that is in ms (0 = it ends now and every
    /// other session of the user with it), base. Returns 1, 0: it has been rotated before, or -1: there is no such
    /// session any more.
    static let rotate = """
        local base = ARGV[7]
        \(finish)
        local isGraceful, old = tonumber(ARGV[6]) > 0, ARGV[1]
        local record, fields = read(old)
        if fields.g and isGraceful then return 0 end
        for _ = 1, \(rotationLimit) do
          if not fields.g or type(fields.nx) ~= 'string' then break end
          old = fields.nx
          record, fields = read(old)
        end
        if not record then return -1 end
        local named = '"k":"' .. old .. '"'
        local from, to = string.find(record, named, 1, true)
        if not from then return redis.error_reply('ERR the record does not name itself') end
        local plain = string.gsub(record, ',"p":"[%w_-]*"', '')
        from, to = string.find(plain, named, 1, true)
        local renamed = string.sub(plain, 1, from - 1) .. '"k":"' .. ARGV[2] .. '"' .. string.sub(plain, to + 1, -2)
        if isGraceful then renamed = renamed .. ',"p":"' .. old .. '"' end
        redis.call('SET', KEYS[2], renamed .. '}', 'PX', ARGV[3])
        for index = 3, 4 do
          local score = index == 4 and ARGV[4] or redis.call('ZSCORE', KEYS[index], old) or ARGV[4]
          redis.call('ZREM', KEYS[index], old)
          redis.call('ZADD', KEYS[index], score, ARGV[2])
          if redis.call('PTTL', KEYS[index]) < tonumber(ARGV[3]) then
            redis.call('PEXPIRE', KEYS[index], ARGV[3])
          end
        end
        if isGraceful then
          local tail = ',"g":' .. ARGV[5] .. ',"nx":"' .. ARGV[2] .. '"}'
          redis.call('SET', KEYS[1], string.sub(record, 1, -2) .. tail, 'PX', ARGV[6])
          local name = fields.p
          for index = 2, \(rotationLimit) do
            if type(name) ~= 'string' then break end
            local _, earlier = read(name)
            if index == \(rotationLimit) then redis.call('DEL', base .. 's:' .. name) end
            name = earlier.p
          end
          return 1
        end
        redis.call('DEL', base .. 's:' .. old)
        if type(fields.p) == 'string' then redis.call('DEL', base .. 's:' .. fields.p) end
        for _, hash in ipairs(redis.call('ZRANGE', KEYS[3], 0, -1)) do
          if hash ~= ARGV[2] then
            finish(hash)
            redis.call('ZREM', KEYS[3], hash)
            redis.call('ZREM', KEYS[4], hash)
          end
        end
        return 1
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
