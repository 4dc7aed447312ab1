import Foundation
import Logging
import NIOPosix
import PluginAPI
import Testing

@testable import HostCore

@Suite("Every shipped plugin keeps to the life cycle", .timeLimit(.minutes(10)))
struct PluginLifecycleConformance {
    private static let names = [
        "SQLite", "Chat", "Presence", "SocketIO", "LegacyWS", "Rest", "Admin", "Metrics", "Echo",
    ]

    private func roster(_ services: HostServices, database: String) throws -> PluginRoster {
        let list = Self.names.map {
            $0 == "SQLite" ? "- {name: SQLite, settings: {path: \(database)}}" : "- name: \($0)"
        }
        let host = try load("plugins:\n" + list.joined(separator: "\n")).host
        let loader = PluginLoader(locator: PluginLocator(directories: [buildFolder]))
        return try PluginRoster(plugins: host.plugins, loader: loader, environment: .bench(services))
    }

    @Test("making opens nothing, and stopping what was not started does nothing")
    func unstarted() async throws {
        let folder = try TemporaryFolder()
        let services = HostServices.bench()
        let roster = try roster(services, database: folder.path + "/a.db")
        #expect(Set(roster.instances.map(\.descriptor.name)) == Set(Self.names))
        for instance in roster.instances.reversed() { await instance.stop() }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        for instance in roster.instances {
            for capability in instance.descriptor.provides { #expect(services.value(of: capability) == nil) }
        }
    }

    @Test("start, stop, and start again in the same process: all is provided, and all is taken back")
    func twice() async throws {
        let folder = try TemporaryFolder()
        let services = HostServices.bench()
        for _ in 0..<2 {
            let roster = try roster(services, database: folder.path + "/a.db")
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let supervisor = PluginSupervisor(roster: roster, logger: logger) { await services.takeBack(from: $0) }
            let report = try await supervisor.start()
            #expect(report.rows.allSatisfy { $0.state == .ready }, "\(report.lines)")
            for instance in roster.instances {
                for capability in instance.descriptor.provides {
                    #expect(services.value(of: capability) != nil, "\(capability)")
                }
            }
            #expect(services.routes.current.webSocket(at: "/v1/socket.io") != nil)
            #expect(await services.checks.failures().isEmpty)
            await supervisor.drain(until: .now() + .seconds(10))
            await supervisor.stop()
            for instance in roster.instances {
                #expect(instance.health.report.state == .stopped, "\(instance.descriptor.name)")
                for capability in instance.descriptor.provides { #expect(services.value(of: capability) == nil) }
            }
            #expect(services.routes.current.webSocket(at: "/v1/socket.io") == nil)
        }
    }
}
