// SPDX-License-Identifier: GPL-2.0-or-later
// PCRE2 counts its match limit anew at each place where a match may begin, so that a limit that is large
// enough for a long body would not bound the work over all of them. Hence the sweep over all places has a
// small limit; a callout in front of the pattern tells where it was hit, and that place alone is tried with
// larger ones.
#define PCRE2_CODE_UNIT_WIDTH 8
#include "regex_search.h"

#include <pcre2.h>

#include <new>

namespace nfsieve {
namespace {

constexpr std::uint32_t sweep_limit = 100, larger_limits[] = {1'000, 10'000, 300'000};
constexpr std::uint32_t heap_kib = 16 * 1024, depth_limit = 500'000;

bool is_limit(int result) {
    return result == PCRE2_ERROR_MATCHLIMIT || result == PCRE2_ERROR_DEPTHLIMIT ||
           result == PCRE2_ERROR_HEAPLIMIT;
}

const std::uint8_t nothing = 0; ///< PCRE2 wants a pointer even to no bytes

} // namespace

void MatchDataFree::operator()(pcre2_real_match_data_8* data) const {
    pcre2_match_data_free_8(data);
}

void MatchContextFree::operator()(pcre2_real_match_context_8* context) const {
    pcre2_match_context_free_8(context);
}

struct RegexSearch::Tries {
    std::size_t last = 0;
    std::int64_t left = 0; ///< places that may still be tried

    static int count(pcre2_callout_block_8* block, void* self) {
        auto& tries = *static_cast<Tries*>(self);
        if (block->callout_number != Regex::begin_callout)
            return 0;
        tries.last = block->start_match;
        return tries.left-- > 0 ? 0 : PCRE2_ERROR_CALLOUT;
    }
};

RegexSearch::RegexSearch()
    : data_(pcre2_match_data_create_8(2, nullptr)), context_(pcre2_match_context_create_8(nullptr)),
      tries_(std::make_unique<Tries>()) {
    if (!data_ || !context_)
        throw std::bad_alloc();
    pcre2_set_heap_limit_8(context_.get(), heap_kib);
    pcre2_set_depth_limit_8(context_.get(), depth_limit);
    pcre2_set_callout_8(context_.get(), &Tries::count, tries_.get());
}

RegexSearch::~RegexSearch() = default;

int RegexSearch::try_at(const Regex& regex, const Subject& subject, std::size_t from, std::uint32_t options,
                        std::uint32_t limit) {
    pcre2_set_match_limit_8(context_.get(), limit);
    const std::uint8_t* const bytes = subject.bytes.empty() ? &nothing : subject.bytes.data();
    return pcre2_match_8(regex.code.get(), bytes, subject.bytes.size(), from, options, data_.get(),
                         context_.get());
}

int RegexSearch::match(const Regex& regex, const Subject& subject, std::size_t from, std::uint32_t options,
                       std::int64_t& budget) {
    for (;;) {
        tries_->last = from;
        const std::int64_t allowed = budget / sweep_limit;
        if (allowed <= 0)
            return PCRE2_ERROR_MATCHLIMIT;
        tries_->left = allowed;
        int result = try_at(regex, subject, from, options, sweep_limit);
        budget -= (allowed - tries_->left) * std::int64_t{sweep_limit};
        if (!is_limit(result))
            return result == PCRE2_ERROR_CALLOUT ? PCRE2_ERROR_MATCHLIMIT : result;
        const std::size_t place = tries_->last;
        for (const std::uint32_t limit : larger_limits) {
            if (budget < limit)
                return PCRE2_ERROR_MATCHLIMIT;
            budget -= limit;
            tries_->left = 1;
            result = try_at(regex, subject, place, options | PCRE2_ANCHORED, limit);
            if (!is_limit(result))
                break;
        }
        if (result != PCRE2_ERROR_NOMATCH)
            return result;
        if (regex.anchored || place >= subject.bytes.size())
            return PCRE2_ERROR_NOMATCH;
        from = place + 1;
    }
}

RegexMatch RegexSearch::find(const Regex& regex, const Subject& subject, std::int64_t& budget) {
    using Kind = RegexMatch::Kind;
    if (subject.beginning_gone && regex.needs_beginning)
        return {};
    if (subject.from > subject.bytes.size())
        return {subject.complete || regex.anchored ? Kind::none : Kind::undecided, 0, 0, false};
    const std::uint32_t begins = subject.beginning_gone ? PCRE2_NOTBOL : 0;
    const auto found = [&](int result) {
        const std::size_t* const at = pcre2_get_ovector_pointer_8(data_.get());
        RegexMatch match;
        if (result >= 0) {
            match.kind = Kind::found;
            match.begin = at[0];
            match.end = at[1];
        } else if (result == PCRE2_ERROR_PARTIAL) {
            match.kind = Kind::undecided;
        } else if (result != PCRE2_ERROR_NOMATCH) {
            match.kind = Kind::gave_up;
        }
        return match;
    };
    if (subject.complete)
        return found(match(regex, subject, subject.from, begins, budget));

    // In what may grow, a match that never asked for a byte behind the end stays one.
    RegexMatch candidate;
    if (regex.horizon) {
        candidate = found(match(regex, subject, subject.from, begins | PCRE2_NOTEOL, budget));
        if (candidate.kind == Kind::gave_up)
            return candidate;
        if (candidate.kind == Kind::found) {
            if (candidate.end + *regex.horizon <= subject.bytes.size())
                return candidate;
            candidate.kind = Kind::undecided;
            candidate.candidate = true;
            return candidate;
        }
        if (!regex.anchored)
            return {Kind::undecided, 0, 0, false};
    }
    RegexMatch partial = found(match(regex, subject, subject.from, begins | PCRE2_PARTIAL_HARD, budget));
    // PCRE2 knows no partial match of no bytes.
    if (partial.kind == Kind::none && (!regex.anchored || subject.from == subject.bytes.size()))
        partial.kind = Kind::undecided;
    return partial;
}

bool RegexSearch::first_group(std::size_t& begin, std::size_t& end) const {
    const std::size_t* const at = pcre2_get_ovector_pointer_8(data_.get());
    if (pcre2_get_ovector_count_8(data_.get()) < 2 || at[2] == PCRE2_UNSET || at[2] > at[3])
        return false;
    begin = at[2];
    end = at[3];
    return true;
}

} // namespace nfsieve
