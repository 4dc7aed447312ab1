import NIOCore
import Testing

@testable import PluginAPI

@Suite("How far a conversation was delivered")
struct CursorTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
    private var cursor = ConversationCursor(app: "app", delivered: 5)

    private mutating func receive(_ sequence: Int64, after previous: Int64?, at offset: Int64 = 0) -> [Int64] {
        cursor.receive(
            Samples.created(sequence, after: previous), sequence: sequence, at: start + .milliseconds(offset)
        ).map(\.sequence)
    }

    private mutating func finish(_ sequences: [Int64]?, hasMore: Bool = false, at offset: Int64 = 0) -> [Int64] {
        let page = sequences.map { sequences in
            ConversationCursor.Page(
                messages: sequences.map { Samples.message($0) }, hasMore: hasMore, conversation: Samples.conversation())
        }
        return cursor.finishRead(page, at: start + .milliseconds(offset)).map(\.sequence)
    }

    @Test("a message that follows what was delivered is delivered; one that was delivered is not")
    mutating func follows() {
        #expect(receive(8, after: 5) == [8])
        #expect(receive(8, after: 5) == [])
        #expect(receive(7, after: 5) == [])
        #expect(receive(9, after: 8) == [9])
        #expect(cursor.isQuiet)
    }

    @Test("without a beginning the first message begins")
    mutating func begins() {
        cursor = ConversationCursor(app: "app", delivered: nil)
        #expect(receive(8, after: 5) == [8])
        #expect(receive(10, after: 9) == [])
    }

    @Test("of what was created up to the horizon nothing is delivered, however it comes")
    mutating func horizon() {
        cursor = ConversationCursor(app: "app", delivered: 0, horizon: Timestamp(milliseconds: 7))
        #expect(receive(7, after: 0) == [] && cursor.isQuiet)
        #expect(receive(9, after: 7) == [])
        #expect(cursor.beginRead() == 0)
        #expect(finish([6, 7, 8, 9]) == [8, 9])
        #expect(cursor.isQuiet && cursor.delivered == 9)
    }

    @Test("what overtook its predecessor is held, and delivered after it without a read")
    mutating func overtaken() {
        #expect(receive(9, after: 8) == [])
        #expect(receive(8, after: 7) == [])
        #expect(cursor.readDue == start + .milliseconds(100))
        #expect(receive(7, after: 5) == [7, 8, 9])
        #expect(cursor.isQuiet)
    }

    @Test("a predecessor that does not come is read from the store")
    mutating func gap() {
        #expect(receive(9, after: 7) == [])
        #expect(cursor.beginRead() == 5)
        #expect(cursor.readDue == nil)
        #expect(receive(11, after: 9) == [])
        #expect(finish([7, 9]) == [7, 9, 11])
        #expect(cursor.isQuiet && cursor.delivered == 11)
    }

    @Test("a predecessor that is not known is asked for at once")
    mutating func unknownPredecessor() {
        #expect(receive(9, after: nil) == [])
        #expect(cursor.readDue == start)
    }

    @Test("long gaps are read page by page")
    mutating func pages() {
        cursor.suspect(at: start)
        #expect(cursor.beginRead() == 5)
        #expect(finish([6, 7], hasMore: true) == [6, 7])
        #expect(cursor.readDue == start)
        #expect(cursor.beginRead() == 7)
        #expect(finish([8]) == [8])
        #expect(cursor.isQuiet)
    }

    @Test("a read that fails is repeated later and later")
    mutating func failures() {
        cursor.suspect(at: start)
        for delay in [250, 500, 1_000, 2_000, 4_000, 8_000, 8_000] as [Int64] {
            #expect(cursor.beginRead() == 5)
            #expect(finish(nil) == [])
            #expect(cursor.readDue == start + .milliseconds(delay))
        }
    }

    @Test("a suspicion is not laid to rest by a message that comes in order")
    mutating func suspicion() {
        cursor.suspect(at: start)
        #expect(receive(6, after: 5) == [6])
        #expect(cursor.readDue == start)
    }

    @Test("a suspicion during a read is followed by another read")
    mutating func suspicionWhileReading() {
        cursor.suspect(at: start)
        _ = cursor.beginRead()
        cursor.suspect(at: start)
        _ = finish([])
        #expect(cursor.readDue == start)
    }

    @Test("what the store does not show although it was heard of is asked for again, and in the end given up")
    mutating func givenUp() {
        #expect(receive(9, after: 7) == [])
        #expect(receive(11, after: 9) == [])
        var rounds = 0
        while cursor.readDue != nil, rounds < 20 {
            rounds += 1
            #expect(cursor.beginRead() == 5)
            let given = finish([])
            #expect(given == (rounds == ConversationCursor.mostFruitlessReads ? [9, 11] : []))
        }
        #expect(rounds == ConversationCursor.mostFruitlessReads && cursor.isQuiet)
        #expect(receive(12, after: 11) == [12])
    }

    @Test("a mark ahead of what was delivered leads to a read, one behind does not")
    mutating func marks() {
        cursor.heard(of: 5, at: start)
        #expect(cursor.readDue == nil)
        cursor.heard(of: 6, at: start)
        #expect(cursor.readDue == start + .milliseconds(100))
        #expect(receive(6, after: 5) == [6])
        #expect(cursor.isQuiet)
    }

    @Test("held messages are bounded; the store has the rest")
    mutating func bound() {
        for sequence in Int64(7)...300 { #expect(receive(sequence, after: sequence - 1) == []) }
        #expect(cursor.beginRead() == 5)
        #expect(finish(Array(6...200), hasMore: true) == Array(6...200))
        #expect(cursor.beginRead() == 200)
        #expect(finish(Array(201...300)) == Array(201...300))
        #expect(cursor.isQuiet)
    }
}
