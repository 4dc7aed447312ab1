public import HTTPTypes

/// What a client runs, as far as it told when it connected. All of it is the client's own word.
public struct ClientSoftware: Sendable, Hashable {
    /// What stands for a version that was not told.
    public static let unknownVersion = "unknown"
    /// The longest version that is kept, in bytes.
    public static let longestVersion = 32

    /// How it is connected.
    public var transport: ClientTransport
    /// The protocol and its version, such as `socket.io/5`.
    public var protocolName: String
    /// The version of its SDK, or ``unknownVersion``.
    public var sdkVersion: String
    /// What it runs on.
    public var platform: Platform

    /// Makes a description; a version with other characters than `A-Z a-z 0-9 . _ + -`, or a longer one, is not kept.
    public init(
        transport: ClientTransport,
        protocolName: String,
        sdkVersion: String? = nil,
        platform: Platform = .unknown
    ) {
        self.transport = transport
        self.protocolName = protocolName
        self.sdkVersion = sdkVersion.flatMap(Self.checked) ?? Self.unknownVersion
        self.platform = platform
    }

    /// Reads what the request of a websocket says: `X-SDK-Version` and `X-Platform`, or `sdk_version` and `platform` in
    /// the query; where no platform is named, `User-Agent` may give it away.
    ///
    /// - Parameter query: the value of a parameter of the query.
    public init(
        transport: ClientTransport,
        protocolName: String,
        headers: HTTPFields,
        query: (String) -> String?
    ) {
        let named = headers.value(of: Self.platformField) ?? query("platform")
        let platform = named.flatMap { Platform(rawValue: $0.lowercased()) }
        self.init(
            transport: transport,
            protocolName: protocolName,
            sdkVersion: headers.value(of: Self.versionField) ?? query("sdk_version"),
            platform: platform ?? Self.platform(of: headers[.userAgent] ?? ""))
    }

    private static let versionField = HTTPField.Name.constant("X-SDK-Version")
    private static let platformField = HTTPField.Name.constant("X-Platform")

    private static func checked(_ version: String) -> String? {
        let isSound = version.utf8.allSatisfy { byte in
            byte.isASCIIDigit || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                || ".+-_".utf8.contains(byte)
        }
        return isSound && (1...longestVersion).contains(version.utf8.count) ? version : nil
    }

    /// The marks that networking libraries leave, the most particular first.
    private static let marks: [(mark: StaticString, platform: Platform)] = [
        ("android", .android), ("okhttp", .android), ("iphone", .ios), ("ipad", .ios), ("cfnetwork", .ios),
        ("electron", .desktop), ("mozilla", .web),
    ]

    private static func platform(of agent: String) -> Platform {
        guard (1...512).contains(agent.utf8.count) else { return .unknown }
        return agent.utf8.withBytes { agent in
            marks.first { agent.contains(lowercased: $0.mark) }?.platform ?? .unknown
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Whether a word is in it, in any case of its letters.
    fileprivate func contains(lowercased word: StaticString) -> Bool {
        word.withUTF8Buffer { word in
            guard count >= word.count else { return false }
            return (0...(count - word.count)).contains { start in
                word.indices.allSatisfy { self[start + $0] | 0x20 == word[$0] }
            }
        }
    }
}

/// A way in which clients are connected; plugins may name ways of their own.
public struct ClientTransport: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    /// The word in rows, reports and metrics.
    public var rawValue: String

    /// Names a transport.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The word itself.
    public var description: String { rawValue }

    /// Socket.IO.
    public static let socketIO = ClientTransport(rawValue: "socketio")
    /// The raw websocket of old SDKs.
    public static let legacy = ClientTransport(rawValue: "legacy")
}
