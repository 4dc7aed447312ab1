import PluginAPI

/// A wire whose frames are the text that an event carries in its device's name, with a prefix.
struct PlainFormat: WireFormat {
    let name = "plain"
    var prefix = ""

    func frame(for event: DomainEvent) -> ByteBuffer? {
        switch event {
        case .presenceChanged(let device, _): ByteBuffer(string: prefix + device.device.rawValue)
        case .typing(let typing):
            if case .user(let device) = typing.side { ByteBuffer(string: prefix + device.rawValue) } else { nil }
        default: nil
        }
    }
}

extension DomainEvent {
    /// An event that everybody must get.
    static func text(_ text: String) -> DomainEvent {
        .presenceChanged(DeviceIdentity(app: AppID(rawValue: "app"), device: DeviceID(rawValue: text)), isOnline: true)
    }

    /// An event that a slow reader can do without.
    static func typing(_ text: String) -> DomainEvent {
        .typing(
            Typing(
                conversation: ConversationID(rawValue: "conv"),
                app: AppID(rawValue: "app"),
                side: .user(DeviceID(rawValue: text)),
                isTyping: true
            ))
    }
}
