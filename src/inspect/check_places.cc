// SPDX-License-Identifier: GPL-2.0-or-later
// Contents and regexes: the checks that may hold at more than one place.
#include "check_search.h"

#include "content_search.h"
#include "outcomes.h"

#include <cstring>

namespace nfsieve {
namespace {

constexpr Position unbounded = 4 * far;

} // namespace

/// A match begins at `low` or later and ends at `high` or earlier.
struct CheckSearch::Window {
    Position low = 0, high = unbounded;

    bool fits(Position length) const { return high - low >= length; }
};

CheckSearch::Window CheckSearch::window(const ContentCheck& content, Position place) const {
    Window result;
    if (content.relative()) {
        const Position begin = place + (content.distance ? value(*content.distance) : 0);
        result.low = std::max<Position>(begin, 0);
        if (content.within)
            result.high = begin + value(*content.within);
    }
    const Position offset = content.offset ? value(*content.offset) : 0;
    result.low = std::max(result.low, offset);
    if (content.depth)
        result.high = std::min(result.high, offset + value(*content.depth));
    return result;
}

/// The first occurrence at `lowest` or later that ends at `window_end` or earlier.
bool CheckSearch::next(std::size_t index, Position lowest, Position window_end, Position& found) {
    const Step& step = steps_[index];
    const auto& content = std::get<ContentCheck>(step.check.what);
    const auto length = static_cast<Position>(content.bytes.size());
    const Position low = std::max(lowest, first_), high = std::min(window_end, end_);
    if (high - low < length)
        return false;
    ContentCursor& cursor = scratch_.cursors[index];
    if (low < cursor.from || low > cursor.clear)
        cursor = {low, low, false};
    if (!cursor.found) {
        if (high - cursor.clear < length)
            return false;
        std::uint64_t compared = 0;
        const Bytes where = bytes(cursor.clear, high);
        const std::size_t at =
            content.nocase ? find_folded(where, step.folded, compared) : find_exact(where, content.bytes);
        cursor.found = at != not_found;
        const auto scanned = cursor.found ? static_cast<Position>(at) : high - cursor.clear - length + 1;
        cursor.clear += scanned;
        if (!spend((scanned + static_cast<Position>(compared)) / 256))
            return false;
    }
    found = cursor.clear;
    return cursor.found && found + length <= high;
}

/// The one place of a content with endswith.
Outcome CheckSearch::at_the_end(std::size_t index, const Window& window) const {
    const Step& step = steps_[index];
    const auto& content = std::get<ContentCheck>(step.check.what);
    const auto length = static_cast<Position>(content.bytes.size());
    if (window.high < end_ || !window.fits(length))
        return {}; // the end is behind the window already, and moves away if at all
    if (!complete_)
        return {Answer::undecided, 0};
    const Position begin = end_ - length;
    if (begin < std::max(window.low, first_))
        return {};
    const std::uint8_t* const at = bytes(begin, end_).data();
    const bool same = content.nocase ? equals_folded(at, step.folded)
                                     : std::memcmp(at, content.bytes.data(), content.bytes.size()) == 0;
    return same ? Outcome{Answer::yes, end_} : Outcome{};
}

Outcome CheckSearch::contents(std::size_t index, Position& place) {
    const Step& step = steps_[index];
    const auto& content = std::get<ContentCheck>(step.check.what);
    const auto length = static_cast<Position>(content.bytes.size());
    const Window where = window(content, place);
    if (content.ends_with) {
        const Outcome one = at_the_end(index, where);
        if (one.answer != Answer::yes)
            return one;
        place = one.end;
        return step.tries_again ? both(one, from(index + 1, one.end)) : one;
    }
    Outcome best;
    Position begin = 0;
    for (Position low = where.low; next(index, low, where.high, begin); low = begin + 1) {
        const Outcome one{Answer::yes, begin + length};
        if (!step.tries_again) {
            place = one.end;
            return one;
        }
        if (best.answer == Answer::yes && one.end >= best.end)
            return best;
        best = better(best, both(one, from(index + 1, one.end)));
        if (!spend(1))
            return {};
    }
    if (!complete_ && where.high > end_ && where.fits(length))
        best = better(best, {Answer::undecided, 0});
    return best;
}

Outcome CheckSearch::no_content(std::size_t index, Position place) {
    const auto& content = std::get<ContentCheck>(steps_[index].check.what);
    const auto length = static_cast<Position>(content.bytes.size());
    const Window where = window(content, place);
    if (!where.fits(length))
        return {Answer::yes, 0};
    if (content.ends_with) {
        const Answer there = at_the_end(index, where).answer;
        if (there != Answer::no)
            return {there == Answer::yes ? Answer::no : Answer::undecided, 0};
        const bool gone = end_ - length >= where.low && end_ - length < first_ && where.high >= end_;
        return {gone ? Answer::no : Answer::yes, 0};
    }
    Position begin = 0;
    if (where.low < first_ || next(index, where.low, where.high, begin) || work_.over)
        return {};
    return {complete_ || where.high <= end_ ? Answer::yes : Answer::undecided, 0};
}

RegexMatch CheckSearch::match(std::size_t index, Position place, std::size_t from) {
    const Step& step = steps_[index];
    const auto& pcre = std::get<PcreCheck>(step.check.what);
    const bool beginning_gone = !pcre.relative && first_ > 0;
    // What is gone cannot match, and nobody can tell that it does not.
    if ((pcre.relative && place < first_) || (beginning_gone && (pcre.anchored || pcre.negated)))
        return {pcre.negated ? RegexMatch::Kind::found : RegexMatch::Kind::none, 0, 0, false};
    using Kind = RegexMatch::Kind;
    const Position base = pcre.relative ? place : first_, start = base + static_cast<Position>(from);
    RegexCursor& cursor = scratch_.regexes[index];
    if (cursor.from <= start && (!cursor.found || start <= cursor.begin))
        return cursor.found ? RegexMatch{Kind::found, static_cast<std::size_t>(cursor.begin - base),
                                         static_cast<std::size_t>(cursor.end - base), false}
                            : RegexMatch{Kind::none, 0, 0, false};
    const Subject subject{pcre.relative ? bytes(place, end_) : bytes_, from, complete_, beginning_gone};
    const RegexMatch match = work_.regexes.find(step.regex, subject, work_.regex_steps);
    if (match.kind == Kind::gave_up)
        ++work_.limits.regex;
    if (step.regex.forgets && (match.kind == Kind::none || match.kind == Kind::found))
        cursor = {start, base + static_cast<Position>(match.begin), base + static_cast<Position>(match.end),
                  match.kind == Kind::found};
    return match;
}

Outcome CheckSearch::patterns(std::size_t index, Position& place) {
    using Kind = RegexMatch::Kind;
    const Step& step = steps_[index];
    const Position base = std::get<PcreCheck>(step.check.what).relative ? place : first_;
    Outcome best;
    for (std::size_t low = 0;;) {
        if (!spend(1))
            return {};
        const RegexMatch found = match(index, place, low);
        if (found.kind == Kind::none || found.kind == Kind::gave_up)
            return best;
        low = found.begin + 1;
        if (found.kind == Kind::undecided) {
            best = better(best, {Answer::undecided, 0});
            if (!step.tries_again || !found.candidate)
                return best;
            continue;
        }
        const Outcome one{Answer::yes, base + static_cast<Position>(found.end)};
        if (!step.tries_again) {
            place = one.end;
            return one;
        }
        if (best.answer == Answer::yes && base + static_cast<Position>(found.begin) >= best.end)
            return best;
        best = better(best, both(one, from(index + 1, one.end)));
    }
}

Outcome CheckSearch::no_pattern(std::size_t index, Position place) {
    switch (match(index, place, 0).kind) {
    case RegexMatch::Kind::none:
        return {Answer::yes, 0};
    case RegexMatch::Kind::undecided:
        return {Answer::undecided, 0};
    case RegexMatch::Kind::found:
    case RegexMatch::Kind::gave_up:
        break;
    }
    return {};
}

} // namespace nfsieve
