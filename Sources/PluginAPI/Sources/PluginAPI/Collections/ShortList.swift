/// A list that holds its only element in place: most have no second, and an array of one costs 64 bytes.
///
/// As with an array, a position that it does not have is a mistake of its user's and stops the process. Positions are those
/// it answered itself; none comes from outside.
enum ShortList<Element> {
    case empty
    case one(Element)
    /// Two or more.
    case many([Element])

    mutating func append(_ element: Element) {
        switch self {
        case .empty: self = .one(element)
        case .one(let first): self = .many([first, element])
        case .many(var elements):
            // Let go of first, or the array would be copied.
            self = .empty
            elements.append(element)
            self = .many(elements)
        }
    }

    mutating func remove(at position: Int) {
        switch self {
        case .empty: preconditionFailure("nothing is there to be removed")
        case .one:
            precondition(position == 0)
            self = .empty
        case .many(var elements):
            self = .empty
            elements.remove(at: position)
            self = elements.count == 1 ? .one(elements[0]) : .many(elements)
        }
    }
}

extension ShortList: RandomAccessCollection, MutableCollection {
    var startIndex: Int { 0 }

    var endIndex: Int {
        switch self {
        case .empty: 0
        case .one: 1
        case .many(let elements): elements.count
        }
    }

    subscript(position: Int) -> Element {
        get {
            switch self {
            case .empty: preconditionFailure("the list is empty")
            case .one(let element):
                precondition(position == 0)
                return element
            case .many(let elements): return elements[position]
            }
        }
        set {
            switch self {
            case .empty: preconditionFailure("the list is empty")
            case .one:
                precondition(position == 0)
                self = .one(newValue)
            case .many(var elements):
                self = .empty
                elements[position] = newValue
                self = .many(elements)
            }
        }
    }
}

extension ShortList: Sendable where Element: Sendable {}
