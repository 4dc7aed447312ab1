import Glibc
import Testing

@testable import HostCore

@Suite("Images that others may write")
struct ImageTrustTests {
    @Test("a file or a folder that everybody can write is refused where that is asked for, before it is mapped")
    func writable() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(contents(of: builtPlugin("MisnamedFixture")), to: "libMisnamedFixture.so")
        let place = String(path.dropLast("/libMisnamedFixture.so".count))
        chmod(place, 0o755)
        chmod(path, 0o644)
        #expect(ImageTrust.problem(with: path) == nil)
        chmod(path, 0o666)
        #expect(ImageTrust.problem(with: path) == "the file can be written by everybody")
        let reference = try PluginReference(path: path)
        #expect(throws: PluginLoadError.self) { try PluginLoader(refusesUntrusted: true).load(reference) }
        #expect(try !mappedImages().contains(path))
        chmod(path, 0o644)
        chmod(place, 0o777)
        #expect(ImageTrust.problem(with: path)?.hasSuffix("can be written by everybody") == true)
        chmod(place, 0o755)
    }

    @Test("another user's file is none to load, unless the executable is theirs as well")
    func owner() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write([0], to: "libX.so")
        chmod(path, 0o644)
        let owner = geteuid()
        // The executable's owner is trusted as root is.
        #expect(ImageTrust.problem(with: path, user: owner + 1, executable: path) == nil)
        guard owner != 0 else { return }
        #expect(ImageTrust.problem(with: path, user: owner + 1, executable: "/bin/sh") != nil)
    }
}
