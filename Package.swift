// swift-tools-version:6.2
import PackageDescription

let api: Target.Dependency = .product(name: "PluginAPI", package: "PluginAPI")
let abi: Target.Dependency = .product(name: "PluginABI", package: "PluginAPI")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")

/// A plugin: its folder, and what it alone needs. Never a product that itself rests on NIO or swift-log: that would
/// link a second copy into the image.
struct Plugin {
    var name: String
    var folder: String
    var needs: [Target.Dependency] = []
    /// Folders inside that are targets of their own.
    var otherTargets: [String] = []
    var module: String { "\(name)Plugin" }
}

let plugins = [
    Plugin(name: "Admin", folder: "Plugins/Admin"),
    Plugin(name: "Chat", folder: "Plugins/Chat"),
    Plugin(name: "FCM", folder: "Plugins/FCM", needs: ["CCurl"], otherTargets: ["CCurl"]),
    Plugin(name: "LegacyWS", folder: "Plugins/LegacyWS"),
    Plugin(name: "Metrics", folder: "Plugins/Metrics"),
    Plugin(name: "Postgres", folder: "Plugins/Postgres", needs: ["CLibPQ"], otherTargets: ["CLibPQ"]),
    Plugin(name: "Presence", folder: "Plugins/Presence"),
    Plugin(name: "Push", folder: "Plugins/Push"),
    Plugin(name: "Redis", folder: "Plugins/Redis", needs: ["CHiredis"], otherTargets: ["CHiredis"]),
    Plugin(name: "Rest", folder: "Plugins/Rest"),
    Plugin(name: "SQLite", folder: "Plugins/SQLite", needs: [grdb]),
    Plugin(name: "SocketIO", folder: "Plugins/SocketIO"),
    Plugin(name: "SocketIOBridge", folder: "Plugins/SocketIOBridge"),
    Plugin(name: "Echo", folder: "Examples/Echo"),
]

/// Plugins that misbehave, for the tests of the host.
let fixtures = ["ThrowingFixture", "MisnamedFixture", "SwitchableFixture", "StubbornFixture"]

let package = Package(
    name: "replyhq",
    products: [
        .executable(name: "replyhq", targets: ["Launcher"]),
        .library(name: "ReplyHQHost", type: .dynamic, targets: ["Host"]),
    ]
        + plugins.map { .library(name: $0.name, type: .dynamic, targets: [$0.module]) }
        + fixtures.map { .library(name: $0, type: .dynamic, targets: [$0]) },
    dependencies: [
        .package(path: "Sources/PluginAPI"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        .target(name: "HostCore", dependencies: [api, yams]),
        .target(name: "Host", dependencies: ["HostCore", api, arguments]),
        // C alone: without the start files of Swift, and with the static runtime, of which it takes nothing, it needs no
        // library of Swift to start.
        .executableTarget(
            name: "Launcher", linkerSettings: [.unsafeFlags(["-nostartfiles", "-static-stdlib"])]),
        .target(name: "Stamp", dependencies: [abi], path: "Plugins/Stamp"),
        .systemLibrary(
            name: "CLibPQ", path: "Plugins/Postgres/CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        // Both without pkg-config, whose flags for them the build refuses with a warning.
        .systemLibrary(name: "CCurl", path: "Plugins/FCM/CCurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CHiredis", path: "Plugins/Redis/CHiredis", providers: [.apt(["libhiredis-dev"])]),
    ]
        + plugins.map {
            .target(
                name: $0.module, dependencies: [api, "Stamp"] + $0.needs, path: $0.folder,
                exclude: ["README.md"] + $0.otherTargets)
        }
        + fixtures.map {
            .target(
                name: $0, dependencies: [api, "Stamp"], path: "Tests/Fixtures/plugins/\($0.dropLast("Fixture".count))")
        }
        + [
            .target(name: "StoreConformance", dependencies: [api], path: "Tests/StoreConformance"),
            .target(name: "ClusterConformance", dependencies: [api], path: "Tests/ClusterConformance"),
            .target(name: "WebSocketTesting", dependencies: [api], path: "Tests/WebSocketTesting"),
            .executableTarget(
                name: "StoreWriter", dependencies: ["PostgresPlugin", "SQLitePlugin", api],
                path: "Tests/Fixtures/storewriter"),
            .testTarget(name: "PluginAPITests", dependencies: ["WebSocketTesting", api]),
            .testTarget(name: "HostTests", dependencies: ["HostCore", api]),
            .testTarget(name: "AdminTests", dependencies: ["AdminPlugin", api]),
            .testTarget(name: "ChatTests", dependencies: ["ChatPlugin", api]),
            .testTarget(name: "LegacyWSTests", dependencies: ["LegacyWSPlugin", "WebSocketTesting", api]),
            .testTarget(
                name: "PostgresTests",
                dependencies: [
                    "PostgresPlugin", "StoreConformance", "ClusterConformance", "StoreWriter", "CLibPQ", api,
                ]),
            .executableTarget(name: "FakeFCM", dependencies: [api], path: "Tests/Fixtures/fakefcm"),
            .testTarget(name: "FCMTests", dependencies: ["FCMPlugin", api]),
            .testTarget(name: "MetricsTests", dependencies: ["MetricsPlugin", api]),
            .testTarget(name: "PushTests", dependencies: ["PushPlugin", "SQLitePlugin", api]),
            .testTarget(name: "PresenceTests", dependencies: ["PresencePlugin", api]),
            .testTarget(name: "RedisTests", dependencies: ["RedisPlugin", "SQLitePlugin", "ClusterConformance", api]),
            .testTarget(name: "RestTests", dependencies: ["RestPlugin", api]),
            .testTarget(name: "SocketIOBridgeTests", dependencies: ["SocketIOBridgePlugin", "WebSocketTesting", api]),
            .testTarget(name: "SocketIOTests", dependencies: ["SocketIOPlugin", "WebSocketTesting", api]),
            .testTarget(
                name: "SQLiteTests", dependencies: ["SQLitePlugin", "StoreConformance", "StoreWriter", grdb, api]),
        ],
    swiftLanguageModes: [.v6]
)
