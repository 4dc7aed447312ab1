import PluginAPI

/// `replyhq doctor push`.
enum DoctorCommand {
    /// How the command ends when a push would not go.
    static let wouldNotGo: Int32 = 1

    @Sendable static func run(_ session: CommandSession) async throws {
        guard let name = session.arguments["device"], !name.isEmpty else {
            throw CommandFailure.usage("--device is missing: whose pushes are not arriving?")
        }
        let report: JSONValue
        do {
            let device = try await find(DeviceID(rawValue: name), session)
            report = try await examine(device, session)
        } catch let error as ChatError {
            throw CommandFailure.unusable(error.reason)
        } catch let error as ControlError {
            throw CommandFailure.unusable(error.description)
        }
        if session.arguments.has("json") {
            session.output.json(report)
        } else {
            session.output.text(PushReportText.text(report))
        }
        // The report has said why.
        if report["would_go"] != true { throw CommandFailure(exitCode: wouldNotGo) }
    }

    /// The device with the app that is meant.
    private static func find(_ device: DeviceID, _ session: CommandSession) async throws -> DeviceIdentity {
        if let app = session.arguments["app"] { return DeviceIdentity(app: AppID(rawValue: app), device: device) }
        let apps = try await session.withContext(requiring: ["store"]) { context in
            let store = try context.require(.store)
            var found: [App] = []
            for app in try await store.apps() {
                if try await !store.devices(of: .device(device), app: app.id).isEmpty { found.append(app) }
            }
            return found
        }
        guard let app = apps.first else {
            throw CommandFailure("no app knows the device \"\(device)\"", exitCode: wouldNotGo)
        }
        guard apps.count == 1 else {
            let list = apps.prefix(10).map { "--app \($0.id)  (\(PushReportText.printable($0.name)))" }
            throw CommandFailure.usage(
                "\(apps.count) apps know the device; say which is meant:\n" + list.joined(separator: "\n"))
        }
        return DeviceIdentity(app: app.id, device: device)
    }

    /// By the running server, which knows who is connected and pushes itself; else by this process.
    private static func examine(_ device: DeviceIdentity, _ session: CommandSession) async throws -> JSONValue {
        guard await session.isServerRunning else {
            let obstacle = session.isEnabled ? nil : "the plugin Push is off in the configuration"
            return try await examineHere(device, session, blind: "no server runs here", obstacle: obstacle)
        }
        do {
            return try await session.ask(DoctorQuestion.name, DoctorQuestion(device, send: send(session)).json)
        } catch let error as ControlError {
            guard case .refused("NOT_FOUND") = error.code else { throw error }
            let reason = "the running server has no plugin Push"
            return try await examineHere(device, session, blind: reason, obstacle: reason)
        }
    }

    private static func examineHere(
        _ device: DeviceIdentity, _ session: CommandSession, blind: String, obstacle: String?
    ) async throws -> JSONValue {
        let send = send(session)
        let examine: @Sendable (PluginContext) async throws -> JSONValue = { context in
            let doctor = PushDoctor(
                store: try context.require(.store), configuration: try PushConfiguration(context.settings),
                providers: { context.find(.pushProvider($0)) }, sight: { _ in .unknown(blind) }, clock: context.clock,
                zones: ZoneBook(logger: context.logger))
            return try await doctor.examine(device, send: send, obstacle: obstacle).json
        }
        // Whichever providers are enabled; asking for one that is not ends before anything has started.
        for kinds in [PushTokenProvider.all] + PushTokenProvider.all.map({ [$0] }) {
            let names = kinds.map { Capability.pushProvider($0).name }
            do {
                return try await session.withContext(requiring: ["store"] + names, examine)
            } catch let failure as CommandFailure {
                guard failure.exitCode == CommandFailure.unusable("").exitCode else { throw failure }
            }
        }
        return try await session.withContext(requiring: ["store"], examine)
    }

    private static func send(_ session: CommandSession) -> Bool { session.arguments.has("send") }
}
