/// The listener cannot do what the configuration asks; one sentence for the operator.
struct ListenerError: Error, Sendable, Hashable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
