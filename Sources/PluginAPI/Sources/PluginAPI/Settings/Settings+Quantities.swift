extension Settings {
    /// A whole number, within the given bounds or else the schema's.
    public func int(
        _ key: String, default value: Int? = nil, in range: ClosedRange<Int>? = nil
    ) throws(SettingsError) -> Int {
        let range = range ?? integerRange(key)
        return try read(key, value) { value throws(SettingsError) in try value.integer(in: range) }
    }

    /// A whole number, or `nil` when none is stated.
    public func optionalInt(_ key: String, in range: ClosedRange<Int>? = nil) throws(SettingsError) -> Int? {
        let range = range ?? integerRange(key)
        return try readOptional(key) { value throws(SettingsError) in try value.integer(in: range) }
    }

    /// A decimal number, within the given bounds or else the schema's.
    public func number(
        _ key: String, default value: Double? = nil, in range: ClosedRange<Double>? = nil
    ) throws(SettingsError) -> Double {
        let range = range ?? numberRange(key)
        return try read(key, value) { value throws(SettingsError) in try value.number(in: range) }
    }

    /// A truth value: `true`, `yes`, `on`, `1` or their opposites.
    public func bool(_ key: String, default value: Bool? = nil) throws(SettingsError) -> Bool {
        try read(key, value) { value throws(SettingsError) in try value.boolean() }
    }

    /// A length of time; a bare number counts seconds.
    public func duration(
        _ key: String, default value: Duration? = nil, in range: ClosedRange<Duration>? = nil
    ) throws(SettingsError) -> Duration {
        let range = range ?? durationRange(key)
        return try read(key, value) { value throws(SettingsError) in try value.duration(in: range) }
    }

    /// A length of time, or `nil` when none is stated.
    public func optionalDuration(
        _ key: String, in range: ClosedRange<Duration>? = nil
    ) throws(SettingsError) -> Duration? {
        let range = range ?? durationRange(key)
        return try readOptional(key) { value throws(SettingsError) in try value.duration(in: range) }
    }

    /// A number of bytes; `kB`, `MB` and `GB` are powers of 1024.
    public func byteCount(
        _ key: String, default value: Int? = nil, in range: ClosedRange<Int>? = nil
    ) throws(SettingsError) -> Int {
        let range = range ?? integerRange(key)
        return try read(key, value) { value throws(SettingsError) in try value.byteCount(in: range) }
    }

    private func integerRange(_ key: String) -> ClosedRange<Int>? {
        switch schema?[key]?.kind {
        case .integer(let range), .byteCount(let range): range
        default: nil
        }
    }

    private func numberRange(_ key: String) -> ClosedRange<Double>? {
        if case .number(let range) = schema?[key]?.kind { range } else { nil }
    }

    private func durationRange(_ key: String) -> ClosedRange<Duration>? {
        if case .duration(let range) = schema?[key]?.kind { range } else { nil }
    }
}
