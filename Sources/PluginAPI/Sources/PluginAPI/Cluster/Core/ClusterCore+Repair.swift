// What was missed is read from the store.
extension ClusterCore {
    /// Sees to it that everything with members here is compared with the store.
    /// - Parameter since: when all was well.
    mutating func requestRepair(since: NIODeadline) {
        repairSince = min(repairSince ?? since, since)
    }

    mutating func repairIfDue(at now: NIODeadline) {
        guard let since = repairSince, isConnected, repairDue <= now else { return }
        repairSince = nil
        repairDue = now + Self.repairPause
        for conversation in Array(cursors.joinedConversations) {
            change(conversation) { cursor in
                cursor.suspect(at: now)
                return []
            }
        }
        for app in cursors.watchedApps {
            begin(AppSurvey(app: app, since: cursors.floor(of: app) == nil ? nil : since))
        }
    }

    /// Somebody says how far a conversation has come.
    ///
    /// - Parameter createdAt: of the message of that number; nil: not known.
    mutating func heard(
        _ conversation: ConversationID, of app: AppID, upTo sequence: Int64, createdAt: Timestamp? = nil,
        at now: NIODeadline
    ) {
        if cursors[conversation] == nil {
            // Nothing of it came since agents listen to its app, so it would all be missed.
            guard cursors.isMissed(sequence, createdAt: createdAt, of: app) else { return }
            cursors.begin(
                conversation, app: app, sequence: sequence, isJoined: interest[.conversation(conversation)] != nil)
        }
        change(conversation) { cursor in
            cursor.heard(of: sequence, at: now)
            return []
        }
    }

    /// Somebody who is no node, such as a server of another kind on the same database, stored a message whose number
    /// nobody tells: the store is asked at once, so that it comes in its place and is no gap later.
    mutating func storedElsewhere(in conversation: ConversationID, of app: AppID?, at now: NIODeadline) {
        if cursors[conversation] == nil {
            // Only agents may be missing it, and those have got all up to the floor.
            guard let app, let floor = cursors.floor(of: app) else { return }
            cursors.begin(
                conversation, app: app, sequence: floor &+ 1, isJoined: interest[.conversation(conversation)] != nil)
        }
        change(conversation) { cursor in
            cursor.suspect(at: now)
            return []
        }
    }
}

// MARK: Reading conversations

extension ClusterCore {
    /// Changes a cursor, delivers what it gives, and notes when it wants to read.
    mutating func change(_ conversation: ConversationID, _ step: (inout ConversationCursor) -> [ClusterPublication]) {
        let outcome = cursors.change(conversation) { cursor in (step(&cursor), cursor.readDue) }
        guard let (publications, due) = outcome else { return forget(conversation) }
        for publication in publications { effects.append(.deliver(publication)) }
        waiting[conversation] = readQueue[conversation] == nil ? due : nil
        letFollow(conversation)
    }

    /// The cursor is gone.
    mutating func forget(_ conversation: ConversationID) {
        waiting[conversation] = nil
        readQueue.removeValue(for: conversation)
        letFollow(conversation)
    }

    mutating func readDueConversations(at now: NIODeadline) {
        for (conversation, due) in waiting where due <= now {
            waiting[conversation] = nil
            readQueue.append(true, for: conversation)
        }
        while readCount < Self.mostReads, let (conversation, _) = readQueue.removeFirst() {
            let start = cursors.change(conversation) { cursor in
                // What was missing may have come while it stood in the queue.
                cursor.readDue == nil ? nil : cursor.beginRead().map { (cursor.app, $0, cursor.horizon) }
            }
            guard case (let app, let sequence, let horizon)?? = start else { continue }
            readCount += 1
            if sequence == 0, let horizon {
                effects.append(.readCreated(conversation, app: app, after: horizon))
            } else {
                effects.append(.read(conversation, app: app, after: sequence))
            }
        }
    }

    /// A read ended; nil: it failed.
    mutating func readFinished(
        _ conversation: ConversationID,
        _ page: ConversationCursor.Page?,
        at now: NIODeadline
    ) {
        readCount = max(readCount - 1, 0)
        change(conversation) { $0.finishRead(page, at: now) }
    }
}

// MARK: Surveys of apps

extension ClusterCore {
    mutating func begin(_ survey: AppSurvey) {
        surveyRetries[survey.app] = nil
        var survey = survey
        if let running = surveys[survey.app], let since = running.since {
            // Begun anew, as far back as the one that is under way.
            survey.since = min(since, survey.since ?? since)
        }
        surveyCount += 1
        survey.number = surveyCount
        surveys[survey.app] = survey
        effects.append(.survey(survey))
    }

    /// A page of a survey came; nil: it could not be read.
    mutating func surveyed(_ survey: AppSurvey, _ page: SurveyPage?, at now: NIODeadline) {
        guard surveys[survey.app]?.number == survey.number else { return }
        guard let page else {
            surveyRetries[survey.app] = now + .seconds(1)
            return
        }
        surveys[survey.app] = nil
        guard let since = survey.since else {
            // The subscription stands: what was under way comes through it, and may come after it was seen here. A floor
            // drops nothing of a conversation that has no cursor yet.
            cursors.raiseFloor(of: survey.app, to: page.rows.lazy.compactMap(\.lastMessage?.sequence).max() ?? 0)
            return
        }
        for row in page.rows {
            guard let last = row.lastMessage else { continue }
            heard(
                row.conversation.id, of: survey.app, upTo: last.sequence, createdAt: last.createdAt, at: now)
        }
        guard let next = page.next, survey.page + 1 < AppSurvey.mostPages else {
            let isAfterLook = cursors.lookedAt(survey.app).map { since <= $0 } ?? false
            if isAfterLook, !unconfirmed.contains(.app(survey.app)) { cursors.settled(survey.app) }
            return
        }
        begin(AppSurvey(app: survey.app, since: survey.since, cursor: next, page: survey.page + 1))
    }

    mutating func retrySurveys(at now: NIODeadline) {
        for (app, due) in surveyRetries where due <= now {
            surveyRetries[app] = nil
            if let survey = surveys[app] { effects.append(.survey(survey)) }
        }
    }
}
