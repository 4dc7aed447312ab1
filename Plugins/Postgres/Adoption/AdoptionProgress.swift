import PluginAPI

/// What happens while a database is taken over.
enum AdoptionProgress: Sendable {
    /// A step begins; `number` counts from 1 over those that are pending.
    case began(AdoptionStep, number: Int, of: Int)
    /// The step's statement with this index is about to run.
    case statement(AdoptionStep, index: Int)
    /// Somebody holds a lock that the step needs; it is tried again.
    case waiting(AdoptionStep, attempt: Int)
    case finished(AdoptionStep, after: Duration)

    /// Says the same in the words of every schema.
    func report(to report: (SchemaProgress) -> Void) {
        switch self {
        case .began(let step, _, _): report(.began(step.step))
        case .statement: break
        case .waiting(let step, _): report(.waiting("\(step.name): a table is in use by a long transaction"))
        case .finished(let step, let duration): report(.finished(step.step, after: duration))
        }
    }
}

extension AdoptionStep {
    /// The step as reports show it.
    var step: SchemaStep {
        SchemaStep(name: name, locks: locks, statements: statements, isTransactional: isTransactional)
    }
}
