// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/offload.h"

#include <algorithm>
#include <utility>

namespace nfsieve {

Offload::Offload(const MarkLayout& marks, OffloadMode mode, std::unique_ptr<KernelMarks> kernel,
                 Report report)
    : marks_(marks), mode_(mode), kernel_(std::move(kernel)), report_(std::move(report)) {}

void Offload::advance() {
    const std::lock_guard lock(mutex_);
    troubled_ = false;
    take_next();
    if (!troubled_)
        told_.clear();
}

void Offload::restore() {
    const std::lock_guard lock(mutex_);
    troubled_ = false;
    say(false);
    if (!troubled_)
        told_.clear();
}

void Offload::take_next() {
    const auto sets = kernel_->read();
    if (!sets)
        return fail(sets.error().message);
    // What a daemon before this one used was under its rules.
    std::uint32_t last = wanted_;
    for (const GenerationSet& set : *sets)
        for (const std::uint32_t mark : set.marks)
            last = std::max(last, (mark & marks_.generation_mask()) / marks_.unit());
    wanted_ = 0;
    if (mode_ != OffloadMode::off)
        begin(static_cast<std::uint8_t>(last % MarkLayout::generations + 1));
    say(true);
}

/// Does nothing where connections may carry its mark that nobody can clear.
void Offload::begin(std::uint8_t generation) {
    // A blocked connection has the same bits to say something else.
    const std::uint32_t state = marks_.generation_mask() | marks_.blocked();
    const auto cleared = kernel_->clear(marks_.done(generation), state);
    if (!cleared)
        return fail(cleared.error().message);
    wanted_ = generation;
}

/// What the sets have to hold.
std::vector<std::uint32_t> Offload::wanted_marks() const {
    return wanted_ == 0 ? std::vector<std::uint32_t>() : std::vector{marks_.done(wanted_)};
}

/// What is in a flowtable meets no mark: it has to come out wherever another generation comes into force.
void Offload::say(bool other_generation) {
    said_ = false;
    flowtable_.reset();
    const auto sets = kernel_->read();
    if (!sets)
        return fail(sets.error().message);
    const std::vector<std::uint32_t> wanted = wanted_marks();
    for (const GenerationSet& set : *sets) {
        const bool unwanted = set.flowtable && !takes_flowtable(set);
        if (set.flowtable && !unwanted)
            flowtable_ = set.flowtable;
        if ((other_generation && set.flowtable) || unwanted || set.marks != wanted)
            if (!put(set, wanted.empty() ? std::nullopt : std::optional(wanted[0])))
                continue;
        said_ = wanted_ != 0;
    }
}

bool Offload::takes_flowtable(const GenerationSet& set) const {
    return mode_ == OffloadMode::flowtable && set.guarded;
}

/// Where a flowtable cannot be made again, one interface being gone, marks alone must do.
bool Offload::put(const GenerationSet& set, std::optional<std::uint32_t> mark) {
    if (set.flowtable && takes_flowtable(set)) {
        const auto renewed = kernel_->put(set.table, mark, FlowtableChange::renew);
        if (renewed)
            return true;
        tell("the flowtable cannot be made again, and connections that are done pass the chains instead: " +
             renewed.error().message + "; load what `nfsieve nft` prints");
    }
    if (set.flowtable) {
        if (mode_ == OffloadMode::flowtable && !set.guarded)
            tell("the flowtable is taken away: the chains that keep SYNs from passing in it are missing, or "
                 "do not see all its interfaces; nft delete table netdev " +
                 set.table + ", and load what `nfsieve nft` prints");
        flowtable_.reset();
        const auto removed = kernel_->put(set.table, mark, FlowtableChange::remove);
        if (removed)
            return true;
        tell("connections may pass in the flowtable by rules that are not in force any more: " +
             removed.error().message + "; delete the table, and load what `nfsieve nft` prints");
    }
    if (set.marks == wanted_marks())
        return true;
    const auto put = kernel_->put(set.table, mark, FlowtableChange::none);
    if (!put)
        fail(put.error().message);
    return bool(put);
}

std::optional<std::vector<std::string>> Offload::flowtable() const {
    const std::lock_guard lock(mutex_);
    return flowtable_;
}

std::uint8_t Offload::generation() const {
    const std::lock_guard lock(mutex_);
    return said_ ? wanted_ : std::uint8_t{0};
}

void Offload::fail(const std::string& what) {
    tell("connections that are done stay with nfsieve, and cost what they cost: " + what);
}

void Offload::tell(const std::string& message) {
    troubled_ = true;
    if (message != told_)
        report_(message);
    told_ = message;
}

} // namespace nfsieve
