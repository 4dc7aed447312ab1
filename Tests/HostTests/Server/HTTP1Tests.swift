import PluginAPI
import Testing

@testable import HostCore

@Suite("HTTP/1.1 on real sockets", .timeLimit(.minutes(10)))
struct HTTP1Tests {
    private let hello = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test("A connection serves one request after another")
    func keepAlive() async throws {
        try await TestServer.run { server in
            let wire = try server.connect()
            for _ in 0..<3 {
                try wire.send(hello)
                let answer = try wire.answer()
                #expect(answer.statusLine == "HTTP/1.1 200 OK")
                #expect(answer.body == "hello")
                #expect(answer["content-length"] == "5")
                #expect(answer["date"]?.hasSuffix(" GMT") == true)
                #expect(answer["server"] == nil)
                #expect(answer["connection"] == nil)
            }
        }
    }

    @Test("Pipelined requests are answered in order, also when the first takes long")
    func pipelining() async throws {
        try await TestServer.run { server in
            let wire = try server.connect()
            try wire.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n" + hello + "GET /things/7 HTTP/1.1\r\nHost: a\r\n\r\n")
            await server.gate.arrivals(1)
            server.gate.open()
            #expect(try wire.answer().body == "waited")
            #expect(try wire.answer().body == "hello")
            #expect(try wire.answer().body == "7")
        }
    }

    @Test("Answers that the peer does not read yet wait for it, whole and in order")
    func slowReader() async throws {
        try await TestServer.run { server in
            let wire = try Wire(port: server.port, receiveBuffer: 4_096)
            let letters = (0..<1_000).map { "abcdefghijklmnop".dropFirst($0 % 16).prefix(1) }
            // More than the kernel keeps for a connection.
            try wire.send(letters.map { "GET /medium/\($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
            for letter in letters {
                let body = try wire.answer().body
                guard body == String(repeating: String(letter), count: 12_000) else {
                    Issue.record("\(letter): \(body.prefix(20))… of \(body.utf8.count) bytes")
                    return
                }
            }
            try wire.send(hello)
            #expect(try wire.answer().body == "hello")
        }
    }

    @Test("A request may be split at every byte")
    func split() async throws {
        let request = Array("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nping".utf8)
        try await TestServer.run { server in
            let wire = try server.connect()
            for place in 1..<request.count {
                try wire.send(Array(request[..<place]))
                try wire.send(Array(request[place...]))
                #expect(try wire.answer().body == "ping", "split at \(place)")
            }
            for byte in request { try wire.send([byte]) }
            #expect(try wire.answer().body == "ping")
        }
    }

    @Test("Chunked bodies arrive whole, and answers in pieces leave chunked")
    func chunked() async throws {
        try await TestServer.run { server in
            let wire = try server.connect()
            try wire.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            try wire.send("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
            #expect(try wire.answer().body == "abcde")
            try wire.send("GET /pieces HTTP/1.1\r\nHost: a\r\n\r\n")
            let answer = try wire.answer()
            #expect(answer["transfer-encoding"] == "chunked")
            #expect(answer["content-length"] == nil)
            #expect(answer.body == "one two three")
            try wire.send(hello)
            #expect(try wire.answer().body == "hello")
        }
    }

    @Test("HEAD is answered like GET, without the body")
    func head() async throws {
        try await TestServer.run { server in
            let wire = try server.connect()
            try wire.send("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n")
            let answer = try wire.answer(isHead: true)
            #expect(answer.status == 200)
            #expect(answer["content-length"] == "5")
            try wire.send("HEAD /nowhere HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try wire.answer(isHead: true).status == 404)
            try wire.send(hello)
            #expect(try wire.answer().body == "hello")
        }
    }

    @Test("A 204 has neither body nor length")
    func noContent() async throws {
        try await TestServer.run { server in
            let wire = try server.connect()
            try wire.send("GET /empty HTTP/1.1\r\nHost: a\r\n\r\n" + hello)
            let answer = try wire.answer()
            #expect(answer.status == 204)
            #expect(answer["content-length"] == nil)
            #expect(try wire.answer().body == "hello")
        }
    }

    @Test("HTTP/1.0 closes unless it asks not to, and never sees chunks")
    func version10() async throws {
        try await TestServer.run { server in
            let plain = try server.connect()
            try plain.send("GET /hello HTTP/1.0\r\n\r\n")
            let answer = try plain.answer()
            #expect(answer.body == "hello")
            #expect(answer["connection"] == "close")
            #expect(try plain.isAtEnd())

            let kept = try server.connect()
            for _ in 0..<2 {
                try kept.send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                #expect(try kept.answer()["connection"] == "keep-alive")
            }

            let pieces = try server.connect()
            try pieces.send("GET /pieces HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            let streamed = try pieces.answer()
            #expect(streamed["transfer-encoding"] == nil)
            #expect(streamed["connection"] == "close")
            #expect(streamed.body == "one two three")
        }
    }

    @Test("Connection: close is obeyed")
    func close() async throws {
        try await TestServer.run { server in
            let wire = try server.connect()
            try wire.send("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(try wire.answer()["connection"] == "close")
            #expect(try wire.isAtEnd())
        }
    }

    @Test("A client that closes its side still gets its answers")
    func halfClose() async throws {
        try await TestServer.run { server in
            let wire = try server.connect()
            try wire.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n" + hello)
            wire.finishSending()
            await server.gate.arrivals(1)
            server.gate.open()
            #expect(try wire.answer().body == "waited")
            #expect(try wire.answer().body == "hello")
            #expect(try wire.isAtEnd())
        }
    }

    @Test("A large answer arrives whole, also at a slow reader")
    func large() async throws {
        try await TestServer.run { server in
            let wire = try Wire(port: server.port, receiveBuffer: 4096)
            try wire.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n" + hello)
            #expect(try wire.answer().body.utf8.count == 3_000_000)
            #expect(try wire.answer().body == "hello")
        }
    }

    @Test("An answer shorter than announced ends the connection instead of lying")
    func wrongLength() async throws {
        try await TestServer.run { server in
            let wire = try server.connect()
            try wire.send("GET /wrong-length HTTP/1.1\r\nHost: a\r\n\r\n")
            let text = try wire.readToEnd()
            #expect(text.contains("Content-Length: 10\r\n"))
            #expect(text.hasSuffix("\r\n\r\nfour"))
        }
    }

    @Test("Expect: 100-continue is answered before the body")
    func expectation() async throws {
        try await TestServer.run { server in
            let wire = try server.connect()
            try wire.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
            #expect(try wire.answer().status == 100)
            try wire.send("ping")
            #expect(try wire.answer().body == "ping")
        }
    }

    @Test("A request whose client is gone is cancelled")
    func cancellation() async throws {
        try await TestServer.run { server in
            var wire: Wire? = try server.connect()
            try wire?.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")
            await server.gate.arrivals(1)
            wire?.reset()
            wire = nil
            await server.gate.cancellations(1)
        }
    }
}
