// SPDX-License-Identifier: GPL-2.0-or-later
// threshold and detection_filter.
// https://docs.suricata.io/en/suricata-7.0.10/rules/thresholding.html
#include "byte_field.h"
#include "handlers.h"
#include "nfsieve/base/wording.h"
#include "values.h"

#include <array>
#include <limits>
#include <utility>

namespace nfsieve::suricata {
namespace {

using LimitKind = RateLimit::Kind;
using Track = RateLimit::Track;

constexpr std::array<std::pair<std::string_view, Track>, 5> tracks = {{
    {"by_src", Track::source},
    {"by_dst", Track::destination},
    {"by_both", Track::both},
    {"by_rule", Track::rule},
    {"by_flow", Track::flow},
}};
constexpr std::array<std::pair<std::string_view, LimitKind>, 3> kinds = {{
    {"limit", LimitKind::limit},
    {"threshold", LimitKind::threshold},
    {"both", LimitKind::both},
}};

template <class Value, std::size_t size>
std::optional<Value> find(const std::array<std::pair<std::string_view, Value>, size>& table,
                          std::string_view word) {
    for (const auto& [name, value] : table)
        if (name == word)
            return value;
    return std::nullopt;
}

std::optional<std::uint32_t> positive(std::string_view text) {
    const auto value = parse_unsigned(text);
    if (!value || *value == 0 || *value > std::numeric_limits<std::uint32_t>::max())
        return std::nullopt;
    return static_cast<std::uint32_t>(*value);
}

void read_limit(Draft& draft, const Option& option, bool filter) {
    RateLimit limit;
    std::optional<LimitKind> kind;
    std::optional<Track> track;
    std::optional<std::uint32_t> count, seconds;
    if (filter)
        kind = LimitKind::detection_filter;
    for (const Piece& piece : split(option.value, option.value_at, ',')) {
        bool good = false;
        if (const auto type = behind(piece, "type"); type && !filter) {
            if (type->text == "backoff")
                return draft.complain_at(type->at, "threshold: backoff is not supported; write limit, "
                                                   "threshold or both");
            kind = find(kinds, type->text);
            good = kind.has_value();
        } else if (const auto by = behind(piece, "track")) {
            track = find(tracks, by->text);
            good = track.has_value();
        } else if (const auto number = behind(piece, "count")) {
            count = positive(number->text);
            good = count.has_value();
        } else if (const auto time = behind(piece, "seconds")) {
            seconds = positive(time->text);
            good = seconds.has_value();
        }
        if (!good)
            return draft.complain_at(piece.at,
                                     std::string(option.keyword) + ": " + in_quotes(piece.text) +
                                         " is not understood; write " +
                                         (filter ? "" : "type limit, threshold or both, ") +
                                         "track by_src, by_dst, by_both, by_rule or by_flow, count N "
                                         "and seconds N");
    }
    if (!kind || !track || !count || !seconds)
        return draft.complain(option, std::string("is not complete; it needs ") + (filter ? "" : "type, ") +
                                          "track, count and seconds");
    for (const RateLimit& other : draft.spec.limits)
        if ((other.kind == LimitKind::detection_filter) == filter)
            return draft.complain(option, "stands twice");
        else
            return draft.complain(option, "threshold and detection_filter cannot stand in one rule");
    limit.kind = *kind;
    limit.track = *track;
    limit.count = *count;
    limit.seconds = *seconds;
    draft.spec.limits.push_back(limit);
}

} // namespace

void read_threshold(Draft& draft, const Option& option, const Keyword&) {
    read_limit(draft, option, false);
}

void read_detection_filter(Draft& draft, const Option& option, const Keyword&) {
    read_limit(draft, option, true);
}

} // namespace nfsieve::suricata
