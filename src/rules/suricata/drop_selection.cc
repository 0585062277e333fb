// SPDX-License-Identifier: GPL-2.0-or-later
#include "drop_selection.h"

#include <algorithm>

namespace nfsieve::suricata {

bool glob_matches(std::string_view pattern, std::string_view text) {
    // The last star takes one more character each time that what follows it does not fit.
    std::size_t p = 0, t = 0, star = std::string_view::npos, taken = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            taken = t;
        } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
            ++p;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++taken;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

DropChoice::DropChoice(const DropSelection& selection, std::string_view file) : selection_(selection) {
    const auto slash = file.rfind('/');
    const std::string_view name = slash == std::string_view::npos ? file : file.substr(slash + 1);
    whole_file_ = std::any_of(selection.files.begin(), selection.files.end(),
                              [&](const std::string& pattern) { return glob_matches(pattern, name); });
}

bool DropChoice::chooses(const SignatureSpec& spec) const {
    if (spec.action != Action::alert || spec.noalert)
        return false;
    const auto has = [](const auto& list, const auto& value) {
        return std::find(list.begin(), list.end(), value) != list.end();
    };
    return whole_file_ || has(selection_.sids, spec.label.signature_id) ||
           has(selection_.classtypes, spec.classtype) ||
           std::any_of(selection_.metadata.begin(), selection_.metadata.end(),
                       [&](const auto& wanted) { return has(spec.metadata, wanted); });
}

} // namespace nfsieve::suricata
