// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/status.h"

#include <algorithm>

namespace nfsieve {

namespace {

void judge_divert(const KernelView& kernel, std::vector<std::string>& problems) {
    if (kernel.queues.empty())
        problems.emplace_back("the kernel's list of queues, /proc/net/netfilter/nfnetlink_queue, cannot be "
                              "read: run as root, or under the unit, which opens it to the daemon's group");
    if (!kernel.divert_error.empty()) {
        problems.push_back(kernel.divert_error);
        return;
    }
    if (kernel.diverting().empty())
        problems.emplace_back(
            "no packet is diverted: neither table inet nfsieve nor inet nfsieve_host is "
            "loaded with its rules; load /etc/nfsieve/gateway.nft, or what `nfsieve nft` prints");
    else
        for (const std::string& name : kernel.lost)
            problems.push_back(
                "table inet " + name +
                " is gone, or its rules are, and what it has diverted passes uninspected; load it "
                "again, or restart nfsieve where that is meant");
    for (const DivertTable& table : kernel.tables) {
        if (!table.has_counter)
            problems.push_back("table inet " + table.name +
                               " has no counter named diverted, so that what passes around the daemon does "
                               "not show: it is from an older file; load what `nfsieve nft` prints");
    }
}

void judge_flowtable(const Status& status, std::vector<std::string>& problems) {
    const auto& tables = status.kernel.tables;
    if (status.config.offload != OffloadMode::flowtable ||
        std::none_of(tables.begin(), tables.end(), [](const auto& table) { return table.name == "nfsieve"; }))
        return;
    if (!status.flowtable) {
        problems.emplace_back(
            "table inet nfsieve has no flowtable, so that connections that are done pass the "
            "chains; nft delete table netdev nfsieve, where it is there, and load what `nfsieve nft` prints");
        return;
    }
    for (const std::string& interface : status.config.divert.interfaces) {
        if (std::find(status.flowtable->begin(), status.flowtable->end(), interface) ==
            status.flowtable->end())
            problems.push_back("interface " + interface +
                               " is not in the flowtable, as it is where one has been away: nft delete table "
                               "netdev nfsieve, and load what `nfsieve nft` prints");
    }
}

void judge_rest(const SealedConfig& config, const KernelView& kernel, std::vector<std::string>& problems) {
    if (!kernel.comparable)
        return;
    const std::string count = std::to_string(kernel.rest);
    if (kernel.rest > 0 && config.fail_open)
        problems.push_back(count + " diverted packets never reached the daemon: full queues accepted them "
                                   "uninspected (\"on\": {\"queue_full\": \"accept\"}); more queues, a "
                                   "longer queue_length");
    else if (kernel.rest > 0)
        problems.push_back(count +
                           " diverted packets never reached the daemon: the nftables rules send them "
                           "to a queue that it does not hold (\"queues\"), where they " +
                           (config.divert.bypass ? "pass uninspected" : "are dropped"));
    else if (kernel.rest < -static_cast<std::int64_t>(kernel.moving))
        problems.push_back(std::to_string(-kernel.rest) +
                           " packets reached the daemon that no table of ours has diverted: other nftables "
                           "rules use its queues");
}

} // namespace

std::vector<std::string> status_problems(const Status& status) {
    std::vector<std::string> problems;
    if (!status.reloads.error.empty())
        problems.push_back("the last reload was refused, the rules from before are in force: " +
                           status.reloads.error);
    judge_divert(status.kernel, problems);
    judge_flowtable(status, problems);
    for (const QueueTotals& queue : status.kernel.queues) {
        if (queue.waiting >= status.config.queue_length)
            problems.push_back("queue " + std::to_string(queue.queue) + " is full: what comes now is " +
                               (status.config.fail_open ? "accepted uninspected" : "dropped"));
    }
    judge_rest(status.config, status.kernel, problems);
    return problems;
}

} // namespace nfsieve
