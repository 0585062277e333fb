// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/kernel_account.h"

#include "nfsieve/io/queue_status.h"

#include <algorithm>
#include <chrono>
#include <thread>

namespace nfsieve {

namespace {

/// Packets on the move make the comparison inexact, and a rest that is new may be one that is counted and not
/// yet queued: both are worth a few more looks.
constexpr int most_tries = 5;
constexpr auto between_tries = std::chrono::microseconds(500);

/// Adds what a counter of the kernel, 32 bits wide, has gained.
void add_gain(std::uint64_t& total, std::uint64_t now) {
    total += static_cast<std::uint32_t>(now - total);
}

const DivertTable* find(const std::vector<DivertTable>& tables, const std::string& name) {
    const auto found = std::find_if(tables.begin(), tables.end(),
                                    [&](const DivertTable& table) { return table.name == name; });
    return found == tables.end() ? nullptr : &*found;
}

} // namespace

QueueTotals KernelView::sum() const {
    QueueTotals sum;
    for (const QueueTotals& queue : queues) {
        sum.waiting += queue.waiting;
        sum.queue_dropped += queue.queue_dropped;
        sum.user_dropped += queue.user_dropped;
    }
    return sum;
}

std::vector<std::string> KernelView::diverting() const {
    std::vector<std::string> names;
    for (const DivertTable& table : tables)
        if (table.diverts)
            names.push_back(table.name);
    return names;
}

KernelAccount::KernelAccount(QueueRange queues, Sources sources)
    : range_(queues), sources_(std::move(sources)) {}

const KernelView& KernelAccount::look() {
    for (int i = 0; i < most_tries; ++i) {
        const std::int64_t rest = view_.rest;
        if (!look_once() || (view_.moving == 0 && view_.rest == rest))
            break;
        std::this_thread::sleep_for(between_tries);
    }
    return view_;
}

bool KernelAccount::look_once() {
    view_.comparable = false;
    if (!read_queues())
        return false;
    const std::uint64_t arrived_before = arrived();
    const std::uint64_t waiting_before = view_.sum().waiting;
    auto tables = sources_.tables();
    view_.divert_error = tables ? "" : tables.error().message;
    if (!tables || !read_queues())
        return false;
    take_tables(*std::move(tables), arrived_before);
    view_.moving = arrived() - std::min(arrived(), arrived_before - waiting_before);
    return view_.comparable;
}

/// The workers' counters last: a packet that leaves its queue in between is then counted twice rather than
/// not at all, and no rest is made up.
bool KernelAccount::read_queues() {
    const auto list = sources_.queue_list();
    std::vector<QueueTotals> queues = std::move(view_.queues);
    view_.queues.clear();
    if (list) {
        queues.resize(range_.count);
        for (std::size_t i = 0; i < queues.size(); ++i) {
            queues[i].queue = static_cast<std::uint16_t>(range_.first + i);
            const auto status = parse_queue_status(*list, queues[i].queue);
            queues[i].waiting = status ? status->waiting : 0;
            if (!status)
                continue;
            add_gain(queues[i].queue_dropped, status->dropped);
            add_gain(queues[i].user_dropped, status->user_dropped);
        }
        view_.queues = std::move(queues);
    }
    view_.counters = sources_.counters();
    return list.has_value();
}

std::uint64_t KernelAccount::arrived() const {
    const QueueTotals sum = view_.sum();
    return view_.counters[Counter::packets] + sum.waiting + sum.queue_dropped + sum.user_dropped;
}

void KernelAccount::take_tables(std::vector<DivertTable> tables, std::uint64_t arrived_before) {
    const std::int64_t rest_before = view_.rest;
    const bool known = add_growth(tables);
    view_.tables = std::move(tables);
    const std::vector<std::string> diverting = view_.diverting();
    known_.insert(diverting.begin(), diverting.end());
    view_.lost.assign(known_.begin(), known_.end());
    std::erase_if(view_.lost, [&](const std::string& name) {
        return std::find(diverting.begin(), diverting.end(), name) != diverting.end();
    });
    view_.comparable =
        !view_.tables.empty() && std::all_of(view_.tables.begin(), view_.tables.end(),
                                             [](const DivertTable& table) { return table.has_counter; });
    if (!begun_) {
        for (const DivertTable& table : view_.tables)
            view_.before_start += table.packets;
        view_.before_start -= std::min(view_.before_start, arrived_before);
        view_.diverted = arrived_before;
        begun_ = true;
    } else if (!known) {
        ++view_.restarts;
        view_.diverted = static_cast<std::uint64_t>(static_cast<std::int64_t>(arrived_before) + rest_before);
    }
    arrived_last_ = arrived();
    // While nothing is counted the rest stays what it was.
    if (view_.comparable)
        view_.rest = static_cast<std::int64_t>(view_.diverted) - static_cast<std::int64_t>(arrived());
}

/// False where a counter is not the one of the last look, or has been kept by none since.
bool KernelAccount::add_growth(const std::vector<DivertTable>& tables) {
    bool known = true;
    for (const DivertTable& table : tables) {
        const DivertTable* old = find(view_.tables, table.name);
        // A table that is new has counted all that came through it, unless it was restored with old counts.
        const bool same = old == nullptr ? table.packets <= arrived() - arrived_last_
                                         : old->handle == table.handle && old->packets <= table.packets &&
                                               old->has_counter == table.has_counter;
        known = known && same;
        if (same)
            view_.diverted += table.packets - (old == nullptr ? 0 : old->packets);
    }
    for (const DivertTable& old : view_.tables)
        known = known && find(tables, old.name) != nullptr;
    return known;
}

} // namespace nfsieve
