// SPDX-License-Identifier: GPL-2.0-or-later
// A rule file's lines: rules, with lines that end in "\" joined to the next one, and rules behind "#".
#pragma once

#include "nfsieve/base/rule_label.h"

#include <string>
#include <string_view>
#include <vector>

namespace nfsieve::suricata {

/// One rule's text, and where each byte of it stood.
class RuleText {
public:
    /// Appends what stands at this place of the file.
    void append(std::string_view piece, std::uint32_t line, std::uint32_t column);
    void clear();
    [[nodiscard]] std::string_view text() const { return text_; }
    /// Where the byte at `offset` stood. Beyond the end: where the last piece goes on.
    [[nodiscard]] Place place(const std::string& file, std::size_t offset) const;

private:
    struct Piece {
        std::size_t offset;
        std::uint32_t line, column;
    };
    std::string text_;
    std::vector<Piece> pieces_;
};

/// Walks through a file's text, which it borrows.
class RuleLines {
public:
    explicit RuleLines(std::string_view text) : rest_(text) {}

    /// The next rule; false at the end. Blank lines and comments are passed over; comments that hold a rule
    /// are counted.
    [[nodiscard]] bool next(RuleText& rule);
    [[nodiscard]] std::size_t disabled() const { return disabled_; }

private:
    std::string_view take_line();

    std::string_view rest_;
    std::uint32_t line_ = 0;
    std::size_t disabled_ = 0;
};

/// Without blanks at either end.
[[nodiscard]] std::string_view trimmed(std::string_view text);

} // namespace nfsieve::suricata
