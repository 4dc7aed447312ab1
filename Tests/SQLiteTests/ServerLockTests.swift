import Foundation
import PluginAPI
import Testing

@testable import SQLitePlugin

@Suite("SQLite store: one server for a file")
struct ServerLockTests {
    private func open(_ path: String) async throws -> SQLiteStore {
        try await SQLiteStore.open(SQLiteOptions(path: path, busyTimeout: .zero), isServer: true)
    }

    @Test("a second server is refused with the process that has the file, under any name of it")
    func second() async throws {
        let database = try TemporaryDatabase()
        let first = try await open(database.path)
        let (link, hard, moved) = (
            database.folder + "/link.db", database.folder + "/hard.db", database.folder + "/moved.db"
        )
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: database.path)
        try FileManager.default.linkItem(atPath: database.path, toPath: hard)
        for path in [database.path, link, hard] {
            let refusal = await #expect(throws: StoreStartError.self) { try await open(path) }
            #expect(refusal?.description.contains("process \(getpid())") == true)
        }
        try FileManager.default.moveItem(atPath: database.path, toPath: moved)
        await #expect(throws: StoreStartError.self) { try await open(moved) }
        try FileManager.default.moveItem(atPath: moved, toPath: database.path)
        try await first.close()
        try await open(database.path).close()
    }

    @Test("commands beside the server use the file, and the server's own locks stay")
    func commands() async throws {
        let database = try TemporaryDatabase()
        let server = try await open(database.path)
        let place = try await server.makeConversation()
        try await database.withStore { command in
            #expect(try await command.apps().count == 1)
            try await command.createApp(App(id: "second", name: "Second", createdAt: .epoch), keyHash: "other")
        }
        await #expect(throws: StoreStartError.self) { try await open(database.path) }
        #expect(try await server.apps().count == 2)
        let copy = await #expect(throws: ArchiveError.self) {
            try await SQLiteFactory().openArchive("sqlite:\(database.path)", for: .reading)
        }
        #expect(copy?.description.contains("another process uses it") == true)
        #expect(try await server.say("Hello", in: place)?.isNew == true)
        try await server.close()
    }

    @Test("who waits for a server that ends gets the file")
    func waiting() async throws {
        let database = try TemporaryDatabase()
        let first = try await open(database.path)
        let isWaiting = AsyncStream<Void>.makeStream()
        async let second = SQLiteStore.open(
            SQLiteOptions(path: database.path, busyTimeout: .seconds(60)), isServer: true,
            waiting: { isWaiting.continuation.finish() })
        for await _ in isWaiting.stream {}
        try await first.close()
        try await second.close()
    }
}
