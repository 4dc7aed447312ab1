import PluginAPI

/// The context of a request whose app's key was checked: handlers that take it cannot be reached otherwise.
struct DeviceRequestContext: ChildRequestContext {
    var coreContext: CoreRequestContextStorage
    let device: DeviceIdentity

    /// What this device may touch.
    var scope: ConversationScope { .device(device) }

    /// The conversation that the path names.
    var conversation: ConversationID { ConversationID(pathParameter("id")) }

    /// Throws 404 for a request that found its way around the gate, by whatever spelling of the path: where nobody
    /// was let in, there is nothing.
    init(context: HTTPContext) throws {
        guard let device = context.device else { throw HTTPFailure(.notFound, "NOT_FOUND", "Not found") }
        coreContext = context.coreContext
        self.device = device
    }
}
