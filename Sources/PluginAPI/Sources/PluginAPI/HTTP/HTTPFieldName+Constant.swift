public import HTTPTypes

extension HTTPField.Name {
    /// The name of a field, for constants only: text that is no token (RFC 9110, 5.1) is a mistake of the programmer
    /// and stops the process.
    public static func constant(_ name: StaticString) -> HTTPField.Name {
        guard let name = HTTPField.Name("\(name)") else { preconditionFailure("\(name) is no field name") }
        return name
    }
}
