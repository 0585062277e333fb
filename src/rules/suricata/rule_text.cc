// SPDX-License-Identifier: GPL-2.0-or-later
#include "rule_text.h"

#include "header.h"

#include <algorithm>

namespace nfsieve::suricata {
namespace {

constexpr std::string_view blanks = " \t\r\n\f\v";

/// "alert tcp …(…" behind "#": a rule that somebody has switched off.
bool holds_rule(std::string_view comment) {
    comment.remove_prefix(std::min(comment.find_first_not_of("# \t"), comment.size()));
    const std::string_view action = comment.substr(0, comment.find_first_of(blanks));
    return is_action(action) && comment.find('(') != std::string_view::npos;
}

} // namespace

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

void RuleText::append(std::string_view piece, std::uint32_t line, std::uint32_t column) {
    pieces_.push_back({text_.size(), line, column});
    text_ += piece;
}

void RuleText::clear() {
    text_.clear();
    pieces_.clear();
}

Place RuleText::place(const std::string& file, std::size_t offset) const {
    const auto behind =
        std::upper_bound(pieces_.begin(), pieces_.end(), offset,
                         [](std::size_t at, const Piece& piece) { return at < piece.offset; });
    if (behind == pieces_.begin())
        return {file, 0, 0};
    const Piece& piece = *std::prev(behind);
    return {file, piece.line, piece.column + static_cast<std::uint32_t>(offset - piece.offset)};
}

std::string_view RuleLines::take_line() {
    const auto end = rest_.find('\n');
    std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    ++line_;
    if (line.ends_with('\r'))
        line.remove_suffix(1);
    return line;
}

bool RuleLines::next(RuleText& rule) {
    rule.clear();
    while (!rest_.empty()) {
        std::string_view line = take_line();
        const bool going_on = !rule.text().empty();
        const auto first = line.find_first_not_of(blanks);
        if (!going_on && (first == std::string_view::npos || line[first] == '#')) {
            if (first != std::string_view::npos && holds_rule(line.substr(first)))
                ++disabled_;
            continue;
        }
        // The first piece begins with the rule, so that its text is never empty once there is one.
        const std::size_t begin = going_on ? 0 : first;
        const bool goes_on = line.ends_with('\\');
        const std::string_view piece = line.substr(begin, line.size() - begin - (goes_on ? 1 : 0));
        rule.append(piece, line_, static_cast<std::uint32_t>(begin + 1));
        if (!goes_on && !rule.text().empty())
            return true;
    }
    return !rule.text().empty();
}

} // namespace nfsieve::suricata
