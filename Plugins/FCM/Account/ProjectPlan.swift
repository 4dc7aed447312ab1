import PluginAPI

/// Which account pushes which app's messages, from the settings: those that can be used, and what is wrong with the others.
struct ProjectPlan: Sendable {
    private(set) var accounts: [ServiceAccount] = []
    /// Places in ``accounts``; nil for apps whose own account cannot be used: the usual one would be the wrong one.
    private(set) var byApp: [AppID: Int?] = [:]
    private(set) var usual: Int?
    /// Where, as a continuation of "push is off", and what.
    private(set) var problems: [(place: String, problem: ServiceAccount.Problem)] = []

    init(_ configuration: FCMConfiguration) {
        if let source = configuration.account { usual = add(source, at: "") }
        for (number, project) in configuration.projects.enumerated() {
            let place = add(project.account, at: " for projects[\(number)]")
            for app in project.apps { byApp[app] = .some(place) }
        }
    }

    private mutating func add(_ source: Secret, at place: String) -> Int? {
        do throws(ServiceAccount.Problem) {
            accounts.append(try ServiceAccount(source))
            return accounts.count - 1
        } catch {
            problems.append((place, error))
            return nil
        }
    }
}
