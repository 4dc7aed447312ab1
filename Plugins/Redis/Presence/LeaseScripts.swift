/// The steps of presence that must be atomic over all nodes.
///
/// Each names all keys it touches, so that a Redis Cluster can tell whether it is asked the right node; they are those
/// of one partition (``LeaseKeys``). Time is the server's own, so that nodes whose clocks differ agree.
enum LeaseScripts {
    static let all = [hold, release, settle, expire, isOnline]

    private static let time = """
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        local function text(number) return string.format('%.0f', number) end

        """

    /// KEYS: leases, shown, then for each connection: its app's and its device's. ARGV: lease in ms, then for each
    /// connection: member, device. Answers the places (from 0) of devices that were not shown.
    static let hold = RedisScript(
        time + """
            local lease = tonumber(ARGV[1])
            local expiry, life, shown, swept = text(now + lease), lease * 2, {}, {}
            local function add(key, member)
                if not swept[key] then
                    redis.call('ZREMRANGEBYSCORE', key, '-inf', text(now))
                    swept[key] = true
                end
                redis.call('ZADD', key, expiry, member)
                -- Never sooner: others may hold longer leases in it.
                if redis.call('PTTL', key) < life then redis.call('PEXPIRE', key, text(life)) end
            end
            for place = 2, #ARGV, 2 do
                local member = ARGV[place]
                redis.call('ZADD', KEYS[1], expiry, member)
                add(KEYS[place + 1], member)
                add(KEYS[place + 2], member)
                if redis.call('SADD', KEYS[2], ARGV[place + 1]) == 1 then
                    table.insert(shown, (place - 2) / 2)
                end
            end
            return shown
            """)

    /// KEYS: leases, away, then for each connection: its app's and its device's. ARGV: time to settle in ms, then for
    /// each connection: member, device.
    static let release = RedisScript(
        time + """
            local due = text(now + tonumber(ARGV[1]))
            for place = 2, #ARGV, 2 do
                local member = ARGV[place]
                redis.call('ZREM', KEYS[1], member)
                redis.call('ZREM', KEYS[place + 1], member)
                redis.call('ZREM', KEYS[place + 2], member)
                redis.call('ZADD', KEYS[2], due, ARGV[place + 1])
            end
            return redis.status_reply('OK')
            """)

    /// KEYS: shown, away, then each device's. ARGV: devices. Answers the places (from 0) of those that are shown no longer.
    static let settle = RedisScript(
        time + """
            local hidden = {}
            for place = 1, #ARGV do
                if redis.call('ZCOUNT', KEYS[place + 2], '(' .. text(now), '+inf') == 0 then
                    redis.call('ZREM', KEYS[2], ARGV[place])
                    if redis.call('SREM', KEYS[1], ARGV[place]) == 1 then table.insert(hidden, place - 1) end
                end
            end
            return hidden
            """)

    /// KEYS: leases or away. ARGV: how many at most. Answers members. The other sets drop leases by their scores.
    static let expire = RedisScript(
        time + """
            local members = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', text(now), 'LIMIT', 0, ARGV[1])
            for place = 1, #members do redis.call('ZREM', KEYS[1], members[place]) end
            return members
            """)

    /// KEYS: the device's. Answers how many leases it has.
    static let isOnline = RedisScript(
        time + """
            return redis.call('ZCOUNT', KEYS[1], '(' .. text(now), '+inf')
            """)
}
