// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/offload.h"

#include <algorithm>
#include <utility>

namespace nfsieve {

Offload::Offload(const MarkLayout& marks, bool on, std::unique_ptr<KernelMarks> kernel, Report report)
    : marks_(marks), on_(on), kernel_(std::move(kernel)), report_(std::move(report)) {}

void Offload::advance() {
    const std::lock_guard lock(mutex_);
    const auto sets = kernel_->read();
    if (!sets)
        return fail(sets.error().message);
    // What a daemon before this one used was under its rules.
    std::uint32_t last = wanted_;
    for (const GenerationSet& set : *sets)
        for (const std::uint32_t mark : set.marks)
            last = std::max(last, (mark & marks_.generation_mask()) / marks_.unit());
    wanted_ = 0;
    if (on_)
        begin(static_cast<std::uint8_t>(last % MarkLayout::generations + 1));
    say();
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

void Offload::say() {
    said_ = false;
    const auto sets = kernel_->read();
    if (!sets)
        return fail(sets.error().message);
    std::vector<std::uint32_t> wanted;
    if (wanted_ != 0)
        wanted.push_back(marks_.done(wanted_));
    for (const GenerationSet& set : *sets) {
        if (set.marks != wanted)
            if (const auto put =
                    kernel_->put(set.table, wanted.empty() ? std::nullopt : std::optional(wanted[0]));
                !put) {
                fail(put.error().message);
                continue;
            }
        said_ = wanted_ != 0;
    }
}

void Offload::restore() {
    const std::lock_guard lock(mutex_);
    say();
}

std::uint8_t Offload::generation() const {
    const std::lock_guard lock(mutex_);
    return said_ ? wanted_ : std::uint8_t{0};
}

void Offload::fail(const std::string& what) {
    if (what != failure_)
        report_("connections that are done stay with nfsieve, and cost what they cost: " + what);
    failure_ = what;
}

} // namespace nfsieve
