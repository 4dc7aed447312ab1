import PluginAPI

/// Where leases are kept.
///
/// A step of presence touches keys of one device and of all, atomically, and in a Redis Cluster only keys of one slot can
/// be. So devices are spread over partitions there, each with the whole set of keys behind a hash tag of its own; every
/// node reckons a device's partition alike. One server has one partition, without a tag.
struct LeaseKeys: Sendable {
    /// How many partitions a cluster has: more than masters that share the load, and few enough to read one by one.
    static let clusterPartitions = 16

    private let prefixes: [String]

    init(prefix: String, isCluster: Bool) {
        let base = prefix + "presence:"
        prefixes = isCluster ? (0..<Self.clusterPartitions).map { "\(base){\($0)}:" } : [base]
    }

    var partitions: Range<Int> { prefixes.indices }

    func partition(of device: DeviceIdentity) -> Int {
        prefixes.count == 1 ? 0 : Int(KeySlot.checksum(device.leaseName.utf8)) % prefixes.count
    }

    func leases(_ partition: Int) -> String { prefixes[partition] + "leases" }
    func away(_ partition: Int) -> String { prefixes[partition] + "away" }
    func shown(_ partition: Int) -> String { prefixes[partition] + "shown" }
    func app(_ app: AppID, _ partition: Int) -> String { prefixes[partition] + "app:" + app.rawValue }
    func device(_ device: DeviceIdentity) -> String {
        prefixes[partition(of: device)] + "device:" + device.leaseName
    }
}
