/// Days of the Gregorian calendar as numbers since 1970-01-01.
enum CivilClock {
    static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }

    static func isLeap(_ year: Int64) -> Bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    static func length(ofMonth month: Int64, in year: Int64) -> Int64 {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Years are counted from 1 March, so that the leap day ends them and five months are always 153 days.
    static func day(year: Int64, month: Int64, day: Int64) -> Int64 {
        let fromMarch = month <= 2 ? year - 1 : year
        let months = month > 2 ? month - 3 : month + 9
        let leapDays = floorDivide(fromMarch, 4) - floorDivide(fromMarch, 100) + floorDivide(fromMarch, 400)
        return fromMarch * 365 + leapDays + (153 * months + 2) / 5 + day - 1 - 719_468
    }

    static func year(ofDay day: Int64) -> Int64 {
        // Never off by more than one, which the comparison mends.
        var year = 1970 + floorDivide(day * 400, 146_097)
        if day < Self.day(year: year, month: 1, day: 1) { year -= 1 }
        if day >= Self.day(year: year + 1, month: 1, day: 1) { year += 1 }
        return year
    }
}
