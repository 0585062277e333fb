// SPDX-License-Identifier: GPL-2.0-or-later
// What the kernel counts around our queues, held against what the workers have seen:
//
//   diverted = seen + queue_dropped + user_dropped + waiting + rest
//
// What is left over passed around the workers: accepted by a full queue that fails open, by `bypass`, or sent
// to a queue that nobody listens on.
#pragma once

#include "nfsieve/app/queue_range.h"
#include "nfsieve/io/divert_counter.h"
#include "nfsieve/telemetry/counters.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace nfsieve {

/// One queue's counts since it was bound; the kernel's own wrap at 32 bits, these do not.
struct QueueTotals {
    std::uint16_t queue = 0;
    std::uint64_t waiting = 0;       ///< now, without a verdict
    std::uint64_t queue_dropped = 0; ///< the queue was full
    std::uint64_t user_dropped = 0;  ///< the socket's buffer was full
};

/// The account at one moment. All counts begin with the daemon.
struct KernelView {
    CounterValues counters;          ///< of all workers
    std::vector<QueueTotals> queues; ///< empty where the kernel's list cannot be read
    std::vector<DivertTable> tables; ///< our nftables tables that are loaded
    std::vector<std::string> lost;   ///< names of tables that have diverted before, and do not now
    std::string divert_error;        ///< why the divert counters cannot be read; empty where they can

    /// False where something is unknown; the rest of this struct then means nothing.
    bool comparable = false;
    std::uint64_t diverted = 0;     ///< by the counters of all tables
    std::uint64_t before_start = 0; ///< what they had counted before that
    std::int64_t rest = 0;          ///< at least; below zero by no more than `moving` while packets move
    std::uint64_t moving = 0;       ///< packets that came or waited while this was read; 0: `rest` is exact
    std::uint64_t restarts = 0;     ///< how often a counter was lost (table deleted, counter reset)

    [[nodiscard]] QueueTotals sum() const;
    /// Names of the tables that divert packets now.
    [[nodiscard]] std::vector<std::string> diverting() const;
};

/// Keeps the account. Belongs to one thread.
class KernelAccount {
public:
    /// Where it looks; tests put others in their place.
    struct Sources {
        std::function<CounterValues()> counters;                  ///< summed over the workers
        std::function<std::optional<std::string>()> queue_list;   ///< see read_queue_status_file()
        std::function<Result<std::vector<DivertTable>>()> tables; ///< see DivertCounters
    };
    KernelAccount(QueueRange queues, Sources sources);

    /// Looks at everything once. The first look is the baseline: it belongs between the binding of the queues
    /// and the first packet that is judged. Later ones once a second at least, so that a table that goes or
    /// comes back is noticed; what it counted in the second before it went stays unknown.
    const KernelView& look();

private:
    /// False where it is not worth another try.
    bool look_once();
    [[nodiscard]] bool read_queues();
    [[nodiscard]] std::uint64_t arrived() const;
    void take_tables(std::vector<DivertTable> tables, std::uint64_t arrived_before);
    [[nodiscard]] bool add_growth(const std::vector<DivertTable>& tables);

    QueueRange range_;
    Sources sources_;
    KernelView view_;
    bool begun_ = false;
    std::set<std::string> known_;    ///< tables that have diverted packets
    std::uint64_t arrived_last_ = 0; ///< what had come to the queues at the last look
};

} // namespace nfsieve
