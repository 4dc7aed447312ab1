/// The indexes for lists, sync and receipts, some of them twice; built concurrently, so not in a transaction.
enum ReferenceAge3 {
    static let statements = [
        #"CREATE INDEX CONCURRENTLY "messages_created_at_idx" ON "messages"("created_at")"#,
        #"CREATE INDEX CONCURRENTLY "idx_messages_created_at_desc" ON "messages"("created_at" DESC)"#,
        """
        CREATE INDEX CONCURRENTLY "messages_conversation_id_sequence_idx" ON "messages"("conversation_id", "sequence")
        """,
        #"CREATE INDEX CONCURRENTLY "idx_messages_sync" ON "messages"("conversation_id", "sequence")"#,
        #"CREATE INDEX CONCURRENTLY "messages_app_id_idx" ON "messages"("app_id")"#,
        #"CREATE INDEX CONCURRENTLY "idx_messages_status" ON "messages"("status") WHERE "status" <> 'SENT'"#,
        #"CREATE INDEX CONCURRENTLY "conversations_device_id_idx" ON "conversations"("device_id")"#,
        #"CREATE INDEX CONCURRENTLY "conversations_status_idx" ON "conversations"("status")"#,
        """
        CREATE INDEX CONCURRENTLY "conversations_app_id_updated_at_idx" ON "conversations"("app_id", "updated_at" DESC)
        """,
        #"CREATE INDEX CONCURRENTLY "devices_app_id_idx" ON "devices"("app_id")"#,
        #"CREATE INDEX CONCURRENTLY "devices_push_token_idx" ON "devices"("push_token")"#,
    ]
}
