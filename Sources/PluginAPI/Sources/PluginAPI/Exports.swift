// What a plugin author sees without a further import. Deliberately few: everything else that lies in this image
// (NIOPosix, NIOHTTP1, NIOSSL, …) is imported where it is used.
@_exported import Hummingbird
@_exported import Logging
@_exported import NIOCore
