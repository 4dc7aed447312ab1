import PluginAPI

extension ProcessReport {
    init(_ report: Readiness.Report) {
        let stamp = PluginStamp.host
        self.init(
            build: Build(
                version: HostVersion.number, api: String(stamp.apiHash.prefix(12)), compiler: stamp.compiler,
                mode: stamp.buildMode),
            isReady: report.isReady,
            plugins: report.plugins.map { plugin in
                Plugin(
                    name: plugin.name, version: plugin.version, isRequired: plugin.isRequired,
                    state: plugin.health.state)
            } + report.leftOut.map { Plugin(name: $0.name, version: "", isRequired: false, state: .failed) })
    }
}
