import PluginAPI

/// Notes who still comes this way.
struct LegacyUsage: Sendable {
    /// The protocol's name in reports.
    static let protocolName = "legacy/1"

    let recorder: UsageRecorder
    let affected: AffectedDevices

    /// A device was let in.
    func note(_ device: DeviceIdentity, _ request: LegacyRequest) -> KnownSoftware {
        let software = recorder.known(
            ClientSoftware(transport: .legacy, protocolName: Self.protocolName, headers: request.headers) { name in
                request.query[name]
            })
        recorder.note(device, software)
        affected.insert(device)
        return software
    }
}
