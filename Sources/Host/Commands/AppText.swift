import PluginAPI

/// Apps as JSON, with the field names of `/setup/api/apps`.
enum AppText {
    static func json(_ app: App, key: String? = nil) -> String {
        text { write(app, key: key, to: &$0) }
    }

    static func json(_ apps: [App]) -> String {
        text { json in
            json.beginArray()
            for app in apps { write(app, key: nil, to: &json) }
            json.endArray()
        }
    }

    static func json(_ app: AppID, key: String) -> String {
        text { json in
            json.beginObject()
            json.field("id", app)
            json.field("api_key", key)
            json.endObject()
        }
    }

    static func json(_ app: AppID, identity mode: IdentityMode, secret: String?) -> String {
        text { json in
            json.beginObject()
            json.field("id", app)
            json.field("identity", mode.rawValue)
            json.fieldIfPresent("identity_secret", secret)
            json.endObject()
        }
    }

    private static func write(_ app: App, key: String?, to json: inout JSONWriter) {
        json.beginObject()
        json.field("id", app.id)
        json.field("name", app.name)
        json.fieldIfPresent("api_key", key)
        json.field("created_at", app.createdAt)
        json.endObject()
    }

    private static func text(_ write: (inout JSONWriter) -> Void) -> String {
        var json = JSONWriter()
        write(&json)
        return String(buffer: json.buffer)
    }
}
