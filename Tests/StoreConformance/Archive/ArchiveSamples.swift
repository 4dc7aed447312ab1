import PluginAPI

/// Rows that are hard to copy: every kind of value at its edges.
public enum ArchiveSamples {
    /// Text that some engine, protocol or escape could spoil.
    public static let texts = [
        "", "plain", "it's \"quoted\" and \\escaped\\", "{1,2}", "NULL", "line\nline\r\n\ttab",
        "a\0b", "\0", "\u{10FFFD}",
        "\u{10FFFD}0", "e\u{301} and \u{E9}", "👩‍👩‍👧‍👦", "\u{1}\u{7F}", "日本語", " ",
    ]

    private static let objects: [JSONObject] = [
        [:],
        [
            "z": 1, "a": [1, 2.5, -0.0, 1e20, 1e300, .double(.leastNonzeroMagnitude), .null, true],
            "é": ["b": [:], "a": []],
        ],
        ["9007199254740993": .int(9_007_199_254_740_993), "max": .int(.max), "min": .int(.min)],
        ["text": "a\0b\u{10FFFD}", "key\0": "\\u0000", "\"": "'"], ["e\u{301}": 1], ["whole": 3.0],
    ]

    /// The app that all rows belong to.
    public static let app = "0b0e5f2c-0000-4000-8000-000000000001"

    /// Two apps.
    public static func apps() -> [ArchiveRow] {
        [
            row(
                .apps,
                [
                    "id": .text(app), "name": .text("Ünï\0code"), "api_key_hash": .text("salt:digest"),
                    "previous_key_hash": .text("old:digest"), "previous_key_expires_at": time(9),
                    "settings": .object(["rate": ["burst": 20]]),
                ]),
            row(
                .apps,
                ["id": .text("1-another"), "name": .text(""), "api_key_hash": .text("x"), "settings": .object([:])]),
        ]
    }

    /// Conversations of ``app``.
    public static func conversations(_ count: Int = 15) -> [ArchiveRow] {
        (0..<count).map { number in
            row(
                .conversations,
                [
                    "id": .text(id("conv", number)), "visitor_id": .text(id("vis", number)), "app_id": .text(app),
                    "device_id": .text("device-\(number)"),
                    "user_id": number.isMultiple(of: 2) ? .null : .text("ü'\\\"{}"),
                    "status": .text(number.isMultiple(of: 3) ? "resolved" : "open"),
                    "metadata": .object(objects[number % objects.count]),
                    "last_message_at": number == 0 ? .null : time(Int64(number)),
                    "last_sequence": .integer(Int64(number)),
                ])
        }
    }

    /// For ``conversations(_:)``.
    public static func messages(_ count: Int = 45, in conversations: Int = 15) -> [ArchiveRow] {
        (0..<count).map { number in
            row(
                .messages,
                [
                    "conversation_id": .text(id("conv", number % conversations)),
                    "sequence": .integer(number == count - 1 ? 5_000_000_000 : Int64(number + 1)),
                    "id": .text(id("msg", number)), "local_id": .text("local-\(number)"), "app_id": .text(app),
                    "body": .text(texts[number % texts.count]),
                    "sender": .text(["user", "agent", "system"][number % 3]),
                    "status": .text(["SENT", "DELIVERED", "READ"][number % 3]),
                    "delivered_at": number % 3 > 0 ? time(1_700_000_000_001) : .null,
                    "read_at": number % 3 > 1 ? time(1_700_000_000_999) : .null,
                ])
        }
    }

    /// Devices of ``app``.
    public static func devices() -> [ArchiveRow] {
        [
            row(
                .devices,
                [
                    "app_id": .text(app), "device_id": .text("device-1"), "user_id": .text("somebody"),
                    "push_token": .text(LongToken.make(7)), "push_token_provider": .text("apns"),
                    "push_token_updated_at": time(5), "platform": .text("ios"), "last_seen_at": time(6),
                    "secret_hash": .text("salt:digest"),
                ]),
            row(
                .devices,
                [
                    "app_id": .text(app), "device_id": .text("device 2"), "platform": .text("unknown"),
                    "last_seen_at": time(-62_135_596_800_000),
                ]),
        ]
    }

    /// Events of ``app``, with gaps between their ids.
    public static func events() -> [ArchiveRow] {
        texts.enumerated().map { number, text in
            row(
                .events,
                [
                    "id": .integer(Int64(number * 7 + 1)), "app_id": .text(app), "device_id": .text("device-1"),
                    "user_id": .text(text), "event_name": .text(text), "event_timestamp": time(Int64(number)),
                    "properties": .object(objects[number % objects.count]), "session_id": .text("s"),
                    "user_plan": number.isMultiple(of: 2) ? .null : .text(text), "platform": .text(text),
                ])
        }
    }

    /// Uses of transports by devices of ``app``.
    public static func transportUses() -> [ArchiveRow] {
        (0..<12).map { number in
            row(
                .transportUses,
                [
                    "app_id": .text(app), "day": .integer([20_481, 99, 20_482][number % 3]),
                    "device_id": .text("device-\(number / 6)"),
                    "transport": .text(["legacy", "socketio"][number / 3 % 2]), "protocol": .text("legacy/1"),
                    "sdk_version": .text("1.\(number)"), "platform": .text("android"),
                    "last_seen_at": time(1_769_681_757_000 + Int64(number)),
                ])
        }
    }

    /// All of them, in the order in which they can be stored; within a table in no order at all.
    public static func all() -> [(ArchiveTable, [ArchiveRow])] {
        [
            (.apps, apps()), (.conversations, conversations().reversed()), (.messages, messages().reversed()),
            (.devices, devices()), (.events, events()), (.transportUses, transportUses().reversed()),
        ]
    }

    /// A row of the named values; times that are not named are some instant, all else is missing.
    public static func row(_ table: ArchiveTable, _ values: [String: ArchiveValue]) -> ArchiveRow {
        ArchiveRow(
            table,
            table.columns.map { column in
                let isTold = ["created_at", "updated_at"].contains(column.name)
                return values[column.name] ?? (isTold ? time(1_769_681_757_120) : .null)
            })
    }

    private static func time(_ milliseconds: Int64) -> ArchiveValue { .integer(milliseconds) }

    private static func id(_ prefix: String, _ number: Int) -> String {
        // Not in the order of the numbers.
        "\(prefix)_\(String(number * 2_654_435_761 % 4_294_967_296, radix: 16))"
    }
}

extension ArchiveRow {
    /// What tells whether two rows are the same, whatever engine they came from.
    public var canonical: String {
        var json = JSONWriter()
        write(to: &json)
        return String(buffer: json.buffer)
    }
}
