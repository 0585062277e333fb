// SPDX-License-Identifier: GPL-2.0-or-later
// Keywords that say something about the rule and nothing about the traffic.
#include "classification.h"
#include "handlers.h"
#include "keyword_table.h"
#include "nfsieve/base/wording.h"
#include "values.h"

#include <limits>

namespace nfsieve::suricata {
namespace {

std::optional<std::uint32_t> number(Draft& draft, const Option& option, std::uint32_t least,
                                    std::uint32_t most) {
    const auto value = parse_unsigned(option.value);
    if (value && *value >= least && *value <= most)
        return static_cast<std::uint32_t>(*value);
    draft.complain(option, in_quotes(option.value) + " is no number from " + std::to_string(least) + " to " +
                               std::to_string(most));
    return std::nullopt;
}

constexpr std::uint32_t any32 = std::numeric_limits<std::uint32_t>::max();

} // namespace

void accept(Draft&, const Option&, const Keyword&) {}

void read_msg(Draft& draft, const Option& option, const Keyword&) {
    const auto text = unquoted(option, false);
    if (!text || text->negated)
        draft.complain(option, "write the message in quotes, and ';' in it as \"\\;\"");
    else
        draft.spec.label.signature = unescaped(text->text);
}

void read_sid(Draft& draft, const Option& option, const Keyword&) {
    if (draft.has_sid)
        draft.complain(option, "stands twice; a rule has one sid");
    draft.has_sid = true;
    if (const auto value = number(draft, option, 1, any32)) {
        draft.spec.label.signature_id = *value;
        draft.spec.label.id = std::to_string(*value);
    }
}

void read_rev(Draft& draft, const Option& option, const Keyword&) {
    if (const auto value = number(draft, option, 0, any32))
        draft.spec.label.revision = *value;
}

void read_priority(Draft& draft, const Option& option, const Keyword&) {
    if (const auto value = number(draft, option, 1, 255))
        draft.priority = value;
}

void read_classtype(Draft& draft, const Option& option, const Keyword&) {
    draft.spec.classtype = std::string(option.value);
    // Suricata takes unknown names too and gives them the default priority.
    if (const Classification* known = find_classification(option.value)) {
        draft.spec.label.category = std::string(known->description);
        draft.spec.label.severity = known->priority;
    }
}

void read_reference(Draft& draft, const Option& option, const Keyword&) {
    const auto comma = option.value.find(',');
    const std::string_view key = trimmed(option.value.substr(0, comma));
    if (comma == std::string_view::npos || key.empty())
        draft.complain(option, "write a kind and an id, such as cve,2021-44228");
    else
        draft.spec.references.emplace_back(key, unescaped(trimmed(option.value.substr(comma + 1))));
}

void read_metadata(Draft& draft, const Option& option, const Keyword&) {
    for (const Piece& piece : split(option.value, option.value_at, ',')) {
        if (piece.text.empty())
            continue;
        const auto blank = piece.text.find_first_of(" \t");
        const std::string_view value =
            blank == std::string_view::npos ? std::string_view{} : trimmed(piece.text.substr(blank));
        draft.spec.metadata.emplace_back(piece.text.substr(0, blank), value);
    }
}

void read_noalert(Draft& draft, const Option&, const Keyword&) {
    draft.spec.noalert = true;
}

void read_alert(Draft& draft, const Option&, const Keyword&) {
    draft.wants_alert = true;
}

namespace {

/// ">= 7.0.3": whether it holds for the version whose language is read here.
std::optional<bool> version_holds(std::string_view test) {
    constexpr std::array<std::uint64_t, 3> own = {7, 0, 10};
    const auto digits = test.find_first_of("0123456789");
    if (digits == std::string_view::npos)
        return std::nullopt;
    const std::string_view word = trimmed(test.substr(0, digits));
    std::array<std::uint64_t, 3> asked{};
    std::size_t part = 0;
    for (const Piece& piece : split(trimmed(test.substr(digits)), 0, '.')) {
        const auto value = parse_unsigned(piece.text.substr(0, piece.text.find('-')));
        if (!value || part == asked.size())
            return std::nullopt;
        asked[part++] = *value;
    }
    if (word == ">=")
        return own >= asked;
    if (word == ">")
        return own > asked;
    if (word == "<=")
        return own <= asked;
    if (word == "<")
        return own < asked;
    return std::nullopt;
}

/// "< 6.0.15 | >= 7.0.3 < 8": some alternative of which every part holds.
std::optional<bool> versions_hold(std::string_view tests) {
    bool any = false;
    for (const Piece& alternative : split(tests, 0, '|')) {
        bool all = true;
        std::string_view rest = alternative.text;
        while (!rest.empty()) {
            const auto digits = rest.find_first_of("0123456789");
            const auto next = digits == std::string_view::npos ? digits : rest.find_first_of("<>", digits);
            const auto holds = version_holds(rest.substr(0, next));
            if (!holds)
                return std::nullopt;
            all = all && *holds;
            rest = next == std::string_view::npos ? std::string_view{} : rest.substr(next);
        }
        any = any || all;
    }
    return any;
}

} // namespace

void read_requires(Draft& draft, const Option& option, const Keyword&) {
    for (const Piece& piece : split(option.value, option.value_at, ',')) {
        const auto blank = piece.text.find_first_of(" \t");
        const std::string_view what = piece.text.substr(0, blank);
        const std::string_view value =
            blank == std::string_view::npos ? std::string_view{} : trimmed(piece.text.substr(blank));
        std::optional<bool> holds;
        if (what == "version")
            holds = versions_hold(value);
        else if (what == "keyword")
            holds = find_keyword(value) != nullptr;
        else if (what == "feature")
            holds = false;
        if (!holds)
            draft.complain_at(piece.at, "requires: " + in_quotes(piece.text) +
                                            " is not understood; write version >= 7.0.3, feature NAME or "
                                            "keyword NAME");
        else if (!*holds)
            draft.set_aside = "requires " + std::string(what);
    }
}

} // namespace nfsieve::suricata
