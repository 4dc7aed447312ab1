import PluginAPI
import Testing

@testable import MetricsPlugin

@Suite("The page in Prometheus' text format")
struct PageTests {
    private func page(_ readings: MetricReading...) -> [String] {
        var page = PrometheusPage()
        page.add(readings)
        let text = String(buffer: page.write())
        #expect(text.hasSuffix("\n") && !text.contains("\n\n"))
        return text.split(separator: "\n").map(String.init)
    }

    private func counter(_ name: String, _ labels: [MetricReading.Label] = [], _ value: Double = 1) -> MetricReading {
        MetricReading(name, labels, owner: "A", .counter(value))
    }

    @Test("a family has its help, its type and its series, in an order that stays")
    func family() {
        let lines = page(
            counter("hits_total", [.init("code", "9")], 3), counter("alpha_total"),
            MetricReading("hits_total", [.init("code", "10")], help: "Hits.", owner: "A", .counter(2)))
        #expect(
            lines == [
                "# TYPE alpha_total counter",
                "alpha_total 1",
                "# HELP hits_total Hits.",
                "# TYPE hits_total counter",
                "hits_total{code=\"10\"} 2",
                "hits_total{code=\"9\"} 3",
                "# HELP replyhq_metrics_clashing_series Series that are not shown, as another one has their name.",
                "# TYPE replyhq_metrics_clashing_series gauge",
                "replyhq_metrics_clashing_series 0",
            ])
    }

    @Test("backslashes and ends of lines are escaped, in the values of labels quotes too")
    func escaping() {
        let lines = page(
            MetricReading(
                "odd", [.init("a", "\"\\\n\u{E9}\r")], help: "one\ntwo \"\\\"", owner: "A", .gauge(1)))
        #expect(lines[0] == #"# HELP odd one\ntwo "\\""#)
        #expect(lines[2] == "odd{a=\"\\\"\\\\\\n\u{E9}\r\"} 1")
    }

    @Test("the buckets of a histogram add up to its count, the last has no bound")
    func histogram() {
        let distribution = MetricReading.Distribution(bounds: [0.0001, 0.5, 60], counts: [1, 0, 2, 3], sum: 1e-7)
        let lines = page(MetricReading("wait", [.init("k", "v")], owner: "A", .durations(distribution)))
        #expect(
            lines.prefix(7) == [
                "# TYPE wait_seconds histogram",
                #"wait_seconds_bucket{k="v",le="0.0001"} 1"#,
                #"wait_seconds_bucket{k="v",le="0.5"} 1"#,
                #"wait_seconds_bucket{k="v",le="60"} 3"#,
                #"wait_seconds_bucket{k="v",le="+Inf"} 6"#,
                #"wait_seconds_sum{k="v"} 1e-07"#,
                #"wait_seconds_count{k="v"} 6"#,
            ])
    }

    @Test(
        "numbers are written as Go reads them",
        arguments: [
            (0, "0"), (-3, "-3"), (0.25, "0.25"), (.nan, "NaN"), (.infinity, "+Inf"), (-.infinity, "-Inf"),
            (1_764_100_000, "1764100000"), (1e300, "1e+300"),
        ] as [(Double, String)])
    func numbers(number: Double, text: String) {
        #expect(PrometheusWriter.text(number) == text)
    }

    @Test("endings say what is counted, and are not doubled")
    func endings() {
        let none = MetricReading.Distribution(bounds: [], counts: [0], sum: 0)
        #expect(PrometheusName.metric("a", .counter(1)) == "a_total")
        #expect(PrometheusName.metric("a_total", .counter(1)) == "a_total")
        #expect(PrometheusName.metric("http.server.duration", .durations(none)) == "http_server_duration_seconds")
        #expect(PrometheusName.metric("a_seconds", .durations(none)) == "a_seconds")
        #expect(PrometheusName.metric("a", .sizes(none)) == "a")
        #expect(PrometheusName.metric("9 l\u{E9}s:x", .gauge(1)) == "_9_l__s:x")
        #expect(PrometheusName.metric("", .gauge(1)) == "_")
    }

    @Test("names of labels are made sound, kept apart from Prometheus' own, and come once")
    func labels() {
        func names(_ names: String..., isHistogram: Bool = false) -> [String] {
            PrometheusName.labels(names.map { .init($0, "") }, isHistogram: isHistogram).map(\.name)
        }
        #expect(names("a.b", "a_b", "c:d", "1") == ["a_b", "c_d", "_1"])
        #expect(names("__name__", "le") == ["label_name__", "le"])
        #expect(names("le", isHistogram: true) == ["label_le"])
    }

    @Test("of two with one name the first is shown, and the other is counted")
    func clashes() {
        let none = MetricReading.Distribution(bounds: [], counts: [0], sum: 0)
        let lines = page(
            counter("a_total"), counter("a", [], 5), counter("a_total", [.init("x", "1")]),
            MetricReading("a_total", [.init("y", "1")], owner: "B", .gauge(1)),
            MetricReading("h", owner: "A", .sizes(none)), MetricReading("h_count", owner: "A", .gauge(1)),
            MetricReading("g_sum", owner: "A", .gauge(1)), MetricReading("g", owner: "A", .sizes(none)),
            MetricReading("replyhq_metrics_clashing_series", owner: "A", .gauge(9)))
        #expect(lines.filter { $0.hasPrefix("a_total") } == ["a_total 1", "a_total{x=\"1\"} 1"])
        #expect(lines.filter { $0.hasPrefix("h_count") } == ["h_count 0"])
        #expect(!lines.contains { $0.hasPrefix("g_count") })
        #expect(lines.last == "replyhq_metrics_clashing_series 5")
    }

    @Test("every plugin has one state, and all states are there")
    func states() {
        let report = ProcessReport(
            build: .init(version: "1", api: "2", compiler: "3", mode: "4"), isReady: true,
            plugins: [.init(name: "Chat", version: "1", isRequired: true, state: .degraded)])
        var page = PrometheusPage()
        page.add(OwnMetrics.readings(report))
        let lines = String(buffer: page.write()).split(separator: "\n")
        let states = lines.filter { $0.hasPrefix("replyhq_plugin_state{") }
        #expect(states.count == PluginState.allCases.count)
        #expect(states.filter { $0.hasSuffix(" 1") } == [#"replyhq_plugin_state{plugin="Chat",state="degraded"} 1"#])
        #expect(lines.contains(#"replyhq_build_info{api="2",compiler="3",mode="4",version="1"} 1"#))
        #expect(lines.contains("replyhq_ready 1"))
    }
}
