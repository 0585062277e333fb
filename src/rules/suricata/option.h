// SPDX-License-Identifier: GPL-2.0-or-later
// What stands between the parentheses of a rule.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nfsieve::suricata {

/// "keyword;" or "keyword:value;". The text is borrowed from the rule; offsets count in it.
struct Option {
    std::string_view keyword, value; ///< without blanks around
    bool has_value = false;
    std::size_t at = 0, value_at = 0;
};

/// A lexer's complaint.
struct Flaw {
    std::size_t at;
    std::string message;
};

/// Splits at each ';' that has no '\' in front, as Suricata does: quotes do not protect it. `begin` is the
/// offset of the first byte of `text` in the rule.
[[nodiscard]] std::vector<Option> split_options(std::string_view text, std::size_t begin,
                                                std::vector<Flaw>& flaws);

/// A piece of an option's value.
struct Piece {
    std::string_view text; ///< without blanks around
    std::size_t at = 0;
};

/// Splits a value that stands at `at` of the rule at each `separator`.
[[nodiscard]] std::vector<Piece> split(std::string_view text, std::size_t at, char separator);

/// The value of a keyword that takes a quoted text.
struct Quoted {
    bool negated = false;
    std::string_view text; ///< between the quotes, escapes as they stand
    std::size_t at = 0;
};

/// Takes `!` and the quotes away; without quotes the text is taken as it stands where `bare` allows it.
/// Nothing where the quotes do not match.
[[nodiscard]] std::optional<Quoted> unquoted(const Option& option, bool bare);

/// `\"`, `\;`, `\:` and `\\` become what they stand for; other backslashes stay.
[[nodiscard]] std::string unescaped(std::string_view text);

} // namespace nfsieve::suricata
