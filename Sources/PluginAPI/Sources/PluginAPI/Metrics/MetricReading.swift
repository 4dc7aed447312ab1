/// One series as it stands at one instant: what a plugin that exports metrics reads
/// (``PluginContext/readMetrics()``).
public struct MetricReading: Sendable, Hashable {
    /// A name with its value; within a series each name comes once.
    public struct Label: Sendable, Hashable {
        /// What is told apart, such as `code`.
        public var name: String
        /// Which one it is.
        public var value: String

        /// Makes a label.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// How values are spread.
    public struct Distribution: Sendable, Hashable {
        /// The highest value of each bucket, rising.
        public var bounds: [Double]
        /// How many values each bucket got, and behind them how many were higher than the last bound.
        public var counts: [Int]
        /// All values together.
        public var sum: Double

        /// Makes a distribution; there is one count more than there are bounds.
        public init(bounds: [Double], counts: [Int], sum: Double) {
            self.bounds = bounds
            self.counts = counts
            self.sum = sum
        }
    }

    /// What a series says.
    public enum Value: Sendable, Hashable {
        /// What only grows until its owner is restarted.
        case counter(Double)
        /// What is so at the moment.
        case gauge(Double)
        /// What a timer was told, in seconds.
        case durations(Distribution)
        /// What a recorder was told.
        case sizes(Distribution)
    }

    /// The name, as its owner gave it.
    public var name: String
    /// Sorted by name.
    public var labels: [Label]
    /// One sentence on what it means, where the owner's descriptor has one.
    public var help: String?
    /// The plugin that made it; `host` for those of the process.
    public var owner: String
    /// What it says.
    public var value: Value

    /// Makes a reading.
    public init(_ name: String, _ labels: [Label] = [], help: String? = nil, owner: String, _ value: Value) {
        self.name = name
        self.labels = labels
        self.help = help
        self.owner = owner
        self.value = value
    }
}
