import HTTPTypes

extension HTTPFields {
    /// The value of a field, the same as the subscript's; several of one name are joined (RFC 9110 section 5.3).
    ///
    /// For paths where many fields are looked up: a field that comes once, as nearly all do, is not joined to anything.
    public func value(of name: HTTPField.Name) -> String? {
        guard let place = firstIndex(where: { $0.name == name }) else { return nil }
        let isRepeated = self[index(after: place)...].contains { $0.name == name }
        return isRepeated ? self[name] : self[place].value
    }
}
