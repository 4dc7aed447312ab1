import Glibc
import NIOCore
import PluginAPI

extension ListenerError {
    /// Why binding failed, and what to do about it.
    init(binding host: String, port: Int, _ error: any Error) {
        guard let error = error as? IOError else {
            self.init("cannot listen on \(host): no such host or address (\(ErrorText.plain(error)))")
            return
        }
        switch error.errnoCode {
        case EADDRINUSE:
            let holder = PortHolder.find(port: port).map { "\($0)" } ?? "another process"
            let advice = "stop it or set PORT to another port"
            self.init("port \(port) on \(host) is in use by \(holder); \(advice)")
        case EACCES where (1..<1024).contains(port), EPERM where (1..<1024).contains(port):
            let advice = "ports below 1024 need CAP_NET_BIND_SERVICE; grant it or set PORT to a higher port"
            self.init("not allowed to listen on port \(port) of \(host); \(advice)")
        case EADDRNOTAVAIL:
            self.init("cannot listen on \(host): this machine has no such address")
        default:
            self.init("cannot listen on port \(port) of \(host): \(String(cString: strerror(error.errnoCode)))")
        }
    }
}
