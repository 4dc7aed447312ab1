import PluginAPI
import Testing

@testable import ChatPlugin

@Suite("Proofs of identity", .timeLimit(.minutes(10)))
struct AdmissionTests {
    private let bench = Bench()
    private let secret = "0123456789abcdef"

    private func app(_ mode: IdentityMode) async throws -> (claim: ClientClaim, policy: IdentityPolicy?) {
        let registry = AppRegistry(store: bench.store, clock: bench.clock)
        let (app, key) = try await registry.create(name: "Shop")
        let change = try #require(try await registry.setIdentity(of: app.id, to: mode, newSecret: false))
        #expect((change.newSecret == nil) == (mode == .off))
        let claim = ClientClaim(device: DeviceIdentity(app: app.id, device: "phone"), key: key)
        return (claim, try await bench.store.credentials(of: app.id)?.identity)
    }

    private func refusal(_ body: () async throws -> Void) async -> ChatError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? ChatError)?.code
        }
    }

    @Test("an app that asks for nothing believes what it is told, and looks at nothing")
    func off() async throws {
        var (claim, policy) = try await app(.off)
        #expect(policy == nil)
        #expect(try await bench.service.admit(claim))
        claim.deviceSecret = "short"
        #expect(try await bench.service.admit(claim))
        try await bench.service.checkUser("ada", token: "wrong", in: claim.device.app)
        #expect(try await bench.store.proof(of: claim.device) == nil)
    }

    @Test("where proofs are required, the device's first secret opens and no other, and the key is still checked")
    func required() async throws {
        var (claim, _) = try await app(.required)
        #expect(await refusal { _ = try await bench.service.admit(claim) } == .invalidDeviceSecret)
        claim.deviceSecret = secret
        for _ in 0..<2 { #expect(try await bench.service.admit(claim)) }
        claim.deviceSecret = secret + "x"
        #expect(await refusal { _ = try await bench.service.admit(claim) } == .invalidDeviceSecret)
        claim.deviceSecret = secret
        claim.key = "wrong"
        #expect(try await !bench.service.admit(claim))
    }

    @Test("a user needs the token made for that user")
    func users() async throws {
        let (claim, found) = try await app(.required)
        let policy = try #require(found)
        let app = claim.device.app
        try await bench.service.checkUser("ada", token: policy.token(for: "ada"), in: app)
        for token in [nil, "", policy.token(for: "eve")] {
            let code = await refusal { try await bench.service.checkUser("ada", token: token, in: app) }
            #expect(code == .invalidUserToken)
        }
    }

    @Test("where proofs are optional, missing ones pass and wrong ones do not")
    func optional() async throws {
        var (claim, _) = try await app(.optional)
        let app = claim.device.app
        #expect(try await bench.service.admit(claim))
        try await bench.service.checkUser("ada", token: nil, in: app)
        #expect(await refusal { try await bench.service.checkUser("ada", token: "00", in: app) } == .invalidUserToken)
        claim.deviceSecret = secret
        #expect(try await bench.service.admit(claim))
        claim.deviceSecret = nil
        #expect(await refusal { _ = try await bench.service.admit(claim) } == .invalidDeviceSecret)
    }

    @Test("a switch is followed within a minute, without a read for each call, and the secret is kept or renewed")
    func switching() async throws {
        let (claim, found) = try await app(.optional)
        let app = claim.device.app
        let registry = AppRegistry(store: bench.store, clock: bench.clock)
        #expect(try await bench.service.admit(claim))
        let reads = bench.store.state.withLock { $0.credentialReads }
        #expect(try await bench.service.admit(claim))
        #expect(bench.store.state.withLock { $0.credentialReads } == reads)

        #expect(try await registry.setIdentity(of: app, to: .required, newSecret: false)?.newSecret == nil)
        let kept = IdentityPolicy(secret: try #require(found).secret, isRequired: true)
        #expect(try await bench.store.credentials(of: app)?.identity == kept)
        await bench.loop.advanceTime(by: .seconds(60))
        #expect(await refusal { _ = try await bench.service.admit(claim) } == .invalidDeviceSecret)

        let renewed = try #require(try await registry.setIdentity(of: app, to: .required, newSecret: true)?.newSecret)
        #expect(try await bench.store.credentials(of: app)?.identity?.secret == Secret(renewed))
        #expect(try await registry.setIdentity(of: "nobody", to: .required, newSecret: false) == nil)
        _ = try await registry.setIdentity(of: app, to: .off, newSecret: false)
        bench.service.forgetKeys(of: app)
        #expect(try await bench.service.admit(claim))
    }
}
