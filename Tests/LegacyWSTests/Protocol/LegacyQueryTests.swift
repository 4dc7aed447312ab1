import Testing

@testable import LegacyWSPlugin

@Suite("Queries of old clients")
struct LegacyQueryTests {
    @Test(
        "values come as they were meant, encoded or not",
        arguments: [
            ("app_id=a&device_id=d", "d"), ("device_id=a+b", "a+b"), ("device_id=a%2Bb", "a+b"),
            ("device_id=100%", "100%"), ("device_id=%zz", "%zz"), ("device_id=a=b==", "a=b=="),
            ("device_id=%F0%9F%98%80", "😀"), ("device_id=one&device_id=two", "one"),
            ("device_id=é", "é"),
        ])
    func value(_ query: String, _ expected: String) {
        #expect(LegacyQuery(query)["device_id"] == expected)
    }

    @Test(
        "what is missing, empty or no text is nil",
        arguments: [
            "", "device_id", "device_id=", "&&=&", "Device_id=x", "device_id=%FF", "device_id=ger%E4t", "device_id=%00",
            "device_id=a%C3", "device_id=%ED%A0%80",
        ])
    func missing(_ query: String) {
        #expect(LegacyQuery(query)["device_id"] == nil)
    }

    @Test("no more than 32 parameters are looked at")
    func bound() {
        let many = (0..<40).map { "p\($0)=\($0)" }.joined(separator: "&")
        #expect(LegacyQuery(many)["p31"] == "31")
        #expect(LegacyQuery(many)["p32"] == nil)
    }
}
