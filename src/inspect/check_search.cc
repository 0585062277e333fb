// SPDX-License-Identifier: GPL-2.0-or-later
#include "check_search.h"

#include "outcomes.h"

#include <algorithm>

namespace nfsieve {

const Outcome* OutcomeMemory::find(std::size_t step, Position place) const {
    const Slot& slot = slots_[slot_of(step, place)];
    const bool same = slot.generation == generation_ && slot.step == step && slot.place == place;
    return same ? &slot.outcome : nullptr;
}

void OutcomeMemory::keep(std::size_t step, Position place, const Outcome& outcome) {
    slots_[slot_of(step, place)] = {generation_, step, place, outcome};
}

std::size_t OutcomeMemory::slot_of(std::size_t step, Position place) {
    return (static_cast<std::size_t>(place) + step * 1031) % slot_count;
}

CheckSearch::CheckSearch(std::span<const Step> steps, BufferBytes buffer, SearchScratch& scratch,
                         SearchScratch* inner, SearchWork& work)
    : steps_(steps), bytes_(buffer.bytes),
      first_(static_cast<Position>(std::min(buffer.start, static_cast<std::uint64_t>(far)))),
      end_(first_ + static_cast<Position>(bytes_.size())), complete_(buffer.complete), scratch_(scratch),
      inner_(inner), work_(work) {
    scratch_.cursors.assign(steps.size(), {});
    scratch_.regexes.assign(steps.size(), {});
    scratch_.memory.forget();
}

Outcome CheckSearch::run() {
    Outcome all{Answer::yes, 0};
    for (std::size_t i = 0; i < steps_.size() && all.answer != Answer::no; ++i)
        if (steps_[i].begins_group)
            all = both(all, group(i, 0));
    return work_.over ? Outcome{} : all;
}

bool CheckSearch::spend(std::int64_t steps) {
    work_.steps -= steps;
    if (work_.steps < 0 && !work_.over) {
        work_.over = true;
        ++work_.limits.steps;
    }
    return !work_.over;
}

/// What follows a match of a step that tries again, by way of the memory.
Outcome CheckSearch::from(std::size_t index, Position place) {
    const bool remember = index < steps_.size() && !steps_[index].group_has_variables;
    if (remember)
        if (const Outcome* known = scratch_.memory.find(index, place)) {
            spend(1);
            return *known;
        }
    const Outcome outcome = group(index, place);
    if (remember && !work_.over)
        scratch_.memory.keep(index, place, outcome);
    return outcome;
}

/// The group's steps from `index` on.
Outcome CheckSearch::group(std::size_t index, Position place) {
    Outcome all{Answer::yes, 0};
    const std::size_t begin = index;
    for (; index < steps_.size() && (index == begin || !steps_[index].begins_group); ++index) {
        if (!spend(1))
            return {};
        const Step& step = steps_[index];
        if (step.tries_again)
            return both(all, check(index, place));
        const Outcome one = check(index, place);
        all = both(all, one);
        if (all.answer == Answer::no)
            return {};
        if (one.answer == Answer::undecided && moves(step.check))
            return all; // where what follows would have to look is not known
    }
    return all;
}

Outcome CheckSearch::check(std::size_t index, Position& place) {
    return std::visit(
        [&](const auto& what) -> Outcome {
            using What = std::decay_t<decltype(what)>;
            if constexpr (std::is_same_v<What, ContentCheck>) {
                return what.negated ? no_content(index, place) : contents(index, place);
            } else if constexpr (std::is_same_v<What, PcreCheck>) {
                return what.negated ? no_pattern(index, place) : patterns(index, place);
            } else if constexpr (std::is_same_v<What, Base64Check>) {
                return base64(index, place);
            } else {
                return check(what, place);
            }
        },
        steps_[index].check.what);
}

} // namespace nfsieve
