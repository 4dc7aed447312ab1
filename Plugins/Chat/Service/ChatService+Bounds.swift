import PluginAPI

/// What may be stored of the texts that clients write, whatever wire they came over (``TextBounds``). Wires check the
/// same earlier, to say which field it is.
extension ChatService {
    static func check(_ user: UserProfile) throws {
        guard user.id.isWellFormed else { throw tooLong("User id", from: 1) }
        guard user.name?.isShortName ?? true else { throw tooLong("User name") }
        guard user.email?.isShortName ?? true else { throw tooLong("E-mail address") }
        guard !user.attributes.keysHoldNUL else {
            throw ChatError(.validation, "Keys of attributes must not hold U+0000")
        }
        let size = JSONValue.object(user.attributes).serialized().readableBytes
        guard size <= TextBounds.attributesBytes else {
            throw ChatError(.validation, "Attributes must not be larger than \(TextBounds.attributesBytes) bytes")
        }
    }

    static func check(_ context: DeviceContext) throws {
        for (name, value) in context.details where !value.isNull {
            guard case .string(let text) = value, text.isShort else {
                throw ChatError(.validation, "device_context.\(name) must have 0 to \(TextBounds.short) characters")
            }
        }
    }

    static func check(_ event: TrackedEvent) throws {
        guard event.userID.isWellFormed else { throw tooLong("user_id", from: 1) }
        guard !event.name.isEmpty, event.name.isShortName else { throw tooLong("event_name", from: 1) }
        let others = [event.userPlan, event.userCountry, event.sessionID, event.platform, event.appVersion]
        guard others.allSatisfy({ $0?.isShortName ?? true }) else { throw tooLong("A field of an event") }
        guard event.properties.utf8.count <= TextBounds.propertiesBytes else {
            throw ChatError(.validation, "properties must not be larger than \(TextBounds.propertiesBytes) bytes")
        }
    }

    private static func tooLong(_ what: String, from lowest: Int = 0) -> ChatError {
        ChatError(.validation, "\(what) must have \(lowest) to \(TextBounds.short) characters and no U+0000")
    }
}
