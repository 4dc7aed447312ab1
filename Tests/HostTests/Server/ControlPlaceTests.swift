import Foundation
import Glibc
import Testing

@testable import HostCore

@Suite("Where control sockets are looked for")
struct ControlPlaceTests {
    @Test("only in a folder of the user's own: no link to it, no file, nobody else's, none that is not there")
    func trust() throws {
        let folder = try TemporaryFolder()
        let own = "\(folder.path)/own"
        let link = "\(folder.path)/link"
        #expect(mkdir(own, 0o700) == 0 && symlink(own, link) == 0)
        let file = try folder.write("x".utf8, to: "file")
        #expect(ControlPlace.isTrusted(own))
        #expect(!ControlPlace.isTrusted(link) && !ControlPlace.isTrusted(file))
        #expect(!ControlPlace.isTrusted(own, user: geteuid() + 1))
        #expect(!ControlPlace.isTrusted("\(folder.path)/missing"))
    }
}
