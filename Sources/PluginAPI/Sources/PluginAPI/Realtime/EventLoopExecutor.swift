/// Runs tasks on an event loop, so that async work of a connection needs no other thread.
public final class EventLoopExecutor: TaskExecutor {
    /// The loop that runs the tasks.
    public let eventLoop: any EventLoop

    /// Makes an executor for a loop; one serves any number of tasks.
    public init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// Runs a piece of a task in a later turn of the loop. Called by the runtime.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        eventLoop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
