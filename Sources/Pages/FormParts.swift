/// Pieces of forms.
enum FormParts {
    /// Hidden fields that every form carries.
    static func hidden(token: String, returnTo: String?) -> Markup {
        let target: Markup =
            returnTo.map { "\n<input type=\"hidden\" name=\"return_to\" value=\"\($0)\">" } ?? .none
        return "<input type=\"hidden\" name=\"csrf\" value=\"\(token)\">\(target)"
    }

    /// Summary of what was not accepted: the first thing on the page, read out at once. Each field that is
    /// named in `fields` gets a link to it.
    static func summary(
        _ errors: [FieldError], message: String?, fields: [String] = [], _ words: Wording
    ) -> Markup {
        guard !errors.isEmpty || message != nil else { return .none }
        let text: Markup = message.map { "<p>\($0)</p>\n" } ?? .none
        let items = errors.map { error -> Markup in
            let message = words.message(error)
            guard fields.contains(error.field) else { return "<li>\(message)</li>\n" }
            return "<li><a href=\"#\(error.field)\">\(message)</a></li>\n"
        }
        let list: Markup = items.isEmpty ? .none : "<ul>\n\(Markup(joining: items))</ul>\n"
        return """
            <div class="note bad" id="problem" role="alert">
            <h2>\(words.text(.problemHeading))</h2>
            \(text)\(list)</div>

            """
    }

    /// News that is no error.
    static func notice(_ text: String?) -> Markup {
        text.map { "<div class=\"note\" role=\"status\"><p>\($0)</p></div>\n" } ?? .none
    }

    /// Warning for a page that came over plain http, where browsers drop Secure cookies.
    static func plainHTTPWarning(_ words: Wording) -> Markup {
        """
        <div class="note warn">
        <h2>\(words.text(.notSecure))</h2>
        <p>\(words.text(.notSecureText))</p>
        </div>

        """
    }

    /// A labelled field with its hint and its error.
    static func field(_ field: TextField, _ words: Wording) -> Markup {
        let message: Markup =
            field.error.map {
                """
                <p class="wrong" id="\(field.name)-wrong"><span class="hidden">\(words.text(.errorTitle, ""))</span>\($0)</p>

                """
            } ?? .none
        let hint: Markup =
            field.hint.map { "<p class=\"hint\" id=\"\(field.name)-hint\">\($0)</p>\n" } ?? .none
        return """
            <div class="field">
            <label for="\(field.name)">\(field.label)</label>
            \(hint)\(message)<input id="\(field.name)" name="\(field.name)"\(field.attributes)>
            </div>
            """
    }
}

/// One line of input.
struct TextField {
    var name: String
    var label: String
    var value: String?
    var autocomplete: String
    var isPassword = false
    var hint: String?
    var error: String?
    /// The page's summary is about this field, without naming it.
    var isInDoubt = false
    var hasFocus = false

    var attributes: Markup {
        let described = [
            isInDoubt ? "problem" : nil, hint.map { _ in "\(name)-hint" }, error.map { _ in "\(name)-wrong" },
        ].compactMap { $0 }
        let value: Markup = self.value.map { " value=\"\($0)\"" } ?? .none
        // Names are not words: a keyboard that corrects or capitalises them only does harm.
        let type: Markup =
            isPassword
            ? " type=\"password\""
            : " type=\"text\" autocapitalize=\"none\" autocorrect=\"off\" spellcheck=\"false\""
        let description: Markup =
            described.isEmpty ? .none : " aria-describedby=\"\(described.joined(separator: " "))\""
        let invalid: Markup = error != nil || isInDoubt ? " aria-invalid=\"true\"" : .none
        let focus: Markup = hasFocus ? " autofocus" : .none
        return "\(type) autocomplete=\"\(autocomplete)\" required\(value)\(description)\(invalid)\(focus)"
    }
}
