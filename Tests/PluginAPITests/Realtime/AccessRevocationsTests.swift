import Testing

@testable import PluginAPI

@Suite("Admission beside revocations")
struct AccessRevocationsTests {
    private struct Refused: Error {}

    private final class Steps {
        var all: [String] = []
    }

    private let revocations = AccessRevocations()

    /// Admits somebody; the checks answer in turn.
    private func admit(_ checks: [Bool], revokedDuring step: String) async -> [String] {
        let steps = Steps()
        var left = checks
        let note: (String) -> Void = { text in
            steps.all.append(text)
            if text == step { revocations.happened() }
        }
        do {
            try await revocations.admit {
                note("check")
                guard left.removeFirst() else { throw Refused() }
            } register: {
                note("register")
            } withdraw: {
                note("withdraw")
            }
            note("in")
        } catch {
            note("out")
        }
        return steps.all
    }

    @Test("without a revocation one check is enough")
    func once() async {
        #expect(await admit([true], revokedDuring: "never") == ["check", "register", "in"])
        #expect(await admit([false], revokedDuring: "check") == ["check", "out"])
    }

    @Test("one that comes before the registration is over makes the check count for nothing")
    func again() async {
        for step in ["check", "register"] {
            #expect(
                await admit([true, true], revokedDuring: step).suffix(3).starts(with: ["register", "check", "in"]))
            #expect(
                await admit([true, false], revokedDuring: step)
                    == ["check", "register", "check", "withdraw", "out"])
        }
    }
}
