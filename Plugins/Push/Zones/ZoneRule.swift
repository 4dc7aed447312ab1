import PluginAPI

/// What a zone does in all years that its file does not list, such as `CET-1CEST,M3.5.0,M10.5.0/3` (POSIX, section 8.3
/// "TZ").
struct ZoneRule: Sendable, Equatable {
    /// A moment of each year, in local time.
    enum Change: Sendable, Equatable {
        /// The weekday (0: Sunday) for the so-manieth time in a month (5: the last time).
        case weekday(month: Int64, week: Int64, day: Int64, seconds: Int64)
        /// The day of the year from 1, never counting 29 February.
        case julian(day: Int64, seconds: Int64)
        /// The day of the year from 0, counting it.
        case day(Int64, seconds: Int64)
    }

    private struct Summer: Sendable, Equatable {
        var offset: Int64
        var begin: Change
        var end: Change
    }

    private var standard: Int64
    private var summer: Summer?

    /// Nil when the text is no rule.
    init?(_ text: String) {
        var parser = ZoneRuleParser(text)
        guard parser.name(), let west = parser.time() else { return nil }
        standard = -west
        if parser.isAtEnd { return }
        guard parser.name() else { return nil }
        var offset = standard + 3_600
        if !parser.isAt(",") {
            guard let west = parser.time() else { return nil }
            offset = -west
        }
        guard parser.take(","), let begin = parser.change(), parser.take(","), let end = parser.change(),
            parser.isAtEnd
        else { return nil }
        summer = Summer(offset: offset, begin: begin, end: end)
    }

    /// Seconds east of Greenwich at a moment counted in seconds since 1970.
    func offset(at seconds: Int64) -> Int64 {
        guard let summer else { return standard }
        let day = CivilDate.floorDivide(seconds + standard, 86_400)
        let year = CivilDate(daysSinceEpoch: day).year
        let begin = Self.moment(summer.begin, in: year) - standard
        let end = Self.moment(summer.end, in: year) - summer.offset
        let isSummer = begin < end ? (begin..<end).contains(seconds) : !(end..<begin).contains(seconds)
        return isSummer ? summer.offset : standard
    }

    /// Local seconds since 1970.
    private static func moment(_ change: Change, in year: Int64) -> Int64 {
        switch change {
        case .weekday(let month, let week, let day, let seconds):
            let first = CivilDate(year: year, month: month, day: 1)
            let daysToFirst = (day - Int64(first.weekday) + 7) % 7
            let found = CivilDate(daysSinceEpoch: first.daysSinceEpoch + daysToFirst + (week - 1) * 7)
            // The fifth is the last, which the month may have four times only.
            let days = found.month == month ? found.daysSinceEpoch : found.daysSinceEpoch - 7
            return days * 86_400 + seconds
        case .julian(let number, let seconds):
            let isPastLeapDay = CivilDate(year: year, month: 2, day: 29).isValid && number >= 60
            return (newYear(year) + number - 1 + (isPastLeapDay ? 1 : 0)) * 86_400 + seconds
        case .day(let number, let seconds):
            return (newYear(year) + number) * 86_400 + seconds
        }
    }

    private static func newYear(_ year: Int64) -> Int64 { CivilDate(year: year, month: 1, day: 1).daysSinceEpoch }
}

/// Reads a rule from left to right; each step answers nil or false when the text does not fit.
struct ZoneRuleParser {
    private var rest: Substring

    init(_ text: String) { rest = text[...] }

    var isAtEnd: Bool { rest.isEmpty }

    func isAt(_ character: Character) -> Bool { rest.first == character }

    mutating func take(_ character: Character) -> Bool {
        guard rest.first == character else { return false }
        rest.removeFirst()
        return true
    }

    /// At least three letters, or anything between angle brackets.
    mutating func name() -> Bool {
        if take("<") {
            guard let end = rest.firstIndex(of: ">") else { return false }
            rest = rest[rest.index(after: end)...]
            return true
        }
        let letters = rest.prefix { $0.isASCII && $0.isLetter }
        rest = rest.dropFirst(letters.count)
        return letters.count >= 3
    }

    mutating func number(atMost limit: Int64) -> Int64? {
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        guard (1...3).contains(digits.count), let value = Int64(digits), value <= limit else { return nil }
        rest = rest.dropFirst(digits.count)
        return value
    }

    /// `[+-]h[:m[:s]]` as seconds; up to a week, as RFC 8536 allows.
    mutating func time() -> Int64? {
        let sign: Int64 = take("-") ? -1 : 1
        if sign == 1 { _ = take("+") }
        guard let hours = number(atMost: 167) else { return nil }
        var seconds = hours * 3_600
        for unit: Int64 in [60, 1] where take(":") {
            guard let value = number(atMost: 59) else { return nil }
            seconds += value * unit
        }
        return sign * seconds
    }

    mutating func change() -> ZoneRule.Change? {
        if take("M") {
            guard let month = number(atMost: 12), month > 0, take("."), let week = number(atMost: 5), week > 0,
                take("."), let day = number(atMost: 6), let seconds = hour()
            else { return nil }
            return .weekday(month: month, week: week, day: day, seconds: seconds)
        }
        if take("J") {
            guard let day = number(atMost: 365), day > 0, let seconds = hour() else { return nil }
            return .julian(day: day, seconds: seconds)
        }
        guard let day = number(atMost: 365), let seconds = hour() else { return nil }
        return .day(day, seconds: seconds)
    }

    /// Two in the morning unless stated.
    private mutating func hour() -> Int64? { take("/") ? time() : 7_200 }
}
