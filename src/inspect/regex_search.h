// SPDX-License-Identifier: GPL-2.0-or-later
// Matches regexes with bounded work and memory.
#pragma once

#include "nfsieve/base/bytes.h"
#include "nfsieve/rules/regex.h"

#include <cstdint>
#include <memory>

struct pcre2_real_match_data_8;
struct pcre2_real_match_context_8;

namespace nfsieve {

struct MatchDataFree {
    void operator()(pcre2_real_match_data_8* data) const;
};
struct MatchContextFree {
    void operator()(pcre2_real_match_context_8* context) const;
};

/// What PCRE2 is told of a subject.
struct Subject {
    Bytes bytes;
    std::size_t from = 0;        ///< matches begin here or later; what stands before is seen by lookbehinds
    bool complete = true;        ///< nothing follows the bytes
    bool beginning_gone = false; ///< something stood before the bytes: ^ does not match at the first of them
};

struct RegexMatch {
    enum class Kind : std::uint8_t {
        none,      ///< no match begins in the bytes; where not complete, bytes that follow do not change that
        found,     ///< it stays one, whatever follows
        undecided, ///< bytes that follow decide. `begin` is there where something matches for now
        gave_up,   ///< the limits were hit
    };
    Kind kind = Kind::none;
    std::size_t begin = 0, end = 0;
    bool candidate = false; ///< undecided: matches in the bytes at hand
};

/// One worker thread. Has PCRE2's match data; its memory stays below about 16 MiB.
class RegexSearch {
public:
    RegexSearch();
    ~RegexSearch();
    RegexSearch(const RegexSearch&) = delete;
    RegexSearch& operator=(const RegexSearch&) = delete;

    /// The leftmost match. Each place where one may begin is tried with a small match limit first and with a
    /// large one where that is hit; all together cost `budget` match steps at most, which is reduced by an
    /// upper bound of what was spent.
    [[nodiscard]] RegexMatch find(const Regex& regex, const Subject& subject, std::int64_t& budget);

    /// Where the first group matched in the match that `find` has found; false where it took no part in it.
    [[nodiscard]] bool first_group(std::size_t& begin, std::size_t& end) const;

private:
    struct Tries;
    int match(const Regex& regex, const Subject& subject, std::size_t from, std::uint32_t options,
              std::int64_t& budget);
    int try_at(const Regex& regex, const Subject& subject, std::size_t from, std::uint32_t options,
               std::uint32_t limit);

    std::unique_ptr<pcre2_real_match_data_8, MatchDataFree> data_;
    std::unique_ptr<pcre2_real_match_context_8, MatchContextFree> context_;
    std::unique_ptr<Tries> tries_;
};

} // namespace nfsieve
