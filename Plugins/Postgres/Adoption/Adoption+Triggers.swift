extension Adoption {
    /// What keeps our columns right when the old server writes without knowing them. They are in place before anything
    /// is filled, so that what is filled once stays right.
    static func triggers(_ age: SchemaAge) -> [AdoptionStep] {
        keyTriggers(age) + [deviceTrigger] + identityTriggers + messageTriggers
    }

    /// A function that a trigger calls, or that such a one calls. It finds the tables of the schema it is made in,
    /// whatever `search_path` the old server sets.
    static func function(_ head: String, declare: String = "", _ body: String) -> String {
        """
        CREATE OR REPLACE FUNCTION \(head) LANGUAGE plpgsql SET search_path FROM CURRENT AS $body$
        \(declare.isEmpty ? "" : "DECLARE \(declare)\n")BEGIN
        \(body)
        END $body$
        """
    }

    private static let deviceTrigger = AdoptionStep.define(
        "trigger-devices", on: "devices",
        [
            function(
                "replyhq_device_written() RETURNS trigger",
                """
                IF NEW.last_seen_at IS NULL THEN
                    NEW.last_seen_at := NEW.updated_at;
                ELSIF TG_OP = 'UPDATE' AND NEW.last_seen_at = OLD.last_seen_at
                    AND (NEW.push_token IS NOT NULL OR OLD.push_token IS NULL) THEN
                    -- Losing a token to another device is no sign of life.
                    NEW.last_seen_at := greatest(NEW.last_seen_at, NEW.updated_at);
                END IF;
                IF NEW.push_token IS NOT NULL AND NEW.push_token_provider IS NULL THEN
                    NEW.push_token_provider := CASE NEW.platform WHEN 'ios' THEN 'apns' ELSE 'fcm' END;
                    NEW.push_token_updated_at := coalesce(NEW.push_token_updated_at, NEW.updated_at);
                ELSIF TG_OP = 'UPDATE' AND NEW.push_token IS NULL AND OLD.push_token IS NOT NULL THEN
                    NEW.push_token_provider := NULL;
                END IF;
                RETURN NEW;
                """),
            """
            CREATE OR REPLACE TRIGGER replyhq_device_written BEFORE INSERT OR UPDATE ON devices
                FOR EACH ROW EXECUTE FUNCTION replyhq_device_written()
            """,
        ])
}
