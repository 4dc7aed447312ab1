/// Creates apps and gives out their keys: what the dashboard's set-up routes and the `apps` command share.
///
/// A key is shown once, when it is made; only its hash is stored (`data-model.md` 1).
public struct AppRegistry: Sendable {
    /// The longest name, in UTF-16 units.
    public static let nameLimit = 255

    let store: any AppStore & IdentityStore & PushOutbox
    let clock: any WallClock

    /// Makes a registry over a store.
    public init(store: any AppStore & IdentityStore & PushOutbox, clock: any WallClock) {
        self.store = store
        self.clock = clock
    }

    /// Creates an app with a new key.
    ///
    /// - Parameter name: 1…255 UTF-16 units, not counting white space around it, which is dropped.
    /// - Throws: ``ChatError/Code/validation`` for a name out of bounds, and what the store throws.
    public func create(name: String) async throws -> (app: App, key: String) {
        let key = APIKey.generate()
        let app = App(
            id: AppID(rawValue: IDGenerator.uuidV4()), name: try Self.checked(name: name), createdAt: clock.now)
        try await store.createApp(app, keyHash: SaltedKeyHash.make(key: key).description)
        return (app, key)
    }

    /// All apps, newest first.
    public func list() async throws -> [App] {
        try await store.apps()
    }

    /// Replaces an app's key and returns the new one; nil for an unknown app.
    ///
    /// Running nodes follow within a second. Without an overlap they close what the app's clients have open.
    /// - Parameter overlap: how long the old key stays valid; zero or less: not at all.
    public func rotateKey(of app: AppID, overlap: Duration) async throws -> String? {
        let key = APIKey.generate()
        let now = clock.now
        let isKnown = try await store.rotateKey(
            of: app,
            to: SaltedKeyHash.make(key: key).description,
            previousExpiresAt: overlap > .zero ? now + overlap : nil,
            at: now)
        return isKnown ? key : nil
    }

    private static func checked(name: String) throws -> String {
        var trimmed = name[...]
        while trimmed.first?.isWhitespace == true { trimmed.removeFirst() }
        while trimmed.last?.isWhitespace == true { trimmed.removeLast() }
        guard !trimmed.isEmpty else { throw ChatError(.validation, "App name must not be empty") }
        guard trimmed.utf16Length <= nameLimit else {
            throw ChatError(.validation, "App name cannot exceed \(nameLimit) characters")
        }
        guard !String(trimmed).holdsNUL else { throw ChatError(.validation, "App name must not hold U+0000") }
        return String(trimmed)
    }
}
