// SPDX-License-Identifier: GPL-2.0-or-later
// Looks for places that satisfy all checks of one buffer at once.
#pragma once

#include "regex_search.h"

#include "nfsieve/inspect/check_runner.h"
#include "nfsieve/rules/compiled_checks.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace nfsieve {

/// A position in the whole buffer. Signed, and far from its limits: rules reckon with negative distances, and
/// numbers that come out of packets are clamped to `far`.
using Position = std::int64_t;
inline constexpr Position far = Position{1} << 60;

/// Where the search for one content's next occurrence has come to, so that no byte is looked at twice while
/// the places asked for move forward.
struct ContentCursor {
    Position from = 0, clear = -1; ///< no occurrence begins in [from, clear)
    bool found = false;            ///< one begins at `clear`
};

/// What the last search for one regex that forgets has told: from `from` on, nothing, or the first match.
struct RegexCursor {
    Position from = far, begin = 0, end = 0;
    bool found = false;
};

/// What holds from one step on, given where the last match ended.
struct Outcome {
    Answer answer = Answer::no;
    Position end = 0; ///< greatest end of a match or read
};

/// Answers that were worked out already, the last ones to fall on each slot.
class OutcomeMemory {
public:
    OutcomeMemory() : slots_(slot_count) {}
    void forget() { ++generation_; }
    [[nodiscard]] const Outcome* find(std::size_t step, Position place) const;
    void keep(std::size_t step, Position place, const Outcome& outcome);

private:
    static constexpr std::size_t slot_count = 4096;
    struct Slot {
        std::uint64_t generation = 0;
        std::size_t step = 0;
        Position place = 0;
        Outcome outcome;
    };
    static std::size_t slot_of(std::size_t step, Position place);
    std::vector<Slot> slots_;
    std::uint64_t generation_ = 1;
};

/// Scratch of one list of checks; kept from run to run.
struct SearchScratch {
    std::vector<ContentCursor> cursors;
    std::vector<RegexCursor> regexes;
    OutcomeMemory memory;
    std::string decoded;
};

/// What all lists of one run share.
struct SearchWork {
    RegexSearch& regexes;
    CheckRunner::Limits& limits;
    std::vector<std::uint64_t>& variables;
    std::int64_t steps = 0;       ///< that may still be taken
    std::int64_t regex_steps = 0; ///< PCRE2's match steps that may still be taken
    bool over = false;            ///< a limit was hit: nothing holds any more
};

/// The search for one list of checks in one buffer. The list falls into groups that do not depend on each
/// other. In a group each content and pcre may stand at several places; the answer for a step and the place
/// that it starts from does not depend on how that place was come by, so that it is worked out once (but for
/// groups with variables). Of all solutions the one that ends first counts.
class CheckSearch {
public:
    CheckSearch(std::span<const CompiledChecks::Step> steps, BufferBytes buffer, SearchScratch& scratch,
                SearchScratch* inner, SearchWork& work);

    [[nodiscard]] Outcome run();

private:
    using Step = CompiledChecks::Step;
    struct Window;

    Outcome group(std::size_t index, Position place);
    Outcome from(std::size_t index, Position place);

    // One check; `place` moves where it moves the place that others are relative to. Of a step that tries
    // again, what follows is in the answer.
    Outcome check(std::size_t index, Position& place);
    Outcome contents(std::size_t index, Position& place);
    Outcome patterns(std::size_t index, Position& place);
    Outcome no_content(std::size_t index, Position place);
    Outcome no_pattern(std::size_t index, Position place);
    Outcome check(const ByteTestCheck& test, Position& place);
    Outcome check(const ByteJumpCheck& jump, Position& place);
    Outcome check(const ByteExtractCheck& extract, Position& place);
    Outcome check(const ByteMathCheck& math, Position& place);
    Outcome check(const IsDataAtCheck& at, Position& place) const;
    Outcome check(const SizeCheck& size, Position& place) const;
    Outcome base64(std::size_t index, Position place);

    struct Field;
    Field read(const ByteField& field, Position place, bool or_nothing) const;
    Window window(const ContentCheck& content, Position place) const;
    bool next(std::size_t index, Position lowest, Position window_end, Position& found);
    Outcome at_the_end(std::size_t index, const Window& window) const;
    RegexMatch match(std::size_t index, Position place, std::size_t from);
    Position value(const Operand& operand) const;
    /// Of the bytes at hand; both in [first_, end_].
    Bytes bytes(Position from, Position to) const {
        return bytes_.subspan(static_cast<std::size_t>(from - first_), static_cast<std::size_t>(to - from));
    }
    bool spend(std::int64_t steps);
    Outcome missing() const { return {complete_ ? Answer::no : Answer::undecided, 0}; }

    std::span<const Step> steps_;
    Bytes bytes_;
    Position first_, end_; ///< of the bytes at hand
    bool complete_;
    SearchScratch& scratch_;
    SearchScratch* inner_; ///< for what base64_decode makes; nothing where we are in it
    SearchWork& work_;
};

} // namespace nfsieve
