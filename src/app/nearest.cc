// SPDX-License-Identifier: GPL-2.0-or-later
#include "nearest.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace nfsieve {

namespace {

/// Levenshtein distance: insertions, deletions and replacements of one character.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t above = row[j];
            row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U)});
            diagonal = above;
        }
    }
    return row[b.size()];
}

/// Short enough for a message, and without bytes that would move a terminal's cursor.
std::string quoted(std::string_view word) {
    std::string text(word.substr(0, 64));
    std::replace_if(
        text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; },
        '?');
    return "\"" + text + "\"";
}

} // namespace

std::string unknown_word(std::string_view what, std::string_view word,
                         std::span<const std::string_view> known) {
    std::string message = std::string(what) + " " + quoted(word) + " is not known here; ";
    const auto near = [&](std::string_view candidate) { return distance(word.substr(0, 64), candidate); };
    const auto best =
        std::min_element(known.begin(), known.end(), [&](auto a, auto b) { return near(a) < near(b); });
    if (best != known.end() && near(*best) <= std::max<std::size_t>(2, best->size() / 3))
        return message + "did you mean \"" + std::string(*best) + "\"?";
    message += "what may stand here:";
    for (const char* separator = " "; const std::string_view candidate : known) {
        message += separator + ("\"" + std::string(candidate) + "\"");
        separator = ", ";
    }
    return message;
}

} // namespace nfsieve
