import Glibc
import PluginAPI

/// What the system knows of this process, under the names that Prometheus' own libraries give it. What cannot be read
/// is left out.
struct ProcessFacts {
    var cpuSeconds: Double?
    var residentBytes: Double?
    var virtualBytes: Double?
    var openDescriptors: Double?
    var mostDescriptors: Double?
    /// Since 1970, to a hundredth of a second.
    var startSeconds: Double?

    static var now: ProcessFacts {
        var facts = ProcessFacts()
        var usage = rusage()
        if getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 {
            facts.cpuSeconds = seconds(usage.ru_utime) + seconds(usage.ru_stime)
        }
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            facts.mostDescriptors = Double(limit.rlim_cur)
        }
        facts.openDescriptors = KernelFile.entryCount(of: "/proc/self/fd").map { Double($0) }
        let page = Double(sysconf(Int32(_SC_PAGESIZE)))
        let sizes = KernelFile.text(of: "/proc/self/statm")?.split(separator: " ").compactMap { Double($0) } ?? []
        if sizes.count >= 2 { (facts.virtualBytes, facts.residentBytes) = (sizes[0] * page, sizes[1] * page) }
        facts.startSeconds = startTime()
        return facts
    }

    var readings: [MetricReading] {
        func reading(_ name: String, _ help: String, _ value: MetricReading.Value?) -> MetricReading? {
            value.map { MetricReading(name, help: help, owner: "Metrics", $0) }
        }
        return [
            reading(
                "process_cpu_seconds_total", "Processor time that the process has used.",
                cpuSeconds.map { .counter($0) }),
            reading("process_resident_memory_bytes", "Memory that is in RAM.", residentBytes.map { .gauge($0) }),
            reading("process_virtual_memory_bytes", "Addresses in use.", virtualBytes.map { .gauge($0) }),
            reading("process_open_fds", "Open descriptors: sockets and files.", openDescriptors.map { .gauge($0) }),
            reading("process_max_fds", "How many descriptors may be open.", mostDescriptors.map { .gauge($0) }),
            reading(
                "process_start_time_seconds", "When the process began, in seconds since 1970.",
                startSeconds.map { .gauge($0) }),
        ].compactMap { $0 }
    }

    /// The 22nd field of the process's line counts ticks since the machine began (proc(5)). The name of the program, in
    /// brackets, may hold spaces.
    private static func startTime() -> Double? {
        guard let line = KernelFile.text(of: "/proc/self/stat"), let end = line.lastIndex(of: ")"),
            let machine = KernelFile.text(of: "/proc/stat")?.split(separator: "\n").first(where: {
                $0.hasPrefix("btime ")
            }),
            let began = Double(machine.dropFirst(6))
        else { return nil }
        let fields = line[line.index(after: end)...].split(separator: " ")
        // The first of these is the third field.
        guard fields.count > 19, let ticks = Double(fields[19]) else { return nil }
        return began + ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    private static func seconds(_ time: timeval) -> Double {
        Double(time.tv_sec) + Double(time.tv_usec) / 1e6
    }
}
