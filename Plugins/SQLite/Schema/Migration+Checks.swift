extension Migration {
    /// The same words are allowed as before. For a list of more than two SQLite fills a table of its own each time that a
    /// row is written, which costs more than the write; for comparisons it does not.
    ///
    /// What is stored stays as it is, so the tables are not written anew: the text of the schema is changed, as SQLite's
    /// documentation of ALTER TABLE shows it for constraints. Making and dropping a table tells other connections.
    static let checks = Migration(
        version: 6,
        name: "checks by comparison",
        statements: """
            PRAGMA writable_schema = ON;

            UPDATE sqlite_schema SET sql = replace(replace(sql,
                'state IN (''waiting'', ''sent'', ''merged'', ''cancelled'', ''failed'')',
                'state = ''waiting'' OR state = ''sent'' OR state = ''merged'' OR state = ''cancelled'' OR state = ''failed'''),
                'hold IN (''online'', ''quiet'', ''cap'', ''retry'')',
                'hold = ''online'' OR hold = ''quiet'' OR hold = ''cap'' OR hold = ''retry''')
            WHERE type = 'table' AND name = 'push_outbox';

            UPDATE sqlite_schema SET sql = replace(replace(sql,
                'sender IN (''user'', ''agent'', ''system'')',
                'sender = ''user'' OR sender = ''agent'' OR sender = ''system'''),
                'status IN (''QUEUED'', ''SENDING'', ''SENT'', ''DELIVERED'', ''READ'', ''FAILED'')',
                'status = ''QUEUED'' OR status = ''SENDING'' OR status = ''SENT'' OR status = ''DELIVERED'' OR status = ''READ'' OR status = ''FAILED''')
            WHERE type = 'table' AND name = 'messages';

            UPDATE sqlite_schema SET sql = replace(sql,
                'platform IN (''android'', ''ios'', ''web'', ''desktop'', ''unknown'')',
                'platform = ''android'' OR platform = ''ios'' OR platform = ''web'' OR platform = ''desktop'' OR platform = ''unknown''')
            WHERE type = 'table' AND name = 'devices';

            CREATE TABLE schema_change (note TEXT) STRICT;
            DROP TABLE schema_change;
            PRAGMA writable_schema = RESET;
            """
    )
}
