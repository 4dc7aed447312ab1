extension PushPolicy {
    /// Reads what ``settings`` writes: the member `push` of an app's settings.
    ///
    /// - Throws: ``ChatError/Code/validation`` naming the member that is not as it should be. Unknown ones are ignored.
    public init(settings: JSONObject) throws(ChatError) {
        self.init()
        isEnabled = try Self.read(settings, "enabled", "true or false") { $0.boolValue }
        title = try Self.read(settings, "title", "a text of 1 to \(Self.titleLimit) characters") { value in
            value.stringValue.flatMap { (1...Self.titleLimit).contains($0.utf16Length) ? $0 : nil }
        }
        preview = try Self.read(settings, "preview", "a number from 0 to \(Self.previewLimit)") {
            Self.number($0, in: 0...Self.previewLimit)
        }
        perHour = try Self.read(settings, "per_hour", "a number from 0 to \(Self.perHourLimit)") {
            Self.number($0, in: 0...Self.perHourLimit)
        }
        let form = "false, or {\"from\": \"22:00\", \"to\": \"07:00\", \"time_zone\": \"Europe/Berlin\"}"
        quiet = try Self.read(settings, "quiet_hours", form) { value in
            if value.boolValue == false { return .never }
            guard let from = value["from"]?.stringValue.flatMap({ QuietHours.minute($0) }),
                let to = value["to"]?.stringValue.flatMap({ QuietHours.minute($0) }),
                let hours = QuietHours(from: from, to: to, timeZone: value["time_zone"]?.stringValue ?? "UTC")
            else { return nil }
            return .daily(hours)
        }
    }

    /// The policy as an app's settings hold it; empty when everything is left to the configuration.
    public var settings: JSONObject {
        var settings = JSONObject()
        settings["enabled"] = isEnabled.map { .bool($0) }
        settings["title"] = title.map { .string($0) }
        settings["preview"] = preview.map { .int(Int64($0)) }
        settings["per_hour"] = perHour.map { .int(Int64($0)) }
        switch quiet {
        case .never: settings["quiet_hours"] = .bool(false)
        case .daily(let hours):
            settings["quiet_hours"] = [
                "from": .string(QuietHours.text(hours.from)), "to": .string(QuietHours.text(hours.to)),
                "time_zone": .string(hours.timeZone),
            ]
        case nil: break
        }
        return settings
    }

    private static func number(_ value: JSONValue, in range: ClosedRange<Int>) -> Int? {
        value.intValue.flatMap { Int(exactly: $0) }.flatMap { range.contains($0) ? $0 : nil }
    }

    private static func read<Value>(
        _ settings: JSONObject, _ name: String, _ expected: String, _ parse: (JSONValue) -> Value?
    ) throws(ChatError) -> Value? {
        guard let value = settings.present(name) else { return nil }
        guard let parsed = parse(value) else {
            throw ChatError(.validation, "push.\(name) must be \(expected)")
        }
        return parsed
    }
}
