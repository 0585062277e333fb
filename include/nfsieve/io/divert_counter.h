// SPDX-License-Identifier: GPL-2.0-or-later
// The counters on the queue lines of the shipped nftables files, and whether the rules around them are there,
// asked of the kernel by name (nf_tables over netlink). Not by libnftables: that lists every chain, rule and
// set of the machine to find one counter, and ends the process where it has no memory.
#pragma once

#include "nfsieve/base/result.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace nfsieve {

/// One of our tables, as the kernel has it now.
struct DivertTable {
    std::string name;
    std::uint64_t handle = 0;                 ///< another one once the table was deleted and made again
    bool has_counter = false;                 ///< false: loaded from a file without the counter `diverted`
    std::uint64_t packets = 0;                ///< what the counter says
    std::uint64_t offloaded = 0, blocked = 0; ///< packets that never came to the queue: passed, dropped
    bool diverts = true;                      ///< false: the rules that lead to the queue were flushed
    bool operator==(const DivertTable&) const = default;
};

/// Asks for the tables `inet nfsieve` and `inet nfsieve_host`. Belongs to one thread.
class DivertCounters {
public:
    virtual ~DivertCounters() = default;
    /// Those that are loaded. A few short messages to the kernel and back for each; never waits for traffic.
    [[nodiscard]] virtual Result<std::vector<DivertTable>> read() = 0;
};

/// Needs CAP_NET_ADMIN in the network namespace for each read(), not here.
[[nodiscard]] Result<std::unique_ptr<DivertCounters>> open_divert_counters();

} // namespace nfsieve
