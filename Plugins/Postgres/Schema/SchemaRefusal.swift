/// Why a database is not touched: one line for whoever runs the server.
struct SchemaRefusal: Error, Sendable, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
