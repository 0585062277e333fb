// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/base/wording.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace nfsieve {
namespace {

/// Levenshtein's distance.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t k = 0; k < b.size(); ++k) {
            const std::size_t swap = diagonal + (a[i] == b[k] ? 0 : 1);
            diagonal = row[k + 1];
            row[k + 1] = std::min({swap, row[k] + 1, diagonal + 1});
        }
    }
    return row.back();
}

} // namespace

std::string_view nearest(std::string_view word, std::span<const std::string_view> names) {
    std::string_view best;
    std::size_t best_distance = 4;
    if (word.size() > 100)
        return best;
    for (const std::string_view name : names) {
        // The distance is at least the difference in length.
        if (std::max(name.size(), word.size()) - std::min(name.size(), word.size()) >= best_distance)
            continue;
        const std::size_t d = distance(word, name);
        if (d < best_distance && d < std::max<std::size_t>(name.size(), 2)) {
            best_distance = d;
            best = name;
        }
    }
    return best;
}

std::string listing(std::span<const std::string_view> names) {
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i) {
        text += i == 0 ? "" : i + 1 == names.size() ? " or " : ", ";
        text += "\"" + std::string(names[i]) + "\"";
    }
    return text;
}

std::string in_quotes(std::string_view text) {
    std::string shown = "\"";
    for (const char c : text.substr(0, 60))
        shown += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    if (text.size() > 60) {
        while (!shown.empty() && (static_cast<unsigned char>(shown.back()) & 0xc0) == 0x80)
            shown.pop_back(); // not in the middle of a character
        if (static_cast<unsigned char>(shown.back()) >= 0xc0)
            shown.pop_back();
        shown += "...";
    }
    return shown + "\"";
}

std::string unknown_word(std::string_view what, std::string_view word,
                         std::span<const std::string_view> known) {
    const std::string_view meant = nearest(word, known);
    return std::string(what) + " " + in_quotes(word) + " is not known here; " +
           (meant.empty() ? "what may stand here: " + listing(known)
                          : "did you mean " + in_quotes(meant) + "?");
}

} // namespace nfsieve
