import PluginAPI

/// A Firebase project as the courier knows it.
struct CourierProject: Sendable {
    let account: ServiceAccount
    /// Where its messages go.
    let url: String
    var machine: ProjectMachine

    init(account: ServiceAccount, endpoint: String, patience: TimeAmount) {
        self.account = account
        url = "\(endpoint)/v1/projects/\(account.projectID)/messages:send"
        machine = ProjectMachine(patience: patience)
    }

    func tokenRequest(at now: Timestamp) throws(RSASigner.Failure) -> (request: Transfer.Request, body: [UInt8]) {
        let body = try TokenRequest(account: account).body(at: now)
        let request = Transfer.Request(
            url: account.tokenURI, contentType: "application/x-www-form-urlencoded", bearer: nil)
        return (request, body)
    }
}
