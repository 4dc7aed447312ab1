import PluginAPI
import Testing

/// One rule that every store keeps. A store's tests run them all:
/// ```swift
/// @Test("keeps the rule", arguments: StoreRule.all)
/// func keeps(_ rule: StoreRule) async throws { try await rule.check { try await openMyStore() } }
/// ```
/// Rules make an app of their own, so that they may share one database and run at the same time.
public struct StoreRule: Sendable, CustomTestStringConvertible {
    /// The rule in words.
    public let name: String
    private let body: @Sendable (Scene) async throws -> Void

    init(_ name: String, _ body: @escaping @Sendable (Scene) async throws -> Void) {
        self.name = name
        self.body = body
    }

    public var testDescription: String { name }

    /// Checks the rule on the store that `open` answers; expectations are recorded for the running test.
    public func check(_ open: @Sendable () async throws -> any Store) async throws {
        try await body(try await Scene(try await open()))
    }

    /// Every rule.
    public static let all: [StoreRule] =
        apps + opening + identifying + appending + racing + paging + receipts + devices + identity + dashboard + scoping
        + usage + pushes
}
