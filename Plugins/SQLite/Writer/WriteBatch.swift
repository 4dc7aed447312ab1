import GRDB
import PluginAPI

/// Writes that try to share one transaction.
///
/// If one of them fails, all is taken back and each gets a transaction of its own, so that none suffers for another.
/// If the database itself fails, all of them do: nothing is acknowledged that is not durable.
struct WriteBatch {
    private enum Failure: Error {
        /// One write cannot be done; the others may.
        case write(any Error)
        /// Nothing can be written now.
        case database(any Error)
    }

    private let writes: [any PendingWrite]
    private let connection: Connection
    private let memory: ConversationMemory
    private let durability: Durability
    private let place: DatabasePlace
    private let observer: WriterObserver

    init(
        _ writes: [any PendingWrite],
        on connection: Connection,
        _ memory: ConversationMemory,
        _ durability: Durability,
        place: DatabasePlace,
        observer: WriterObserver
    ) {
        self.place = place
        self.writes = writes
        self.connection = connection
        self.memory = memory
        self.durability = durability
        self.observer = observer
    }

    func commit() {
        do throws(Failure) {
            try commit(writes)
        } catch {
            switch error {
            case .write(let cause) where writes.count == 1: refuse(writes[0], cause)
            case .write: commitSingly()
            case .database(let cause): fail(writes[...], cause)
            }
        }
    }

    private func commitSingly() {
        for (position, write) in writes.enumerated() {
            do throws(Failure) {
                try commit([write])
            } catch {
                switch error {
                case .write(let cause): refuse(write, cause)
                // Each further attempt could wait for the same lock or disk.
                case .database(let cause): return fail(writes[position...], cause)
                }
            }
        }
    }

    private func commit(_ writes: [any PendingWrite]) throws(Failure) {
        let start = ContinuousClock.now
        do throws(Failure) {
            try inDatabase {
                try durability.set(writes.contains { $0.isDurable }, on: connection)
                try connection.run("BEGIN IMMEDIATE")
                try memory.lookAround(connection)
            }
            let transaction = WriteTransaction(connection, memory)
            for write in writes {
                try attempt { try write.run(in: transaction) }
                if write.changesConversations { memory.removeAll() }
            }
            try attempt { try transaction.finish() }
            try inDatabase {
                try connection.run("COMMIT")
                if let problem = place.problem { throw StoreTrouble(description: problem) }
            }
        } catch {
            rollBack()
            throw error
        }
        observer.committed(writes.count, in: ContinuousClock.now - start)
        for write in writes { write.announce() }
        for write in writes { write.succeed() }
    }

    private func refuse(_ write: any PendingWrite, _ cause: any Error) {
        // A smaller write may still find room, so this is no failure of the database, but somebody should know.
        if (cause as? DatabaseError)?.resultCode == .SQLITE_FULL { observer.failed(cause) }
        write.fail(cause)
    }

    private func fail(_ writes: ArraySlice<any PendingWrite>, _ cause: any Error) {
        observer.failed(cause)
        for write in writes { write.fail(cause) }
    }

    /// SQLite takes some failed transactions back by itself.
    private func rollBack() {
        memory.removeAll()
        guard connection.isInsideTransaction else { return }
        do {
            try connection.run("ROLLBACK")
        } catch {
            observer.failed(error)
        }
    }

    private func inDatabase(_ body: () throws -> Void) throws(Failure) {
        do { try body() } catch { throw .database(error) }
    }

    private func attempt(_ body: () throws -> Void) throws(Failure) {
        do {
            try body()
        } catch {
            let concernsDatabase = (error as? DatabaseError)?.concernsDatabase ?? false
            throw concernsDatabase ? .database(error) : .write(error)
        }
    }
}
