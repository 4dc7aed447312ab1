import NIOCore

extension Duration {
    /// The same span for a deadline, held between nothing and a year so that no sum of the two can overflow.
    public var deadlineAmount: TimeAmount {
        .milliseconds(min(max(wholeMilliseconds, 0), 365 * 86_400_000))
    }
}
