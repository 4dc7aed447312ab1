/// The steps of presence that must be atomic over all nodes.
///
/// Each takes the prefix of its keys first. Time is the server's own, so that nodes whose clocks differ agree.
enum LeaseScripts {
    static let all = [hold, release, settle, expire, isOnline]

    private static let time = """
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        local function text(number) return string.format('%.0f', number) end

        """

    /// ARGV: prefix, lease in ms, then for each connection: member, app, device.
    /// Answers the places (from 0) of devices that were not shown.
    static let hold = RedisScript(
        time + """
            local prefix, lease = ARGV[1], tonumber(ARGV[2])
            local expiry, life, shown, swept = text(now + lease), text(lease * 2), {}, {}
            local function add(key, member)
                if not swept[key] then
                    redis.call('ZREMRANGEBYSCORE', key, '-inf', text(now))
                    swept[key] = true
                end
                redis.call('ZADD', key, expiry, member)
                redis.call('PEXPIRE', key, life)
            end
            for place = 3, #ARGV, 3 do
                local member = ARGV[place]
                redis.call('ZADD', prefix .. 'leases', expiry, member)
                add(prefix .. 'app:' .. ARGV[place + 1], member)
                add(prefix .. 'device:' .. ARGV[place + 2], member)
                if redis.call('SADD', prefix .. 'shown', ARGV[place + 2]) == 1 then
                    table.insert(shown, (place - 3) / 3)
                end
            end
            return shown
            """)

    /// ARGV: prefix, then for each connection: member, app, device.
    static let release = RedisScript(
        """
        local prefix = ARGV[1]
        for place = 2, #ARGV, 3 do
            local member = ARGV[place]
            redis.call('ZREM', prefix .. 'leases', member)
            redis.call('ZREM', prefix .. 'app:' .. ARGV[place + 1], member)
            redis.call('ZREM', prefix .. 'device:' .. ARGV[place + 2], member)
        end
        return redis.status_reply('OK')
        """)

    /// ARGV: prefix, then devices. Answers the places (from 0) of those that are shown no longer.
    static let settle = RedisScript(
        time + """
            local prefix, hidden = ARGV[1], {}
            for place = 2, #ARGV do
                local live = redis.call('ZCOUNT', prefix .. 'device:' .. ARGV[place], '(' .. text(now), '+inf')
                if live == 0 and redis.call('SREM', prefix .. 'shown', ARGV[place]) == 1 then
                    table.insert(hidden, place - 2)
                end
            end
            return hidden
            """)

    /// ARGV: prefix, how many at most. Answers members. The other sets drop them by their scores.
    static let expire = RedisScript(
        time + """
            local key = ARGV[1] .. 'leases'
            local members = redis.call('ZRANGEBYSCORE', key, '-inf', text(now), 'LIMIT', 0, ARGV[2])
            for place = 1, #members do redis.call('ZREM', key, members[place]) end
            return members
            """)

    /// ARGV: prefix, device. Answers how many leases it has.
    static let isOnline = RedisScript(
        time + """
            return redis.call('ZCOUNT', ARGV[1] .. 'device:' .. ARGV[2], '(' .. text(now), '+inf')
            """)
}
