import HTTPTypes
import PluginAPI
import Testing

@testable import AdminPlugin

@Suite("Set-up")
struct SetupGateTests {
    private func gate(_ node: SettingsNode) throws -> SetupGate {
        let settings = try AdminSettings(
            Settings(node, schema: AdminSettings.schema), environment: .development)
        return SetupGate(settings)
    }

    private func failure(_ gate: SetupGate, _ keys: [String]) -> String? {
        var fields = HTTPFields()
        for key in keys { fields.append(HTTPField(name: .masterKey, value: key)) }
        do {
            try gate.check(fields)
            return nil
        } catch {
            return "\(error.status.code) \(error.code)"
        }
    }

    @Test("the master key opens, nothing else does")
    func masterKey() throws {
        let gate = try gate(["master_api_key": "open sesame"])
        #expect(failure(gate, ["open sesame"]) == nil)
        #expect(failure(gate, []) == "401 MISSING_MASTER_KEY")
        #expect(failure(gate, [""]) == "401 MISSING_MASTER_KEY")
        #expect(failure(gate, ["open sesam"]) == "403 INVALID_MASTER_KEY")
        #expect(failure(gate, ["open sesame", "open sesame"]) == "400 INVALID_HEADER_FORMAT")
    }

    @Test("without a master key everything is closed", arguments: ["", "x"])
    func notSet(key: String) throws {
        #expect(failure(try gate([:]), [key]) == "500 MASTER_KEY_NOT_SET")
        #expect(failure(try gate(["master_api_key": ""]), [key]) == "500 MASTER_KEY_NOT_SET")
    }

    @Test("an address that tries too often waits, others do not")
    func limit() async throws {
        let gate = try gate(["setup_rate": "0.1", "setup_burst": 2])
        let now = NIODeadline.uptimeNanoseconds(1_000)
        for _ in 0..<2 { try await gate.admit("192.0.2.1", at: now) }
        let failure = try #require(
            await #expect(throws: HTTPFailure.self) { try await gate.admit("192.0.2.1", at: now) })
        #expect(failure.status == .tooManyRequests)
        #expect(failure.headers[.retryAfter] == "10")
        #expect(failure.details["retry_after"] == "10 seconds")
        try await gate.admit("192.0.2.2", at: now)
        try await gate.admit("192.0.2.1", at: now + .seconds(10))
    }
}
