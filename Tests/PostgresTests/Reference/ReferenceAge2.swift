/// Keys hashed beside the plain text, the unique index on the plain text gone, and messages with the app of their
/// conversation: a trigger fills it, for rows that come after it.
enum ReferenceAge2 {
    static let statements = [
        #"ALTER TABLE "apps" ADD COLUMN "api_key_hash" TEXT"#,
        """
        UPDATE "apps" SET "api_key_hash" = salt || ':' || encode(sha256(convert_to(salt || "api_key", 'UTF8')), 'hex')
        FROM (SELECT "id" AS app, md5("id") AS salt FROM "apps") salts WHERE app = "id"
        """,
        #"ALTER TABLE "apps" ALTER COLUMN "api_key_hash" SET NOT NULL, ALTER COLUMN "api_key" DROP NOT NULL"#,
        #"CREATE UNIQUE INDEX "apps_api_key_hash_key" ON "apps"("api_key_hash")"#,
        #"DROP INDEX "apps_api_key_key""#,
        #"ALTER TABLE "messages" ADD COLUMN "app_id" TEXT"#,
        // All but some: the update was done in parts, and one was forgotten.
        """
        UPDATE "messages" m SET "app_id" = c."app_id" FROM "conversations" c
        WHERE c."id" = m."conversation_id" AND m."sequence" % 20 <> 7
        """,
        """
        CREATE FUNCTION set_message_app_id() RETURNS TRIGGER AS $$
        BEGIN
            IF NEW.app_id IS NULL THEN
                SELECT app_id INTO NEW.app_id FROM conversations WHERE id = NEW.conversation_id;
            END IF;
            RETURN NEW;
        END;
        $$ LANGUAGE plpgsql
        """,
        """
        CREATE TRIGGER messages_set_app_id BEFORE INSERT ON "messages"
            FOR EACH ROW EXECUTE FUNCTION set_message_app_id()
        """,
    ]
}
