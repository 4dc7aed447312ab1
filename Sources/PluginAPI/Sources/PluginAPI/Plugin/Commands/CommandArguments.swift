/// What followed a command's name, by the names of its parameters.
public struct CommandArguments: Sendable, Hashable {
    private var flags: Set<String> = []
    private var values: [String: String] = [:]

    /// Reads the words after a command's name. `--` ends the options.
    ///
    /// - Throws: ``CommandFailure`` with ``CommandFailure/usage(_:)``: an unknown option with the nearest one, a missing
    ///   value or argument, a word too many.
    public init(_ words: [String], for parameters: [CommandParameter]) throws(CommandFailure) {
        var places = parameters.filter { if case .argument = $0.kind { true } else { false } }[...]
        var words = words[...]
        var optionsEnded = false
        while let word = words.popFirst() {
            if !optionsEnded, word == "--" {
                optionsEnded = true
            } else if !optionsEnded, word.hasPrefix("-"), word != "-" {
                try take(option: word, rest: &words, of: parameters)
            } else if let place = places.popFirst() {
                values[place.name] = word
            } else {
                throw .usage("unexpected argument \"\(word)\"")
            }
        }
        if let missing = places.first, missing.kind == .argument(isRequired: true) {
            throw .usage("missing argument <\(missing.name)>")
        }
    }

    private mutating func take(
        option word: String, rest: inout ArraySlice<String>, of parameters: [CommandParameter]
    ) throws(CommandFailure) {
        let equals = word.firstIndex(of: "=")
        let name = String(word[..<(equals ?? word.endIndex)].drop { $0 == "-" })
        let stated = equals.map { String(word[word.index(after: $0)...]) }
        let options = parameters.filter { if case .argument = $0.kind { false } else { true } }
        guard word.hasPrefix("--"), let parameter = options.first(where: { $0.name == name }) else {
            let nearest = NearestName.find(name, in: options.map(\.name)).map { "; did you mean --\($0)?" } ?? ""
            throw .usage("unknown option \(word[..<(equals ?? word.endIndex)])\(nearest)")
        }
        if parameter.kind == .flag {
            guard stated == nil else { throw .usage("--\(name) takes no value") }
            flags.insert(name)
        } else {
            guard let value = stated ?? rest.popFirst() else { throw .usage("--\(name) needs a value") }
            values[name] = value
        }
    }
}

extension CommandArguments {
    /// Whether a flag was stated.
    public func has(_ flag: String) -> Bool { flags.contains(flag) }

    /// The value of an option or an argument; nil if it was not stated.
    public subscript(name: String) -> String? { values[name] }

    /// A value as a duration such as `30d`; nil if it was not stated. Throws ``CommandFailure`` for anything else.
    public func duration(_ name: String) throws(CommandFailure) -> Duration? {
        guard let text = values[name] else { return nil }
        guard let duration = DurationText.parse(text), duration >= .zero else {
            throw .usage("--\(name): expected a duration such as 30d, got \"\(text)\"")
        }
        return duration
    }

    /// A value as a whole number within bounds; nil if it was not stated. Throws ``CommandFailure`` for anything else.
    public func integer(_ name: String, in range: ClosedRange<Int>) throws(CommandFailure) -> Int? {
        guard let text = values[name] else { return nil }
        guard let number = Int(text), range.contains(number) else {
            let bounds = "\(range.lowerBound)…\(range.upperBound)"
            throw .usage("--\(name): expected a whole number in \(bounds), got \"\(text)\"")
        }
        return number
    }
}
