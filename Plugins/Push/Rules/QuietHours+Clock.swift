import PluginAPI

extension QuietHours {
    /// When the quiet that reigns at an instant ends; nil: none does. Never earlier than a second from then.
    ///
    /// - Parameter zone: what ``timeZone`` names.
    func end(at now: Timestamp, in zone: ZoneFile) -> Timestamp? {
        let seconds = CivilDate.floorDivide(now.milliseconds, 1_000)
        let local = seconds + zone.offset(at: now)
        let day = CivilDate.floorDivide(local, 86_400)
        let minute = Int((local - day * 86_400) / 60)
        let isQuiet = from < to ? (from..<to).contains(minute) : !(to..<from).contains(minute)
        guard isQuiet else { return nil }
        let endDay = minute < to ? day : day + 1
        let wanted = endDay * 86_400 + Int64(to) * 60
        // The clocks may be changed before it ends: the offset that counts is the one at the end.
        let guess = Timestamp(milliseconds: (wanted - (local - seconds)) * 1_000)
        let end = Timestamp(milliseconds: (wanted - zone.offset(at: guess)) * 1_000)
        return max(end, now + .seconds(1))
    }
}
