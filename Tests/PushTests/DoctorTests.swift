import PluginAPI
import Testing

@testable import PushPlugin

@Suite("Push: the doctor's report")
struct DoctorTests {
    private let device = DeviceIdentity(app: "app", device: "phone")

    @Test("a push would go when nothing is in the way, and doubts are told with it")
    func fine() {
        var report = PushReport(device)
        report.add("app", .fine, "Shop")
        #expect(report.wouldGo && report.verdict == "A push would go.")
        report.add("presence", .note, "no server runs here")
        #expect(report.wouldGo && report.verdict == "A push would go, but: no server runs here.")
    }

    @Test("the first obstacle is the verdict, whatever else there is to say")
    func obstacle() {
        var report = PushReport(device)
        report.add("quiet hours", .note, "later")
        report.add("token", .obstacle, "no token")
        report.add("presence", .obstacle, "connected")
        #expect(!report.wouldGo && report.verdict == "A push would not go: no token.")
        #expect(report.json["would_go"] == false)
        #expect(report.json["steps"]?[1] == ["name": "token", "outcome": "obstacle", "text": "no token"])
        #expect(report.json["provider"] == nil)
    }

    @Test("the text has a line for each step, push and line of the provider, the verdict last")
    func text() {
        var report = PushReport(device)
        report.add("app", .fine, "Shop")
        report.add("token", .obstacle, "no token")
        report.recent = [
            PushRecord(
                message: "m1", device: device, state: .failed, createdAt: now, dueAt: nil, settledAt: now, attempts: 1,
                hold: nil, detail: "HTTP 404")
        ]
        report.exchange = ["POST https://fcm", "HTTP 404"]
        report.isSent = true
        let lines = PushReportText.text(report.json).split(separator: "\n").map(String.init)
        #expect(
            lines == [
                "Push to device phone of app app",
                "  ok    app           Shop",
                "  NO    token         no token",
                "The last pushes, newest first:",
                "  2026-01-29T10:15:57.120Z  m1  failed  HTTP 404",
                "A test push was sent:",
                "  POST https://fcm",
                "  HTTP 404",
                "A push would not go: no token.",
            ])
    }

    @Test("control characters in names and answers do not reach the terminal")
    func printable() {
        var report = PushReport(device)
        report.add("app", .fine, "Shop\u{1B}[2J\nHTTP 200")
        #expect(PushReportText.text(report.json).contains("Shop\u{FFFD}[2J\u{FFFD}HTTP 200\n"))
    }

    @Test("a token is never shown whole", arguments: ["", "0123456789abcdef", "0123456789abcdefg"])
    func token(text: String) {
        let shown = PushDoctor.shortened(text)
        #expect(shown == (text.count > 16 ? "0123…defg" : "…"))
    }

    @Test("the question reads what it writes, and refuses what names nobody")
    func question() throws {
        let question = DoctorQuestion(device, send: true)
        #expect(try DoctorQuestion(question.json) == question)
        #expect(try DoctorQuestion(["app": "app", "device": "phone"]).send == false)
        #expect(throws: ChatError.self) { try DoctorQuestion(["app": "app"]) }
        #expect(throws: ChatError.self) { try DoctorQuestion(["app": 1, "device": "phone"]) }
    }
}
