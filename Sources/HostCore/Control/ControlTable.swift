import PluginAPI
import Synchronization

/// What plugins answer on the control socket, each answer tagged with its owner.
final class ControlTable: Sendable {
    private let answers = Mutex<[String: [String: ControlAnswer]]>([:])

    func add(_ name: String, by owner: String, _ answer: @escaping ControlAnswer) {
        answers.withLock { $0[owner, default: [:]][name] = answer }
    }

    func removeAll(owner: String) {
        answers.withLock { $0[owner] = nil }
    }

    /// The answer of a plugin, whose name is compared without case.
    ///
    /// - Throws: ``HTTPFailure`` 404 that names what there is.
    func answer(of plugin: String, to name: String) throws -> ControlAnswer {
        let all = answers.withLock { $0 }
        guard let owner = all.first(where: { $0.key.lowercased() == plugin.lowercased() }) else {
            let hint = NearestName.hint(for: plugin, in: all.keys.sorted())
            throw HTTPFailure(.notFound, "NOT_FOUND", "no running plugin \"\(plugin)\" answers requests\(hint)")
        }
        guard let answer = owner.value[name] else {
            let hint = NearestName.hint(for: name, in: owner.value.keys.sorted())
            throw HTTPFailure(.notFound, "NOT_FOUND", "plugin \(owner.key) answers no request \"\(name)\"\(hint)")
        }
        return answer
    }
}
