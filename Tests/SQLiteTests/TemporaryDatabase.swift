import Foundation
import PluginAPI

@testable import SQLitePlugin

/// A folder of its own with a database in it, gone when the last holder lets go.
final class TemporaryDatabase: Sendable {
    let folder: String
    var path: String { folder + "/test.db" }

    init() throws {
        folder = FileManager.default.temporaryDirectory.path + "/replyhq-sqlite-\(IDGenerator.uuidV4())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// Lends an open store and closes it, whatever happens.
    func withStore<Value>(
        busyTimeout: Duration = .seconds(5),
        readers: Int = 2,
        _ body: (SQLiteStore) async throws -> Value
    ) async throws -> Value {
        let store = try await SQLiteStore.open(SQLiteOptions(path: path, readers: readers, busyTimeout: busyTimeout))
        do {
            let value = try await body(store)
            try await store.close()
            return value
        } catch {
            try? await store.close()
            throw error
        }
    }
}

extension SQLiteStore {
    /// An app with one conversation to write into.
    func makeConversation() async throws -> (app: AppID, conversation: ConversationID) {
        let app = AppID(IDGenerator.uuidV4())
        try await createApp(App(id: app, name: "Test", createdAt: .epoch), keyHash: "hash")
        let opened = try await openConversation(
            NewConversation(
                id: ConversationID(IDGenerator.conversation()), visitorID: VisitorID(IDGenerator.visitor()),
                owner: DeviceIdentity(app: app, device: "phone"), userID: nil, deviceContext: nil, at: .epoch))
        return (app, opened.conversation.id)
    }

    @discardableResult
    func say(
        _ body: String,
        in place: (app: AppID, conversation: ConversationID),
        local: String = IDGenerator.uuidV4()
    ) async throws -> StoredMessage? {
        let new = NewMessage(
            id: MessageID(IDGenerator.message()), localID: LocalMessageID(local), conversation: place.conversation,
            scope: .app(place.app), sender: .user, body: body, at: .epoch)
        return try await append(new) { _ in }
    }

    /// All messages, over as many pages as it takes.
    func everything(in place: (app: AppID, conversation: ConversationID)) async throws -> [Message] {
        var seen: [Message] = []
        while let page = try await messages(
            of: place.conversation, in: .app(place.app), afterSequence: seen.last?.sequence ?? 0, limit: 1_000)
        {
            seen += page.messages
            if !page.hasMore { break }
        }
        return seen
    }
}
