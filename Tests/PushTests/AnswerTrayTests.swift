import PluginAPI
import Testing

@testable import PushPlugin

@Suite("Push: answers on their way to the store")
struct AnswerTrayTests {
    private func answer(_ id: String) throws -> AnsweredBundle {
        let handed = HandedBundle(try #require(PushBundle([waiting(id)])), token)
        return AnsweredBundle(answer: PushAnswer(.accepted, id), handed: handed, at: now)
    }

    @Test("the first since it was emptied calls somebody, the others lie behind it, in order")
    func calls() throws {
        let tray = AnswerTray()
        #expect(tray.add(try answer("a")) == .first)
        #expect(tray.add(try answer("b")) == .behindOthers)
        #expect(tray.count == 2)
        #expect(tray.take().map(\.answer.detail) == ["a", "b"])
        #expect(tray.take().isEmpty)
        #expect(tray.add(try answer("c")) == .first)
    }

    @Test("once it is closed each is whoever brings its own business")
    func closed() throws {
        let tray = AnswerTray()
        #expect(tray.add(try answer("a")) == .first)
        tray.close()
        #expect(tray.add(try answer("b")) == .closed)
        #expect(tray.take().count == 2)
        #expect(tray.add(try answer("c")) == .closed)
    }
}
