/// A day of the Gregorian calendar, reckoned backwards before 1582 as ISO 8601 does.
///
/// Years are counted from 1 March, so that the leap day is a year's last and the months before it have a regular
/// pattern: five months are always 153 days. 400 years (an era) are always 146 097 days.
public struct CivilDate: Equatable, Sendable {
    public var year: Int64
    /// 1 to 12.
    public var month: Int64
    /// From 1 on; a day that the month does not have is counted on from its last (``isValid``).
    public var day: Int64

    private static let daysPerEra: Int64 = 146_097
    /// From 0000-03-01 to 1970-01-01.
    private static let daysToEpoch: Int64 = 719_468

    public init(year: Int64, month: Int64, day: Int64) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// - Parameter number: days since 1970-01-01.
    public init(daysSinceEpoch number: Int64) {
        let days = number + Self.daysToEpoch
        let era = Self.floorDivide(days, Self.daysPerEra)
        let dayOfEra = days - era * Self.daysPerEra
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - Self.days(beforeYearOfEra: yearOfEra)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - Self.days(beforeMonthFromMarch: monthFromMarch) + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
    }

    /// Days since 1970-01-01.
    public var daysSinceEpoch: Int64 {
        let yearFromMarch = month <= 2 ? year - 1 : year
        let era = Self.floorDivide(yearFromMarch, 400)
        let dayOfYear = Self.days(beforeMonthFromMarch: month > 2 ? month - 3 : month + 9) + day - 1
        return era * Self.daysPerEra + Self.days(beforeYearOfEra: yearFromMarch - era * 400) + dayOfYear
            - Self.daysToEpoch
    }

    /// Whether there is such a day.
    public var isValid: Bool {
        guard (1...12).contains(month), day >= 1 else { return false }
        return CivilDate(daysSinceEpoch: daysSinceEpoch) == self
    }

    /// 0 for Sunday to 6 for Saturday.
    public var weekday: Int {
        // 1970-01-01 was a Thursday.
        let days = daysSinceEpoch + 4
        return Int(days - Self.floorDivide(days, 7) * 7)
    }

    /// The quotient rounded down, also below zero.
    ///
    /// - Precondition: the divisor is positive.
    public static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
        let quotient = value / divisor
        return value % divisor < 0 ? quotient - 1 : quotient
    }

    private static func days(beforeYearOfEra year: Int64) -> Int64 {
        year * 365 + year / 4 - year / 100
    }

    private static func days(beforeMonthFromMarch month: Int64) -> Int64 {
        (153 * month + 2) / 5
    }
}
