// SPDX-License-Identifier: GPL-2.0-or-later
// What `nfsieve status` is told: the state of a running daemon, as one JSON object and as words.
#pragma once

#include "nfsieve/app/config.h"
#include "nfsieve/app/kernel_account.h"
#include "nfsieve/base/result.h"
#include "nfsieve/base/time.h"
#include "nfsieve/telemetry/histogram.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nfsieve {

/// What became of the reloads.
struct ReloadHistory {
    std::uint64_t taken = 0, refused = 0;
    std::optional<Time> last; ///< when the last one ended; none: there was none
    std::string error;        ///< why the last one was refused, its first complaint; empty where it was taken
};

struct Status {
    std::string version;
    int process = 0;
    Time now, started;
    std::size_t rules = 0;
    std::size_t rules_skipped = 0;      ///< broken ones that are left out
    std::size_t rules_out_of_scope = 0; ///< about other protocols
    std::uint64_t generation = 0;       ///< of the rule set: 1 at the start, one more with each reload
    std::uint8_t mark_generation = 0;   ///< by which the kernel knows connections that are done; 0: by none
    std::optional<std::vector<std::string>> flowtable; ///< the interfaces of the one in use; none: none is
    ReloadHistory reloads;
    SealedConfig config;
    KernelView kernel;
    HistogramValues times; ///< of each packet in the daemon
};

/// What is not as it should be, one sentence each with its remedy; the first is the gravest.
[[nodiscard]] std::vector<std::string> status_problems(const Status& status);

/// One object, in one line; docs/operation.md names its members.
[[nodiscard]] std::string status_json(const Status& status);

/// The words for people, of what status_json() made. An error where it is no such object.
[[nodiscard]] Result<std::string> status_text(std::string_view json);

} // namespace nfsieve
