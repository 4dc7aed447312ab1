extension ReferenceSchema {
    /// What keeps a database from being of this age, one clause each; empty if it is.
    ///
    /// What an operator may have added beside is no difference: other tables, plain indexes, columns that an INSERT
    /// need not name.
    func differences(from catalogue: Catalogue) -> [String] {
        var found: [String] = []
        for expected in tables {
            guard let table = catalogue.tables[expected.name] else {
                found.append("table \(expected.name) is missing")
                continue
            }
            found += columnDifferences(expected, table)
            found += keyDifferences(expected, table)
            found += securityDifferences(expected, table)
        }
        return found + indexDifferences(catalogue)
    }

    private func columnDifferences(_ expected: Table, _ table: Catalogue.Table) -> [String] {
        var found: [String] = []
        for column in expected.columns {
            let name = "\(expected.name).\(column.name)"
            guard let actual = table.columns[column.name] else {
                if !column.isOptional { found.append("\(name) is missing") }
                continue
            }
            if actual.type != column.type { found.append("\(name) is \(actual.type), not \(column.type)") }
            if let isNullable = column.isNullable, isNullable != actual.isNullable {
                found.append("\(name) \(actual.isNullable ? "may be null" : "may not be null")")
            }
        }
        let known = Set(expected.columns.map(\.name))
        for (name, actual) in table.columns.sorted(by: { $0.key < $1.key }) where !known.contains(name) {
            if Self.laterColumns.contains("\(expected.name).\(name)") {
                found.append("\(expected.name).\(name) belongs to a later age")
            } else if !actual.isNullable, !actual.hasDefault {
                found.append("\(expected.name).\(name) is unknown and must be given")
            }
        }
        return found
    }

    private func keyDifferences(_ expected: Table, _ table: Catalogue.Table) -> [String] {
        var found: [String] = []
        for key in expected.uniqueKeys {
            let has = table.indexes.contains {
                $0.isUnique && $0.isValid && $0.predicate == nil && Set($0.keys) == key
            }
            if !has { found.append("\(expected.name) is not unique by (\(key.sorted().joined(separator: ", ")))") }
        }
        for reference in expected.references.subtracting(table.references).sorted() {
            found.append("\(expected.name) lacks the foreign key \(reference.replacing(">", with: " to "))")
        }
        if expected.name == "messages", table.columns["sequence"]?.hasDefault == false {
            found.append("messages.sequence draws no number")
        }
        return found
    }

    private func securityDifferences(_ expected: Table, _ table: Catalogue.Table) -> [String] {
        guard expected.name != "apps" else { return [] }
        let isSecured = table.hasRowSecurity && table.policies.contains { $0.contains("app.current_tenant") }
        if age == .rowSecurity, !isSecured { return ["\(expected.name) has no row-level security by app"] }
        if age < .rowSecurity, table.hasRowSecurity { return ["\(expected.name) has row-level security"] }
        return []
    }

    private func indexDifferences(_ catalogue: Catalogue) -> [String] {
        ReferenceIndex.marks.compactMap { mark in
            let found = catalogue.tables[mark.table]?.indexes.filter(mark.matches) ?? []
            if age >= .indexed { return found.contains(where: \.isValid) ? nil : "\(mark) is missing" }
            return found.isEmpty ? nil : "\(mark) belongs to a later age"
        }
    }

    private static let laterColumns: Set<String> = ["apps.api_key_hash", "messages.app_id"]
}
