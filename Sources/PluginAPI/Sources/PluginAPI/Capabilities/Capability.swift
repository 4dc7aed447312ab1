/// The name of something that one plugin offers to others.
public struct CapabilityName: RawRepresentable, Hashable, Sendable, Comparable, CustomStringConvertible,
    ExpressibleByStringLiteral
{
    /// The name as descriptors list it.
    public var rawValue: String

    /// Names a capability.
    public init(rawValue: String) { self.rawValue = rawValue }
    /// Names a capability.
    public init(stringLiteral value: String) { rawValue = value }

    /// The name itself.
    public var description: String { rawValue }
    /// Orders names as text.
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// A typed key under which a plugin provides a value and others find it.
///
/// Third parties make their own keys, with a protocol that lies in an image both sides link.
public struct Capability<Value>: Sendable {
    /// The name under which the value is found.
    public let name: CapabilityName

    /// Ties a name to the type of its value.
    public init(_ name: CapabilityName) { self.name = name }
}

extension Capability where Value == any Store {
    /// Where apps, conversations and messages are kept.
    public static var store: Self { Self("store") }
}

extension Capability where Value == any Chat {
    /// The rules of the chat.
    public static var chat: Self { Self("chat") }
}

extension Capability where Value == any Presence {
    /// Who is online.
    public static var presence: Self { Self("presence") }
}

extension Capability where Value == any PushSender {
    /// What is pushed to devices that are not connected.
    public static var push: Self { Self("push") }
}

extension Capability where Value == any AdminIdentity {
    /// Who may act as an agent.
    public static var adminIdentity: Self { Self("admin-identity") }
}

extension Capability where Value == any Bus {
    /// The way to the other nodes.
    public static var bus: Self { Self("bus") }
}

extension Capability where Value == any SocketIOServing {
    /// Engine.IO and Socket.IO endpoints for other plugins.
    public static var socketIO: Self { Self("socketio") }
}
