import PluginAPI

/// A namespace of an endpoint, as connections see it.
struct Namespace: Sendable {
    var name: String
    var connect: @Sendable (NamespaceSocket, JSONValue) async throws -> any SocketIOHandler

    init(
        name: String,
        connect: @escaping @Sendable (NamespaceSocket, JSONValue) async throws -> any SocketIOHandler
    ) {
        self.name = name
        self.connect = connect
    }

    init(_ namespace: SocketIONamespace) {
        name = namespace.name
        connect = { socket, auth in try await namespace.connect(socket, auth) }
    }
}
