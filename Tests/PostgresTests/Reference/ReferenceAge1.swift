/// The old server's first schema as its ORM makes it: keys in plain text, messages without their app.
enum ReferenceAge1 {
    static let statements = [
        """
        CREATE TABLE "apps" (
            "id" TEXT NOT NULL,
            "name" TEXT NOT NULL,
            "api_key" TEXT NOT NULL,
            "settings" JSONB NOT NULL DEFAULT '{}',
            "created_at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
            "updated_at" TIMESTAMP(3) NOT NULL,
            CONSTRAINT "apps_pkey" PRIMARY KEY ("id")
        )
        """,
        """
        CREATE TABLE "conversations" (
            "id" TEXT NOT NULL,
            "visitor_id" TEXT NOT NULL,
            "status" TEXT NOT NULL DEFAULT 'open',
            "metadata" JSONB NOT NULL DEFAULT '{}',
            "app_id" TEXT NOT NULL,
            "device_id" TEXT NOT NULL,
            "user_id" TEXT,
            "created_at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
            "updated_at" TIMESTAMP(3) NOT NULL,
            CONSTRAINT "conversations_pkey" PRIMARY KEY ("id")
        )
        """,
        """
        CREATE TABLE "messages" (
            "id" TEXT NOT NULL,
            "local_id" TEXT NOT NULL,
            "body" TEXT NOT NULL,
            "sender" TEXT NOT NULL,
            "status" TEXT NOT NULL DEFAULT 'SENT',
            "sequence" SERIAL NOT NULL,
            "created_at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
            "delivered_at" TIMESTAMP(3),
            "read_at" TIMESTAMP(3),
            "conversation_id" TEXT NOT NULL,
            CONSTRAINT "messages_pkey" PRIMARY KEY ("id")
        )
        """,
        """
        CREATE TABLE "devices" (
            "id" TEXT NOT NULL,
            "device_id" TEXT NOT NULL,
            "user_id" TEXT,
            "push_token" TEXT,
            "platform" TEXT NOT NULL,
            "app_id" TEXT NOT NULL,
            "created_at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
            "updated_at" TIMESTAMP(3) NOT NULL,
            CONSTRAINT "devices_pkey" PRIMARY KEY ("id")
        )
        """,
        #"CREATE UNIQUE INDEX "apps_api_key_key" ON "apps"("api_key")"#,
        #"CREATE INDEX "conversations_app_id_idx" ON "conversations"("app_id")"#,
        """
        CREATE UNIQUE INDEX "conversations_app_id_device_id_user_id_key"
            ON "conversations"("app_id", "device_id", "user_id")
        """,
        #"CREATE UNIQUE INDEX "messages_local_id_key" ON "messages"("local_id")"#,
        #"CREATE INDEX "messages_conversation_id_idx" ON "messages"("conversation_id")"#,
        #"ALTER TABLE "devices" ADD CONSTRAINT "devices_app_id_device_id_key" UNIQUE ("app_id", "device_id")"#,
        foreignKey("conversations", "app_id", "apps"),
        foreignKey("messages", "conversation_id", "conversations"),
        foreignKey("devices", "app_id", "apps"),
        """
        CREATE TABLE "_prisma_migrations" (
            id VARCHAR(36) PRIMARY KEY NOT NULL,
            checksum VARCHAR(64) NOT NULL,
            finished_at TIMESTAMPTZ,
            migration_name VARCHAR(255) NOT NULL,
            logs TEXT,
            rolled_back_at TIMESTAMPTZ,
            started_at TIMESTAMPTZ NOT NULL DEFAULT now(),
            applied_steps_count INTEGER NOT NULL DEFAULT 0
        )
        """,
    ]

    private static func foreignKey(_ table: String, _ column: String, _ target: String) -> String {
        """
        ALTER TABLE "\(table)" ADD CONSTRAINT "\(table)_\(column)_fkey" FOREIGN KEY ("\(column)")
            REFERENCES "\(target)"("id") ON DELETE RESTRICT ON UPDATE CASCADE
        """
    }
}
