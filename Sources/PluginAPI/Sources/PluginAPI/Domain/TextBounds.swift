/// The bounds of what clients and agents write beside a message's text, the same on every wire and for every store.
///
/// Units are UTF-16 code units unless they are said to be bytes (`http.md` 5).
public enum TextBounds {
    /// Ids, names, e-mail addresses, what a device tells of itself, the fields of tracked events.
    public static let short = 255
    /// A push token, in bytes of UTF-8: the longest is FCM's.
    public static let pushTokenBytes = 10...4_096
    /// A tracked event's properties, in bytes of JSON.
    public static let propertiesBytes = 16_384
    /// A user's attributes in all, in bytes of JSON.
    public static let attributesBytes = 65_536
}

extension String {
    /// Whether U+0000 is inside. What names or identifies something must not hold it: PostgreSQL has no room for it, and
    /// for readers of C strings the text ends there. Messages, and values that are only shown, may.
    public var holdsNUL: Bool {
        var text = self
        return text.withUTF8 { $0.contains(0) }
    }

    /// Whether it is not longer than ``TextBounds/short``.
    public var isShort: Bool {
        // A unit takes one to three bytes, so most texts need no counting.
        utf8.count <= TextBounds.short || utf16Length <= TextBounds.short
    }

    /// Whether it may be written as an id or a name: short, and without U+0000.
    public var isShortName: Bool { isShort && !holdsNUL }
}

extension Identifier {
    /// Whether anything can have this id; what cannot is looked up nowhere.
    public var isWellFormed: Bool { !rawValue.isEmpty && rawValue.isShortName }
}

extension DeviceIdentity {
    /// Whether a client can be this device: app and device of 1…255 bytes without control characters (`http.md` 3).
    public var isWellFormed: Bool {
        [app.rawValue, device.rawValue].allSatisfy { text in
            (1...255).contains(text.utf8.count) && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
        }
    }
}

extension JSONObject {
    /// Whether U+0000 is inside a key at any depth.
    public var keysHoldNUL: Bool { contains { $0.key.holdsNUL || $0.value.keysHoldNUL } }
}

extension JSONValue {
    /// Whether U+0000 is inside a key at any depth.
    public var keysHoldNUL: Bool {
        switch self {
        case .null, .bool, .int, .double, .string: false
        case .array(let elements): elements.contains { $0.keysHoldNUL }
        case .object(let members): members.keysHoldNUL
        }
    }
}
