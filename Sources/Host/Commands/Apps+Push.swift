import ArgumentParser
import Glibc
import HostCore
import PluginAPI

extension Apps {
    struct Push: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show or change what an app wants of pushes.",
            discussion: """
                What is not stated stays as it is; --reset leaves everything to the configuration first. Without an \
                option it only shows. A running server follows within 60 seconds; docs/push.md says what each means.

                  replyhq apps push APP --title "My shop" --preview 0
                  replyhq apps push APP --quiet-hours 22:00-07:00 --time-zone Europe/Berlin --per-hour 10
                """
        )

        @OptionGroup var options: StoreOptions

        @Argument(help: "The app's id.")
        var app: String

        @Flag(help: "Push for the app.")
        var on = false

        @Flag(help: "Do not push for the app.")
        var off = false

        @Option(help: "The line above the text.")
        var title: String?

        @Option(help: "How many characters of a message are shown, 0 to 200; 0 shows none of it.")
        var preview: Int?

        @Option(help: "When nothing is pushed, such as 22:00-07:00, or \"never\".")
        var quietHours: String?

        @Option(help: "The time zone of the quiet hours, also of those that are set already; UTC unless stated.")
        var timeZone: String?

        @Option(help: "How many pushes a device gets in an hour; what is more is told together. 0: no bound.")
        var perHour: Int?

        @Flag(help: "Leave everything to the configuration.")
        var reset = false

        @Flag(help: "Print JSON.")
        var json = false

        func validate() throws {
            if on, off { throw ValidationError("--on and --off cannot both be") }
            if timeZone != nil, quietHours == "never" || (reset && quietHours == nil) {
                throw ValidationError("--time-zone: there are no quiet hours that it could be of")
            }
            try checkZone()
            var known = PushPolicy()
            // What is set already is not known yet.
            if quietHours == nil { known.quiet = QuietHours("22:00-07:00", timeZone: "UTC").map { .daily($0) } }
            _ = try change(of: known)
        }

        /// A zone that this system does not know is a mistake, where it knows any.
        private func checkZone() throws {
            guard let timeZone, timeZone != "UTC" else { return }
            guard QuietHours("22:00-07:00", timeZone: timeZone) != nil else {
                throw ValidationError("--time-zone: expected a zone such as Europe/Berlin, got \"\(timeZone)\"")
            }
            guard Self.isKnown("Europe/Berlin"), !Self.isKnown(timeZone) else { return }
            throw ValidationError("--time-zone: there is no time zone \"\(timeZone)\"; one is Europe/Berlin")
        }

        /// A name that is none cannot leave the folder. One that is a folder is no zone.
        private static func isKnown(_ zone: String) -> Bool {
            let path = "/usr/share/zoneinfo/\(zone)"
            return access(path, R_OK) == 0 && access(path + "/", F_OK) != 0
        }

        func run() async throws {
            try await withApps(options) { apps in
                let id = AppID(rawValue: app)
                let unknown = ChatError(.appNotFound, "there is no app \"\(app)\"; replyhq apps list shows all")
                // What cannot be read is no reason not to set it anew.
                let known = reset ? PushPolicy() : try await apps.pushPolicy(of: id)
                guard let known else { throw unknown }
                let policy = try change(of: known)
                if policy != known || reset {
                    guard try await apps.setPushPolicy(policy, of: id) else { throw unknown }
                    Self.warn(of: policy)
                }
                Output.line(json ? policy.settings.description : Self.text(policy))
            }
        }

        private func change(of known: PushPolicy) throws -> PushPolicy {
            var policy = known
            if on { policy.isEnabled = true }
            if off { policy.isEnabled = false }
            if let title { policy.title = title }
            if let preview { policy.preview = preview }
            if let perHour { policy.perHour = perHour }
            if quietHours == "never" {
                policy.quiet = .never
            } else if let quietHours {
                guard let hours = QuietHours(quietHours, timeZone: timeZone ?? "UTC") else {
                    throw ValidationError(
                        "--quiet-hours: expected hours such as 22:00-07:00 in a zone such as Europe/Berlin, got "
                            + "\"\(quietHours)\" in \"\(timeZone ?? "UTC")\"")
                }
                policy.quiet = .daily(hours)
            } else if let timeZone {
                guard case .daily(let set) = policy.quiet, let hours = QuietHours(set.text, timeZone: timeZone) else {
                    throw ValidationError(
                        "--time-zone: the app has no quiet hours of its own that it could be of; state --quiet-hours too"
                    )
                }
                policy.quiet = .daily(hours)
            }
            do {
                // The bounds are those of what is stored.
                return try PushPolicy(settings: policy.settings)
            } catch {
                throw ValidationError(error.reason)
            }
        }

        /// No error, as the server may run on another system, whose zones are the ones that count.
        private static func warn(of policy: PushPolicy) {
            guard case .daily(let hours) = policy.quiet, hours.timeZone != "UTC", !isKnown(hours.timeZone) else {
                return
            }
            Output.error(
                "warning: this system knows no time zone \(hours.timeZone); a server that does not either takes the hours "
                    + "as UTC's")
        }

        private static func text(_ policy: PushPolicy) -> String {
            let usual = "as configured"
            let quiet =
                switch policy.quiet {
                case .never: "never"
                case .daily(let hours): "\(hours.text) \(hours.timeZone)"
                case nil: usual
                }
            return """
                pushes       \(policy.isEnabled.map { $0 ? "on" : "off" } ?? usual)
                title        \(policy.title ?? usual)
                preview      \(policy.preview.map { $0 == 0 ? "none" : "\($0) characters" } ?? usual)
                quiet hours  \(quiet)
                per hour     \(policy.perHour.map { $0 == 0 ? "no bound" : "\($0)" } ?? usual)
                """
        }
    }
}
