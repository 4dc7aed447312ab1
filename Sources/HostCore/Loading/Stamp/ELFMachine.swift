/// The processors that the host runs on, by their ELF number (`e_machine`).
enum ELFMachine: UInt16 {
    case x8664 = 62
    case arm64 = 183

    /// The processor this host was built for.
    static var host: ELFMachine {
        #if arch(arm64)
            .arm64
        #else
            .x8664
        #endif
    }

    /// A name for any number a file may carry.
    static func name(of number: UInt16) -> String {
        switch ELFMachine(rawValue: number) {
        case .x8664: "x86-64"
        case .arm64: "arm64"
        case nil: "machine \(number)"
        }
    }
}
