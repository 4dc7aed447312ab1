/// The steps of limits that must be atomic over all nodes: each bucket is one number, the time at which it will be full
/// again, in microseconds of the server's own clock. An empty key is a full bucket.
enum BucketScripts {
    static let all = [take, giveBack]

    /// KEYS: the bucket. ARGV: in microseconds, what a token takes to come back, what an empty bucket takes to be full,
    /// and the longest delay. Answers whether a token was taken (1 or 0), how long to wait, and how long until full.
    static let take = RedisScript(
        """
        local time = redis.call('TIME')
        local now = time[1] * 1000000 + time[2]
        local interval, burst, debt = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
        local full = tonumber(redis.call('GET', KEYS[1]) or 0) or 0
        if full < now then full = now end
        -- The clock went back, or the rules have changed.
        if full > now + burst + debt then full = now + burst + debt end
        local after = full + interval
        local wait = after - burst - now
        if wait > debt then return {0, wait - debt, full - now} end
        redis.call('SET', KEYS[1], string.format('%.0f', after), 'PX', math.ceil((after - now) / 1000) + 1)
        if wait < 0 then wait = 0 end
        return {1, wait, after - now}
        """)

    /// KEYS: the bucket. ARGV: in microseconds, what a token takes to come back.
    static let giveBack = RedisScript(
        """
        local full = tonumber(redis.call('GET', KEYS[1]) or nil)
        if full then redis.call('SET', KEYS[1], string.format('%.0f', full - tonumber(ARGV[1])), 'KEEPTTL') end
        return redis.status_reply('OK')
        """)
}
